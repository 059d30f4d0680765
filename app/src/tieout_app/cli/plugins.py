"""Commands about the configuration: init, and the plugins that it switches on and off."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from tieout.api.errors import Refused

from tieout_app.cli import screens
from tieout_app.cli.listing import SET_UP
from tieout_app.cli.options import Json, examples, speaker

commands = typer.Typer()
toggles = typer.Typer(no_args_is_help=True, help="Which apps and systems are on.")
commands.add_typer(toggles, name="plugins", rich_help_panel=SET_UP)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The plugin's name, as `tieout plugins list` shows it.")]


@commands.command(rich_help_panel=SET_UP, epilog=examples("tieout init", "tieout --config books/plugins.toml init"))
def init(ctx: typer.Context, as_json: Json = False) -> None:
    """Write a first, commented plugins.toml; a file that is there already is left alone."""
    from tieout import desk

    terminal = speaker(ctx)
    path = terminal.named or Path("plugins.toml")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(desk.starter())
    except FileExistsError as error:
        raise Refused(
            f"{path} exists already", why="It may hold your settings.", fix="Edit it, or name another with --config."
        ) from error
    terminal.show({"written": path}, f"[green]{path} is written.[/]", "")
    terminal.say(
        "Open it and put your keys where its comments say. Then:",
        *(f"  {terminal.command(rest)}" for rest in ("connect crm", "connect books", "accounts", "plan", "sync")),
    )


@toggles.command("list", epilog=examples("tieout plugins list", "tieout plugins list --json"))
def listed(ctx: typer.Context, as_json: Json = False) -> None:
    """Show what is installed, what is on, and why something does not run."""
    from tieout import desk

    terminal = speaker(ctx)
    with desk.Desk.open(terminal.config) as opened:
        found = opened.plugins()
    terminal.show(found, screens.plugins(found))


@toggles.command(epilog=examples("tieout plugins enable items"))
def enable(ctx: typer.Context, name: Name, as_json: Json = False) -> None:
    """Switch a plugin on: one word of plugins.toml, whose comments stay."""
    from tieout import desk

    terminal = speaker(ctx)
    desk.enable(terminal.config, name)
    terminal.show({"name": name, "on": True}, f"{name} is [green]on[/].")


@toggles.command(epilog=examples("tieout plugins disable items"))
def disable(ctx: typer.Context, name: Name, as_json: Json = False) -> None:
    """Switch a plugin off: it is not imported, not read and not written; its settings and links are kept."""
    from tieout import desk

    terminal = speaker(ctx)
    desk.disable(terminal.config, name)
    terminal.show({"name": name, "on": False}, f"{name} is [dim]off[/]. Its settings and links are kept.")
