"""A whole simulation: lives of processes on one simulated machine, one ledger file, and remote systems as functions."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx

from tieout.api.runtime import Runtime
from tieout.testing.simulation.life import Dead, Life, SimulatedProcess
from tieout.testing.simulation.network import Network
from tieout.testing.simulation.schedule import Scheduler
from tieout.testing.simulation.seams import SeededEntropy, SimulatedClock, SimulatedThreads

T = TypeVar("T")

Fates = Callable[[Life, str], None]
"""Decides at each signal of a life what befalls it: it may make it `die`, freeze it, or move its clock."""

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


class Simulation:
    """Everything that one seed decides. Two simulations of one seed that are driven alike do exactly the same.

    `signals` counts the signals by name. `fates` is asked at every one of them.
    """

    def __init__(self, seed: int, start: datetime = START) -> None:
        self.seed = seed
        self.scheduler = Scheduler(seed, start)
        self.network = Network(self.scheduler, seed)
        self.network.signal = self._signal
        self.signals: Counter[str] = Counter()
        self.fates: Fates = lambda life, name: None
        self._lives: list[Life] = []
        self._outcomes: list[Any] = []

    @property
    def now(self) -> datetime:
        """The true time of the simulation (UTC)."""
        return self.scheduler.now

    def life(self) -> Life:
        """Return a new life, of a process that is about to start."""
        number = len(self._lives) + 1
        life = Life(f"life-{number}", number)
        self._lives.append(life)
        return life

    def runtime(self, life: Life) -> Runtime:
        """Return the machine below one life."""

        def connect(path: str) -> sqlite3.Connection:
            life.check()
            # nobody is interrupted inside a transaction, so a database that is busy is a fault of the program
            connection = sqlite3.connect(path, timeout=0, check_same_thread=False)
            life.connections.append(connection)
            return connection

        def transport() -> httpx.BaseTransport:
            return self.network.transport(life)

        return Runtime(
            clock=SimulatedClock(self.scheduler, life),
            entropy=SeededEntropy(f"entropy/{self.seed}/{life.pid}", life),
            threads=SimulatedThreads(self.scheduler, life),
            process=SimulatedProcess(life, self._lives),
            transport=transport,
            connect=connect,
            signal=lambda name: self._signal(life, name),
        )

    def run(self, *works: Callable[[Runtime], T]) -> list[T | BaseException]:
        """Run each work in a life of its own, at the same time; what each returned or raised comes back in order.

        The lives that `begin` while they run come after them.
        """
        self._outcomes = []
        for work in works:
            self.begin(work)
        self.scheduler.run()
        for life in self._lives:
            life.close()
        return self._outcomes

    def begin(self, work: Callable[[Runtime], T]) -> None:
        """Begin another life beside those that run."""
        life, place = self.life(), len(self._outcomes)
        self._outcomes.append(Dead(life.name))

        def live() -> None:
            try:
                self._outcomes[place] = work(self.runtime(life))
            except BaseException as error:
                self._outcomes[place] = error
            finally:
                life.ended = True

        self.scheduler.spawn(life, "main", live)

    def close(self) -> None:
        """End what is still going on; nothing of it arrives any more."""
        for life in self._lives:
            life.die()
        self.network.close()
        self.scheduler.run()

    def pass_time(self, span: timedelta) -> None:
        """Let time pass while nobody is at work; what is on its way arrives meanwhile."""
        idle = Life("nobody", 0)
        self.scheduler.spawn(idle, "main", lambda: self.scheduler.wait(span.total_seconds()))
        self.scheduler.run()

    def _signal(self, life: Life, name: str) -> None:
        life.check()
        self.signals[name] += 1
        self.fates(life, name)
        self.scheduler.pause()
