"""The program `tieout`: its commands, those of plugins, and how it ends."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from tieout import __version__
from tieout.api.errors import TieoutError, Unavailable
from typer.core import TyperCommand, TyperGroup

from tieout_app.cli.listing import OWN, Listed, command_of, extras
from tieout_app.cli.options import examples, speaker
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


@dataclass(frozen=True, slots=True)
class _Conversion:
    """Turns the text of an option into its value; typer's own way imports pydantic, which no error here needs."""

    kind: Callable[[Any], Any]

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        return None if value is None else self.kind(value)


def _converted(option: Any, kind: Callable[[Any], Any]) -> None:
    setattr(option, "_runtime_param", _Conversion(kind))  # noqa: B010 - typer has no public place for it


class _Commands(TyperGroup):
    """The commands of the program and of plugins; help lists them, and one is imported when it is called."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands.update({one.name: _shown(one) for one in OWN})
        for parameter in self.params:
            if parameter.name == "config":
                _converted(parameter, Path)

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)
        _converted(option, bool)
        return option

    def list_commands(self, ctx: Any) -> list[str]:
        return [*self.commands, *(name for name in self._extras(ctx) if name not in self.commands)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return what help shows of a command: nothing is imported."""
        if cmd_name in self.commands:
            return self.commands[cmd_name]
        return _shown(self._extras(ctx)[cmd_name][0]) if cmd_name in self._extras(ctx) else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that is called, and import it."""
        name, listed, rest = super().resolve_command(ctx, args)
        return name, self.imported(ctx, str(name)) if listed is not None else None, rest

    def imported(self, ctx: Any, name: str) -> Any:
        """Import a command that is listed."""
        if (own := next((one for one in OWN if one.name == name), None)) is not None:
            return command_of(own)
        module = typer.Typer()

        @module.callback()
        def group() -> None:
            """Keeps a lone command a command of its own."""

        point = self._extras(ctx)[name][1]
        module.command(name, help=getattr(import_module(point.module), "HELP", None))(point.load())
        return typer.main.get_group(module).commands[name]

    def _extras(self, ctx: Any) -> Any:
        found = ctx.meta.get("tieout.extras")
        if found is None:
            found = ctx.meta["tieout.extras"] = extras(Path(ctx.params.get("config") or "plugins.toml"))
        return found


def _shown(listed: Listed) -> TyperCommand:
    return TyperCommand(listed.name, help=listed.line, rich_help_panel=listed.group)


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_EPILOG,
)


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
