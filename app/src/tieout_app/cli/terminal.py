"""Where a command speaks: the answer on standard output, everything else on standard error."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text
from tieout.api.clock import Clock
from tieout.api.errors import ConfigError, TieoutError

if TYPE_CHECKING:
    from tieout.api.errors import Problem

STOPPED = 130
"""The exit code of work that Ctrl-C or SIGTERM ended in order."""

_PIPE_WIDTH = 160
"""Columns where no terminal says how wide it is: tables stay whole in files and pipes."""
_STOPPING = "Stopping after the current batch. Press Ctrl-C again to stop at once."


def _console(stream: str) -> Console:
    known = getattr(sys, stream).isatty() or "COLUMNS" in os.environ
    return Console(
        file=getattr(sys, stream), width=None if known else _PIPE_WIDTH, highlight=False, emoji=False, soft_wrap=False
    )


@dataclass(slots=True)
class Terminal:
    """One run of the command line: where to speak, which configuration was named, and whether to stop.

    `stop` is set by Ctrl-C or SIGTERM while long work runs; `structured` asks for one JSON document as the answer.
    Colour is used on a terminal only, and never where NO_COLOR is set.
    """

    named: Path | None = None
    structured: bool = False
    stop: threading.Event = field(default_factory=threading.Event)
    clock: Clock = field(default_factory=Clock)
    out: Console = field(default_factory=lambda: _console("stdout"))
    err: Console = field(default_factory=lambda: _console("stderr"))

    @property
    def config(self) -> Path:
        """The configuration in use: what `--config` named, else `plugins.toml` here.

        Raises `ConfigError` when there is no such file.
        """
        path = self.named or Path("plugins.toml")
        if not path.is_file():
            raise ConfigError(
                f"there is no configuration {path}",
                why="Tieout reads plugins.toml in this folder, or the file that --config names.",
                fix="Write a first one with `tieout init`, try everything with `tieout demo`, or name your file: "
                "`tieout --config FILE ...`.",
            )
        return path

    @property
    def interactive(self) -> bool:
        """Whether a person can be asked: input and output are a terminal and no program reads the answer."""
        return sys.stdin.isatty() and self.err.is_terminal and not self.structured

    def command(self, rest: str) -> str:
        """A command line that a person can copy, with the configuration that is in use here."""
        return f"tieout {f'--config {self.named} ' if self.named else ''}{rest}"

    def show(self, document: Any, *parts: RenderableType) -> None:
        """Give the answer: `document` as one line of JSON for programs, or `parts` for people."""
        if self.structured:
            self.print_json(document)
        else:
            for part in parts:
                self.out.print(part)

    def print_json(self, document: Any) -> None:
        """Write one JSON document to standard output; amounts are numbers, times ISO 8601 in UTC."""
        from tieout.api.codec import dumps

        from tieout_app.cli.plain import plain

        sys.stdout.write(f"{dumps(plain(document)).decode()}\n")
        sys.stdout.flush()

    def say(self, *parts: RenderableType) -> None:
        """Tell a person something on the way; programs read standard output and are not disturbed."""
        for part in parts:
            self.err.print(part)

    def complain(self, problem: Problem, code: int) -> None:
        """Print an error: what happened, why, what to do, the system's own words, the stable code."""
        self.err.print(Text(problem.what, style="bold red"))
        for label, words in (("Why", problem.why), ("What to do", problem.fix)):
            if words:
                self.err.print(Padding(f"[dim]{label}:[/] {escape(words)}", (0, 0, 0, 2), expand=False))
        if problem.said:
            self.err.print(Padding(f'[dim]The system said:[/] "{escape(problem.said)}"', (0, 0, 0, 2), expand=False))
        self.err.print(Padding(Text(f"code: {problem.cause}", style="dim"), (0, 0, 0, 2), expand=False))
        if self.structured:
            self.print_json({"error": problem, "exit_code": code})

    def say_stopped(self) -> None:
        """Tell that the work was stopped, what is kept, and how to go on."""
        self.say(
            "",
            "[yellow]Stopped.[/] Everything read, planned and answered so far is kept.",
            f"To go on where it stopped: {self.command('sync')}",
        )

    def ask(self, question: str) -> bool:
        """Ask a person yes or no; no is what Enter means."""
        self.err.print(Text(f"{question} [y/N] ", style="bold"), end="")
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    def pick(self, question: str, count: int) -> int | None:
        """Let a person pick one of `count` numbered rows; None when they press Enter."""
        while True:
            self.err.print(Text(f"{question} [1-{count}, Enter leaves it] ", style="bold"), end="")
            answer = sys.stdin.readline().strip()
            if not answer:
                return None
            if answer.isdecimal() and 1 <= int(answer) <= count:
                return int(answer) - 1

    @contextmanager
    def stoppable(self, words: str = _STOPPING) -> Iterator[threading.Event]:
        """Let Ctrl-C and SIGTERM end long work after the current batch; a second Ctrl-C ends it at once."""

        def ask_to_stop(number: int, frame: FrameType | None) -> None:
            if self.stop.is_set() and number == signal.SIGINT:
                raise KeyboardInterrupt
            self.stop.set()
            # A signal may arrive while the console is at work, so this goes round it.
            os.write(2, f"\n{words}\n".encode())

        before = {number: signal.signal(number, ask_to_stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield self.stop
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def unexpected(error: Exception) -> TieoutError:
    """An error that nobody foresaw, told as all others are."""
    if isinstance(error, OSError) and error.strerror:
        where = f" ({error.filename})" if error.filename else ""
        return TieoutError(
            f"The machine refused: {error.strerror}{where}.",
            why="What was read and written before this is kept in the ledger.",
            fix="Put that right, then run the same command again: it goes on where this one stopped.",
        )
    return TieoutError(
        f"Tieout met something that it did not expect: {type(error).__name__}.",
        why="This is a fault of Tieout or of a plugin. What was read and written before this is kept in the ledger.",
        fix="Run the command again. If it stays, set TIEOUT_DEBUG=1, run it once more and report what it prints.",
        said=str(error).splitlines()[0][:200] if str(error) else "",
    )
