"""One turn of reading: the place that a cursor stands for, with what its one call has to know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tieout import Connection, Page, Problem, Resource, Unavailable, Wire

from tieout_apptivo.reading import strategies
from tieout_apptivo.reading.place import Place, closed
from tieout_apptivo.reading.roll import packed, unpacked
from tieout_apptivo.reading.sheets import Sheet
from tieout_apptivo.reading.strategies import Strategy
from tieout_apptivo.shape.fields import at
from tieout_apptivo.shape.profile import App
from tieout_apptivo.shape.scalars import text

IDLE = 50
"""How many pages in a row may bring nothing new before a list counts as one that never ends."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A connection's resource, read from a place on."""

    connection: Connection
    resource: Resource
    place: Place

    @property
    def name(self) -> str:
        """The name of the app, which is also that of the resource."""
        return self.resource.name

    @property
    def app(self) -> App:
        """The app's part of the profile."""
        found: App = self.connection.settings.profile.app(self.name)
        return found

    @property
    def strategy(self) -> Strategy:
        """How changes are read."""
        return strategies.strategy(self.connection, self.name)

    @property
    def size(self) -> int:
        """How many records are asked for in one call."""
        return strategies.size(self.connection, self.name)

    @property
    def window(self) -> int:
        """How many rows of one list are known to be within reach."""
        return strategies.window(self.connection, self.name)

    @property
    def offset(self) -> int:
        """The row to ask for: the last one of the page before, to see whether rows have moved.

        A place at row 1 has gone back to the beginning of the list; only the first page of a leg stands at row 0.
        """
        return max(0, self.place.start - 1)

    def now(self) -> str:
        """The time by our clock, as places keep it."""
        return self.connection.clock.now().isoformat()

    def to(self, place: Place) -> Turn:
        """The same turn from another place on."""
        return replace(self, place=place)

    def page(self, rows: tuple[Wire, ...], place: Place, *notes: Problem, deletions: tuple[str, ...] = ()) -> Page:
        """A page after which the pass goes on at a place."""
        return Page(rows, deletions=deletions, next=closed(place), notes=notes)

    def taken(self, sheet: Sheet) -> Place:
        """The place with what a page told, and where the next one begins.

        A page that does not go on where the one before ended tells that rows have gone and others moved up: the next
        one begins a page earlier. Raises `Unavailable` when the list answers the same page again and again.
        """
        place, seen = self.place, unpacked(self.place.seen)
        fresh = [id for id in sheet.ids if id not in seen]
        claimed = place.claimed if sheet.total is None else sheet.total
        if self._stuck(sheet, fresh) and claimed is not None and claimed > len(seen):
            raise _same_page(self.name, claimed, len(seen))
        joins = self.joins(sheet)
        return replace(
            place,
            start=self.offset + len(sheet.rows) if joins else max(1, place.start - self.size),
            first=sheet.ids[0] if sheet.ids else None,
            last=sheet.ids[-1] if sheet.ids and joins else None,
            edge=self._stamp(sheet.rows[-1]) if sheet.rows and joins else None,
            seen=packed({*seen, *fresh}),
            pages=place.pages + 1,
            idle=0 if fresh else place.idle + 1,
            claimed=claimed,
            peak=later(place.peak, sheet.newest),
        )

    def ends(self, sheet: Sheet, after: Place) -> bool:
        """Whether the list has no page after this one, or none that would bring anything new."""
        stuck = self._stuck(sheet, ()) and after.idle > self.place.idle
        return (sheet.last and self.joins(sheet)) or stuck or self.endless(after)

    def endless(self, after: Place) -> bool:
        """Whether a leg has read so many pages that its list must be one without an end."""
        most = 3 * max(after.claimed or 0, self.window) // (self.size - 1) + IDLE
        return after.idle > IDLE or after.pages > most

    def joins(self, sheet: Sheet) -> bool:
        """Whether a page goes on where the one before ended, so that no row can have moved up unseen.

        The row with which that one ended shows it, unless it was itself sorted elsewhere meanwhile. Among rows by
        change a row that was seen is enough, for those that are edited move to the top.
        """
        if not self.offset:
            return True
        if self.place.last in sheet.ids:
            return self._stamp(sheet.rows[sheet.ids.index(self.place.last)]) == (self.place.edge or "")
        near = self.place.last is None or self.place.leg == "changed"
        return near and bool(sheet.ids) and sheet.ids[0] in unpacked(self.place.seen)

    def _stamp(self, row: Wire) -> str:
        """The stamp by which the list at hand is sorted, as it is written in a row."""
        column = self.app.created if self.place.leg in ("oldest", "youngest") else self.app.updated
        return text(at(row, column))

    def _stuck(self, sheet: Sheet, fresh: Sequence[str]) -> bool:
        """Whether the same page came a third time: once it may be that as many rows were put before it."""
        place = self.place
        return place.idle > 0 and not fresh and bool(sheet.ids) and sheet.ids[0] == place.first


def later(one: str | None, other: datetime | None) -> str | None:
    """The later of two moments, as places keep them; None for neither."""
    return max((stamp for stamp in (one, other.isoformat() if other else None) if stamp), default=None)


def _same_page(name: str, claimed: int, seen: int) -> Unavailable:
    return Unavailable(
        f"Apptivo answers the same page of {name} again and again.",
        why=f"It claims {claimed} records and shows no more than the first {seen}.",
        fix="Run again later; if it goes on, lower page-size in the connection.",
    )
