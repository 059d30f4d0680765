"""The program `tieout`: its commands, those of extras, and how it ends."""

from __future__ import annotations

import os
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from tieout import __version__
from tieout.api.errors import ConfigError, TieoutError, Unavailable
from typer.core import TyperGroup

from tieout_app.cli import (
    connections,
    decisions,
    demo,
    doctor,
    explain,
    history,
    holds,
    mail,
    pairs,
    plans,
    plugins,
    reconcile,
)
from tieout_app.cli.options import EXTRAS, examples, speaker
from tieout_app.cli.terminal import STOPPED, Terminal, unexpected

_EPILOG = "\n\n".join(
    (
        examples(
            "tieout demo                    see everything, on this machine, in a minute",
            "tieout init                    begin with your own firm",
            "tieout connect books           consent in the browser",
            "tieout plan                    what would be sent",
            "tieout sync                    send it; asks before the first time",
            "tieout reconcile               the proof, to the cent",
        ),
        "Exit codes: 0 done; 1 unexpected; 2 wrong use or configuration; 3 needs attention; 4 connect again; "
        "5 a system is unavailable or paused; 6 another process took over; 7 the ledger; 130 stopped by Ctrl-C.",
    )
)


class _Commands(TyperGroup):
    """Tieout's own commands and those of extras, which are imported only when one of them is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        own = super().list_commands(ctx)
        return [*own, *(name for name in self._extras(ctx) if name not in own)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return super().get_command(ctx, cmd_name) or self._extras(ctx).get(cmd_name)

    def _extras(self, ctx: Any) -> dict[str, Any]:
        from tieout import desk

        extra = typer.Typer()

        @extra.callback()
        def group() -> None:
            """Keeps a lone command a command of its own."""

        named = ctx.params.get("config")
        path = Path(named or "plugins.toml")
        try:
            desk.commands(path if path.is_file() else None, extra)
        except ConfigError:  # what is wrong with the file is said by the command that needs it
            desk.commands(None, extra)
        made = typer.main.get_command(extra)
        found = dict(made.commands) if isinstance(made, TyperGroup) else {}
        for command in found.values():
            setattr(command, "rich_help_panel", EXTRAS)  # noqa: B010 - typer's type of a command does not show it
        return found


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_EPILOG,
)
app.add_typer(plugins.commands)
app.add_typer(connections.commands)
app.add_typer(doctor.commands)
app.add_typer(mail.commands)
app.add_typer(plans.commands)
app.add_typer(pairs.commands)
app.add_typer(reconcile.commands)
app.add_typer(holds.commands)
app.add_typer(decisions.commands)
app.add_typer(explain.commands)
app.add_typer(history.commands)
app.add_typer(demo.commands)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"tieout {__version__}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", metavar="FILE", help="The configuration; plugins.toml here if not named."),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    """Keep the records of a business system and the books in agreement, and prove it to the cent."""
    speaker(ctx).named = config


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line (default: the process's own) and return its exit code."""
    terminal = Terminal()
    try:
        app(arguments, obj=terminal, prog_name="tieout")
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else int(bool(leaving.code))
        if code == STOPPED and not terminal.stop.is_set():
            terminal.say("\n[yellow]Stopped.[/] What was done before this is kept.")
        return code
    except Exception as error:
        if terminal.stop.is_set() and isinstance(error, Unavailable):  # a call that was no longer made
            terminal.say_stopped()
            return STOPPED
        told = error if isinstance(error, TieoutError) else unexpected(error)
        if os.environ.get("TIEOUT_DEBUG"):
            traceback.print_exception(error)
        terminal.complain(told.problem, told.exit_code)
        return told.exit_code
    return 0
