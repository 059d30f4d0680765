"""What keeps connections from working: a pause until a time, or a refusal until a person acts. Kept in the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select, update

from tieout.api.clock import Clock
from tieout.api.errors import ReauthNeeded, Throttled
from tieout.ledger import Ledger
from tieout.ledger.lease import Lease
from tieout.ledger.tables import ConnectionRow

Purpose = Literal["person", "schedule"]
"""On whose behalf calls are made."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How the connections of a ledger stand, for one purpose."""

    ledger: Ledger
    clock: Clock
    purpose: Purpose

    def pause(self, error: Throttled, *leases: Lease) -> None:
        """Let the connection that an error names rest until its limit allows calls again."""
        values = {"paused_until": error.until, "paused_why": error.problem.what, "paused_scope": error.scope}
        self._write([error.connection], *leases, **values)

    def paused(self, name: str) -> Throttled | None:
        """The pause that lasts for this purpose; what is kept for people does not keep them."""
        row = self._row(name)
        if row is None or row.paused_until is None or row.paused_until <= self.clock.now():
            return None
        if row.paused_scope == "reserve" and self.purpose == "person":
            return None
        return Throttled(
            f"{name} is paused until {row.paused_until:%Y-%m-%d %H:%M:%S} UTC",
            until=row.paused_until,
            scope="reserve" if row.paused_scope == "reserve" else "day",
            why=row.paused_why or "",
            fix="Nothing is lost; the next run after that time goes on.",
        )

    def refuse(self, names: Iterable[str], error: ReauthNeeded) -> None:
        """Keep, for everybody to see, that a person has to connect again."""
        self._write(names, refused_at=self.clock.now(), refused_why=error.problem.what)

    def refused(self, name: str) -> str:
        """Why a person has to connect again; empty when nobody has to."""
        row = self._row(name)
        return row.refused_why or "" if row is not None else ""

    def allow(self, names: Iterable[str]) -> None:
        """Nobody has to connect again."""
        self._write(names, refused_at=None, refused_why=None)

    def _row(self, name: str) -> Any:
        with self.ledger.reading() as reading:
            return reading.execute(select(ConnectionRow).where(ConnectionRow.c.name == name)).first()

    def _write(self, names: Iterable[str], *leases: Lease, **values: Any) -> None:
        with self.ledger.writing(*leases) as writing:
            writing.execute(update(ConnectionRow).where(ConnectionRow.c.name.in_(list(names))).values(**values))
