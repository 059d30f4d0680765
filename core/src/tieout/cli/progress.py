"""Progress of long work, told on standard error while it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from tieout.cli.words import count

if TYPE_CHECKING:
    from tieout.cli.terminal import Terminal
    from tieout.contract import Event

_EVERY = 3.0
"""Seconds between two plain lines where there is no terminal."""


class Told:
    """Shows the events of a run: rows that move on a terminal, elsewhere a plain line now and then.

    A context manager; `observe` is what the desk calls with each event.
    """

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._rows: dict[str, TaskID] = {}
        self._read: dict[str, int] = {}
        self._said = terminal.clock.monotonic() - _EVERY
        self._live = (
            Progress(
                SpinnerColumn(finished_text="[green]✓[/]"),
                TextColumn("{task.description}"),
                BarColumn(bar_width=30),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=terminal.err,
                transient=True,
            )
            if terminal.err.is_terminal
            else None
        )

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Hold still while a person is asked."""
        if self._live:
            self._live.stop()
        yield
        if self._live:
            self._live.start()

    def observe(self, event: Event) -> None:
        """Tell one event of a run; one without anything to see is passed over."""
        data = event.data
        match event.name:
            case "page.read" | "tie.read":
                row = f"Reading {data['connection']} {data['resource']}"
                self._read[row] = data.get("total") or self._read.get(row, 0) + data["records"]
                self._tell(row, self._read[row], None)
            case "entity.decided":
                self._tell(f"Deciding {data['entity']}", data["done"], data["of"])
            case "batch.answered":
                self._tell("Sending", data["done"], data["of"])
            case "run.waiting":
                self._wait(data["seconds"], data["why"])
            case "run.ended" if self._live:
                self._live.stop()

    def _tell(self, row: str, done: int, of: int | None) -> None:
        if self._live is None:
            self._line(f"{row}: {done:,} of {of:,}" if of else f"{row}: {count(done, 'record')}")
            return
        if row not in self._rows:
            self._rows[row] = self._live.add_task(row, total=of)
        self._live.update(self._rows[row], completed=done, total=of)

    def _wait(self, seconds: float, why: str) -> None:
        words = f"Waiting {seconds:.0f} s: {why}"
        if self._live:
            self._live.console.print(f"[dim]{words}[/]")
        else:
            self._line(words)

    def _line(self, words: str) -> None:
        if (now := self._terminal.clock.monotonic()) - self._said >= _EVERY:
            self._said = now
            self._terminal.say(words)
