"""Where reading stands: what is remembered from one pass to the next, and how far the pass at hand has come."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from tieout import Cursor

Leg = Literal["top", "oldest", "youngest", "days", "proof", "changed", "layout"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The call to make next, and all that the pages before it told.

    A sweep goes through the legs in their order and skips those that it does not need; other passes are `changed`
    alone. Stamps are UTC in ISO 8601, ids are packed as a `roll`, and a mark is the digest of one row.

    From pass to pass: `since` is the newest change seen, `known` the marks of the rows at the top of the list by
    change, `counted` how many records there were then and `learnt` when that was (by our clock); `swept` is when the
    last sweep ended, `roll` the ids that it left known, `absent` those of them that it did not see.

    Within a pass: `in_order` says that the list can be read by change, `again` that this is the second reading of
    it, `cut` that it shows no more of itself from one end, `single` that its first page showed all of it. `start`
    is the offset, `first` and `last` the ids that the page before began and ended with, `edge` the stamp by which the
    last one was sorted, `seen` the ids of this reading of the list, `earlier` those of one before it, `pages` how many
    there were in this leg and `idle` how many of the last ones brought nothing new. `top` are the marks, `newest` the
    stamp and `count` the count with which the changes began, `peak` is the newest change seen anywhere, `claimed` the
    last count, `made` how many records were new. `low` and `high` are the days of creation between which the ends of
    a long list leave a gap. `missing` are ids that two sweeps did not see.
    """

    leg: Leg = "top"
    since: str | None = None
    known: tuple[str, ...] = ()
    counted: int | None = None
    learnt: str | None = None
    swept: str | None = None
    roll: str = ""
    absent: str = ""

    sweeping: bool = False
    in_order: bool = True
    again: bool = False
    cut: bool = False
    single: bool = False
    start: int = 0
    first: str | None = None
    last: str | None = None
    edge: str | None = None
    seen: str = ""
    earlier: str = ""
    pages: int = 0
    idle: int = 0
    top: tuple[str, ...] = ()
    newest: str | None = None
    count: int | None = None
    peak: str | None = None
    claimed: int | None = None
    made: int = 0
    low: str | None = None
    high: str | None = None
    missing: str = ""

    def turned(self, leg: Leg) -> Place:
        """The beginning of another leg that goes on with what was seen."""
        return replace(self, leg=leg, start=0, first=None, last=None, edge=None, pages=0, idle=0)

    def anew(self, leg: Leg) -> Place:
        """The beginning of another leg that has seen nothing yet."""
        return replace(self.turned(leg), seen="", made=0)

    def ended(self) -> Place:
        """What is left of it for the next pass."""
        return Place(
            leg="changed",
            since=self.since,
            known=self.known,
            counted=self.counted,
            learnt=self.learnt,
            swept=self.swept,
            roll=self.roll,
            absent=self.absent,
        )

    def sweep(self) -> Place:
        """The beginning of a sweep after what this one has left."""
        return replace(self.ended(), leg="top", sweeping=True)


def opened(cursor: Cursor | None) -> Place:
    """The place that a cursor stands for; the beginning of a sweep for none."""
    if not cursor:
        return Place(sweeping=True)
    told: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in cursor.items()}
    return Place(**told)


def closed(place: Place) -> Cursor:
    """The place as plain JSON, without what says nothing."""
    plain = asdict(place)
    told = {name: value for name, value in plain.items() if value not in (None, "", (), 0, False)}
    told |= {"leg": place.leg, "in_order": place.in_order}
    if place.counted == 0:
        told["counted"] = 0
    return {name: list(value) if isinstance(value, tuple) else value for name, value in told.items()}
