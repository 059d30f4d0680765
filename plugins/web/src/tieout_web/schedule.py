"""The schedule: every pair that has one is synced at its time, in the same process as the page."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

from tieout.desk import Desk, PairView, Runtime, TieoutError

from tieout_web.desks import Desks
from tieout_web.runs import Act, Runs

WHO = "runner"
_log = logging.getLogger("uvicorn.error")
_LOOK = 5.0
"""Seconds between two looks at what is due."""
_KEEP_ALIVE = timedelta(hours=6)
_TELL = timedelta(minutes=1)
"""How often it is looked whether somebody is to be told something by e-mail."""


class Schedule:
    """Starts what is due; a pair that is not live is planned and never sent, one that is paused comes again later."""

    def __init__(self, desks: Desks, runs: Runs, runtime: Runtime) -> None:
        self._desks = desks
        self._runs = runs
        self._runtime = runtime
        self._renewed = self._told = datetime.min.replace(tzinfo=UTC)
        self._looking = ExitStack()

    def start(self) -> None:
        """Begin to look."""
        self._looking.enter_context(self._runtime.threads.every(_LOOK, self._look))

    def close(self) -> None:
        """Start nothing more."""
        self._looking.close()

    def look(self) -> None:
        """Start every pair that is due, and mail what needs a person.

        Raises `ConfigError` while the configuration is wrong.
        """
        with self._desks.at(WHO) as desk:
            now = self._runtime.clock.now()
            if now - self._renewed > _KEEP_ALIVE:
                desk.keep_alive()  # what could not be renewed stands in the status
                self._renewed = now
            if now - self._told > _TELL:
                self._told = now
                for pair in desk.pairs:
                    if (error := desk.mail.tell(pair)) is not None:
                        _log.error("%s: %s", pair, error)
            for pair in desk.pairs:
                due = due_at(desk, pair, now)
                run = self._runs.of(pair)
                # a run that failed before it stood in the ledger is not tried again at once
                if due is not None and due <= now and (run is None or run.started + timedelta(minutes=1) <= now):
                    self._runs.start(pair, "sync", WHO, _sync(pair), "schedule")

    def _look(self) -> bool:
        try:
            self.look()
        except TieoutError:  # every page tells what is wrong with the configuration
            return True
        except Exception:  # a fault must not end the schedule for good
            _log.exception("the schedule failed")
        return True


def _sync(pair: str) -> Act:
    return lambda desk: desk.sync(pair, lambda view: False)


def due_at(desk: Desk, pair: str, now: datetime) -> datetime | None:
    """When a pair is synced next (UTC); None for one without a schedule, or that a person has to connect first."""
    return due(desk.every(pair), desk.glance(pair), now)


def due(every: float | None, view: PairView, now: datetime) -> datetime | None:
    """When a pair that stands so, and is synced after so many seconds, is synced next."""
    sides = (view.source, view.target)
    if every is None or not all(side.state in ("connected", "paused") for side in sides):
        return None
    turn = view.last_run + timedelta(seconds=every) if view.last_run else now
    return max([turn, *(side.paused_until for side in sides if side.paused_until)])
