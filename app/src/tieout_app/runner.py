"""The runner: every pair at its time, one line for each run, until it is told to stop."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import structlog
from tieout.api.clock import Clock
from tieout.desk import Desk, Refused, RunReport, TieoutError

_TOLD = ("read", "created", "updated", "unchanged", "held", "skipped", "wrong", "rejected", "unknown")
_RETRY = 60.0
"""Seconds after which a configuration that has become wrong is read again."""
_LONGEST = 86400.0
"""Seconds after which it looks around in any case: a consent that nobody uses has to be renewed."""

Log = Callable[..., Any]
"""Writes one line: a sentence and named values."""


class Runner:
    """Syncs the pairs of a configuration, one after the other.

    The configuration is read anew for each round, so a toggle counts from the next run on. A pair that is not live is
    planned and never sent; one whose connection is paused comes again when the pause is over. What goes wrong with one
    pair is told and leaves the others alone. A part of each day's calls is left to people, and a consent that nobody
    uses is renewed before it ends.
    """

    def __init__(
        self, config: Path, *, stop: threading.Event, clock: Clock | None = None, log: Log | None = None
    ) -> None:
        self._config = config
        self._stop = stop
        self._clock = clock or Clock()
        self._log = log or lines()
        self._due: dict[str, float] = {}

    def once(self) -> int:
        """Sync every pair one time and return the highest exit code of all (0: all is well).

        Raises `ConfigError` when the configuration is wrong.
        """
        with self._open() as desk:
            self._keep_alive(desk)
            return max((self._sync(desk, name)[0] for name in desk.pairs if not self._stop.is_set()), default=0)

    def forever(self) -> int:
        """Sync each pair whenever its `every` has passed, until stopped; returns 0.

        Raises `ConfigError` when the configuration is wrong at the start and `Refused` when no pair has a schedule; a
        configuration that becomes wrong later is told, and waited for.
        """
        wait = self._round()
        while True:
            self._clock.wait(wait, self._stop)
            if self._stop.is_set():
                return 0
            try:
                wait = self._round()
            except TieoutError as error:
                self._failed("", error)
                wait = _RETRY

    def _round(self) -> float:
        """Sync what is due; the seconds until the next one is."""
        with self._open() as desk:
            self._keep_alive(desk)
            scheduled = {name: every for name in desk.pairs if (every := desk.every(name))}
            for name, every in scheduled.items():
                if not self._stop.is_set() and self._due.get(name, 0.0) <= self._clock.monotonic():
                    _, pause = self._sync(desk, name)
                    self._due[name] = self._clock.monotonic() + max(every, pause)
        if not scheduled:
            raise Refused("no pair has a schedule", fix='Give one, for example every = "15m" under [pairs.NAME].')
        due = min(self._due.get(name, 0.0) for name in scheduled)
        return min(max(0.0, due - self._clock.monotonic()), _LONGEST)

    def _sync(self, desk: Desk, name: str) -> tuple[int, float]:
        """Sync one pair and mail what needs a person; its exit code, and the seconds for which it is paused."""
        try:
            report = desk.sync(name, lambda view: False)
        except Exception as error:  # one pair never stops the others
            ended = self._failed(name, error), self._paused(desk, name)
        else:
            self._told(report)
            ended = outcome(report), self._paused(desk, name) if report.state == "paused" else 0.0
        if (unsent := desk.mail.tell(name)) is not None:
            self._failed(name, unsent)
        return ended

    def _keep_alive(self, desk: Desk) -> None:
        """Renew the consents that nobody uses, also those of pairs that are not due."""
        for name, error in desk.keep_alive().items():
            self._failed("", error, connection=name)

    def _paused(self, desk: Desk, name: str) -> float:
        view = desk.status(name)
        ends = [side.paused_until for side in (view.source, view.target) if side.paused_until]
        return max(((end - self._clock.now()).total_seconds() for end in ends), default=0.0)

    def _told(self, report: RunReport) -> None:
        numbers = {each: sum(getattr(one, each) for one in report.counts.values()) for each in _TOLD}
        numbers = {each: number for each, number in numbers.items() if number or each in ("read", "held")}
        seconds = round((report.ended - report.started).total_seconds(), 1)
        said: dict[str, Any] = {"message": report.message} if report.message else {}
        if report.notices:
            said["notices"] = list(report.notices)
        self._log(
            "run",
            at=self._at(),
            pair=report.pair,
            run=report.run,
            state=report.state,
            **numbers,
            seconds=seconds,
            **said,
        )

    def _failed(self, pair: str, error: Exception, **about: str) -> int:
        told = error if isinstance(error, TieoutError) else TieoutError(f"{type(error).__name__}: {error}")
        problem = told.problem
        words = {each: getattr(problem, each) for each in ("what", "why", "fix", "said") if getattr(problem, each)}
        about |= {"pair": pair} if pair else {}
        self._log("failed", at=self._at(), **about, code=problem.cause, **words)
        return told.exit_code

    def _at(self) -> str:
        return self._clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")

    def _open(self) -> AbstractContextManager[Desk]:
        return Desk.open(self._config, who="runner", stop=self._stop, purpose="schedule")


def outcome(report: RunReport) -> int:
    """The exit code that tells how a run ended: 0 done, 3 something needs attention, 5 a system is paused."""
    if report.state == "paused":
        return 5
    open_records = sum(one.wrong + one.rejected + one.unknown for one in report.counts.values())
    return 3 if open_records or report.state != "done" else 0


def lines() -> Log:
    """Lines on standard output: words and colour on a terminal, one JSON object each anywhere else."""
    person = sys.stdout.isatty()
    renderer = structlog.dev.ConsoleRenderer(sort_keys=False) if person else structlog.processors.JSONRenderer()
    log = structlog.wrap_logger(structlog.WriteLogger(sys.stdout), processors=[renderer])
    write: Log = log.msg
    return write
