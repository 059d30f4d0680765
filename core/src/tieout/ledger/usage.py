"""The calls of a day: counted over all processes of one ledger, and corrected by what the system says is left.

A day is the last 24 hours, because no system tells when its own day begins. What a system said is believed for half an
hour; after that others may have used calls, or its day may have begun anew.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select, update

from tieout.api.clock import Clock
from tieout.api.contract import Limits
from tieout.ledger import Ledger
from tieout.ledger.tables import UsageRow

BELIEVED = timedelta(minutes=30)
"""How long what a system said is left counts as known (docs/facts/xero.md, "Rate limits")."""

_DAY = timedelta(days=1)
_SLOT = timedelta(minutes=1)
_BEGIN = datetime(2000, 1, 1, tzinfo=UTC)


class Usage:
    """The calls of one connection within a day; without a ledger those of this process alone.

    Calls are counted by the minute. Not safe for several threads by itself: `Quota` guards it.
    """

    def __init__(self, connection: str, limits: Limits, clock: Clock, ledger: Ledger | None = None) -> None:
        self._connection = connection
        self._limits = limits
        self._clock = clock
        self._ledger = ledger
        self._slots: dict[datetime, int] = {}
        self._left: int | None = None
        self._left_at = _BEGIN
        self._since = 0
        self._load()

    @property
    def used(self) -> int:
        """How many calls of the day are used up: by the system's word where it is fresh, else those counted here."""
        if self._limits.day is not None and self._told:
            return self._limits.day - self._remaining
        return self._counted

    @property
    def known_at(self) -> datetime | None:
        """When `used` was last learnt (UTC); None when there was no call within a day."""
        return self._left_at if self._told else max(self._slots, default=None)

    def count(self) -> None:
        """Count one call that is about to be sent. Raises `LedgerError`, and then it must not be sent."""
        slot = self._slot(self._clock.now())
        if slot not in self._slots:
            self._load()
        if self._ledger is None:
            self._slots[slot] = self._slots.get(slot, 0) + 1
        else:
            fresh = self._ledger.insert(UsageRow).values(connection=self._connection, slot=slot, calls=1)
            added = {"calls": UsageRow.c.calls + 1, "left": UsageRow.c.left - 1}
            more = fresh.on_conflict_do_update(index_elements=["connection", "slot"], set_=added)
            more = more.returning(UsageRow.c.calls)
            with self._ledger.writing() as writing:
                self._slots[slot] = writing.execute(more).scalar_one()
        self._since += 1

    def heard(self, left: int) -> None:
        """Take in how many calls of the day are left by the system's own word."""
        self._left, self._left_at, self._since = left, self._clock.now(), 0
        if self._ledger is not None and self._slots:
            mine = (UsageRow.c.connection == self._connection, UsageRow.c.slot == max(self._slots))
            with self._ledger.writing() as writing:
                writing.execute(update(UsageRow).where(*mine).values(left=left, left_at=self._left_at))

    def full_until(self, reserve: int) -> datetime | None:
        """When the next call may be made if all but `reserve` calls of the day are used up; None: now."""
        if self._told:
            return self._left_at + self._span(BELIEVED) if self._remaining <= reserve else None
        if self._limits.day is None or self._counted < self._limits.day - reserve:
            return None
        if self._left is not None and self._left <= self._limits.day:
            return None  # what it said is too old: the next answer tells
        over = self._counted - (self._limits.day - reserve)
        for slot in sorted(self._slots):
            over -= self._slots[slot]
            if over < 0:
                return slot + self._span(_SLOT) + self._span(_DAY)
        return None

    @property
    def _told(self) -> bool:
        """Whether the system's word is fresh, and about a day that is no longer than the one configured."""
        if self._left is None or self._clock.now() >= self._left_at + self._span(BELIEVED):
            return False
        return self._limits.day is None or self._left <= self._limits.day

    @property
    def _remaining(self) -> int:
        return (self._left or 0) - self._since

    @property
    def _counted(self) -> int:
        oldest = self._clock.now() - self._span(_DAY) - self._span(_SLOT)
        return sum(calls for slot, calls in self._slots.items() if slot > oldest)

    def _load(self) -> None:
        """See what other processes counted, and let go of what is older than a day."""
        oldest = self._clock.now() - self._span(_DAY) - self._span(_SLOT)
        if self._ledger is None:
            self._slots = {slot: calls for slot, calls in self._slots.items() if slot > oldest}
            return
        mine = UsageRow.c.connection == self._connection
        with self._ledger.reading() as reading:
            rows = list(reading.execute(select(UsageRow).where(mine).order_by(UsageRow.c.slot)))
        if any(row.slot <= oldest for row in rows):
            with self._ledger.writing() as writing:
                writing.execute(delete(UsageRow).where(mine, UsageRow.c.slot <= oldest))
        self._slots = {row.slot: row.calls for row in rows if row.slot > oldest}
        told = next((row for row in reversed(rows) if row.left is not None), None)
        if told is not None and told.left_at > self._left_at:
            self._left, self._left_at = told.left, told.left_at
            self._since = sum(row.calls for row in rows if row.slot > told.slot)

    def _slot(self, now: datetime) -> datetime:
        length = self._span(_SLOT)
        return _BEGIN + (now - _BEGIN) // length * length

    def _span(self, real: timedelta) -> timedelta:
        return real / self._limits.speed
