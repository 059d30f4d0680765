"""One life of a simulated process: it may freeze, and it may die at any signal."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tieout.api.runtime import Process


class Dead(BaseException):
    """The simulated process has died: nothing that this thread still does counts."""


@dataclass(eq=False, slots=True)
class Life:
    """One life of a simulated process.

    `ahead` is how far its clock is ahead of the true time. Its connections to the ledger are closed when it dies, and
    from then on everything that it takes from its runtime raises `Dead`: no clean-up has an effect.
    """

    name: str
    pid: int
    dead: bool = False
    ended: bool = False
    frozen_until: datetime | None = None
    ahead: timedelta = timedelta()
    connections: list[sqlite3.Connection] = field(default_factory=list)

    def check(self) -> None:
        """Raise `Dead` once it is dead."""
        if self.dead:
            raise Dead(self.name)

    def die(self) -> None:
        """End it at once, as a power cut does: what it has not committed is undone."""
        self.dead = True
        self.close()

    def close(self) -> None:
        """Close its connections to the ledger from outside."""
        for connection in self.connections:
            with suppress(sqlite3.Error):
                connection.close()
        self.connections.clear()


class SimulatedProcess(Process):
    """The identity of a life, and what is known of the others on the same simulated machine."""

    def __init__(self, life: Life, lives: list[Life]) -> None:
        self.host = "simulated"
        self.id = life.pid
        self._lives = lives

    def ended(self, host: str, pid: int) -> bool:
        """Return True for a process of this machine that has died or ended."""
        return host == self.host and not any(one.pid == pid and not one.dead and not one.ended for one in self._lives)
