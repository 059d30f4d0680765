"""The options that several commands share, and how each command opens the desk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from tieout_app.cli.terminal import STOPPED, Terminal

if TYPE_CHECKING:
    from tieout.desk import Desk

    from tieout_app.cli.progress import Told


def _structured(ctx: typer.Context, value: bool) -> bool:
    speaker(ctx).structured = value
    return value


Pair = Annotated[str | None, typer.Option("--pair", metavar="NAME", help="Which pair, where there are several.")]
Json = Annotated[
    bool, typer.Option("--json", callback=_structured, is_eager=True, help="Answer with one JSON document.")
]


def speaker(ctx: typer.Context) -> Terminal:
    """The terminal of this run."""
    terminal: Terminal = ctx.find_root().obj
    return terminal


def examples(*lines: str) -> str:
    """The end of a command's help: lines to copy."""
    return "[bold]Examples[/]\n\n" + "\n".join(escape(line) for line in lines)


def unless_stopped(terminal: Terminal) -> None:
    """End the command here when Ctrl-C or SIGTERM ended its work."""
    if terminal.stop.is_set():
        terminal.say_stopped()
        raise typer.Exit(STOPPED)


@contextmanager
def opened(terminal: Terminal) -> Iterator[tuple[Desk, Told]]:
    """The desk of the configuration in use, its events shown; Ctrl-C and SIGTERM end its work in order."""
    from tieout import desk

    from tieout_app.cli.progress import Told

    with (
        terminal.stoppable() as stop,
        Told(terminal) as told,
        desk.Desk.open(terminal.config, observer=told.observe, stop=stop) as opened_desk,
    ):
        yield opened_desk, told
