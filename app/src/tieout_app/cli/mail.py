"""The command `tieout mail`: whether those who are told by e-mail can be reached."""

from __future__ import annotations

import typer
from rich.markup import escape

from tieout_app.cli.listing import SET_UP
from tieout_app.cli.options import Json, Pair, examples, opened, speaker

commands = typer.Typer()


@commands.command(rich_help_panel=SET_UP, epilog=examples("tieout mail", "tieout mail --pair main"))
def mail(ctx: typer.Context, pair: Pair = None, as_json: Json = False) -> None:
    """Send a test message to those who are told by e-mail what needs a person (`mail` in the pair's section)."""
    terminal = speaker(ctx)
    with opened(terminal) as (desk, _):
        to = desk.mail.test(desk.pair(pair))
    terminal.show({"to": to}, f"[green]Sent[/] to {escape(', '.join(to))}.")
