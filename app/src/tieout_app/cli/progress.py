"""Progress of long work, told on standard error while it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from tieout_app.cli.words import count

if TYPE_CHECKING:
    from tieout.api.contract import Event

    from tieout_app.cli.terminal import Terminal

_EVERY = 3.0
"""Seconds between two plain lines where there is no terminal."""


class Told:
    """Shows the events of a run while it is entered: a moving row for each stage, elsewhere a plain line now and then.

    `observe` is what the desk calls with each event. It may be entered again for the next piece of work.
    """

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._said = terminal.clock.monotonic() - _EVERY
        self._read: dict[tuple[str, str], int] = {}
        self._rows: dict[str, TaskID] = {}
        self._live: Progress | None = None

    def __enter__(self) -> Self:
        self._read, self._rows = {}, {}
        if self._terminal.err.is_terminal:
            self._live = Progress(
                SpinnerColumn(finished_text="[green]✓[/]"),
                TextColumn("{task.description}"),
                BarColumn(bar_width=30),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=self._terminal.err,
                transient=True,
            )
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()
            self._live = None

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Hold still while a person is told or asked something."""
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
                page = (data["connection"], data["resource"])
                self._read[page] = data.get("total", data["records"])
                self._tell("Reading", " ".join(page), sum(self._read.values()), None)
            case "entity.decided":
                self._tell("Deciding", data["entity"], data["done"], data["of"])
            case "batch.answered":
                self._tell("Sending", data["resource"], data["done"], data["of"])
            case "run.waiting":
                self._wait(data["seconds"], data["why"])

    def _tell(self, stage: str, about: str, done: int, of: int | None) -> None:
        live = self._live
        if live is None:
            self._line(f"{stage} {about}: {f'{done:,} of {of:,}' if of else count(done, 'record')}")
            return
        if stage not in self._rows:
            for row in self._rows.values():
                live.update(row, total=live.tasks[live.task_ids.index(row)].completed)
            self._rows[stage] = live.add_task(stage, total=of)
        live.update(self._rows[stage], description=escape(f"{stage} {about}"), completed=done, total=of)

    def _wait(self, seconds: float, why: str) -> None:
        words = f"Waiting {seconds:.0f} s: {why}"
        if self._live:
            self._live.console.print(escape(words), style="dim")
        else:
            self._line(escape(words))

    def _line(self, words: str) -> None:
        if (now := self._terminal.clock.monotonic()) - self._said >= _EVERY:
            self._said = now
            self._terminal.say(words)
