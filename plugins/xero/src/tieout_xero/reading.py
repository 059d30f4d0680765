"""Reading a list page by page, incrementally, without losing records that move while it is read.

Sorted by update time, a record that changes meanwhile moves to the end and the rest move up: the next page would begin
one record too late. Therefore pages are sorted by id, which never changes; what changes or comes while a pass is
under way is stamped after its beginning, and the next pass begins there.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from tieout import Connection, Cursor, Page, Resource, Wire

from tieout_xero import merging
from tieout_xero.listing import LISTINGS, Rows, rows
from tieout_xero.wire import stamp

_OVERLAP = timedelta(seconds=2)
"""How far the next pass reaches back: stamps are cut to the second, and "since" may mean "after"."""

_QUIET = timedelta(seconds=60)
"""How long after a change it may take, at most, to show in a list."""

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def fetch(connection: Connection, resource: Resource, cursor: Cursor | None) -> Page:
    """One page of a resource; a pass begun with None reads all of it, archived and voided records too.

    A cursor is `{"since": UTC to the second or "", "known": {id: stamp}}`, and inside a pass also its `page`, when it
    `began` by Xero's clock, the `last` stamp seen and what was `seen` near the end.
    """
    listing = LISTINGS[resource.name]
    at = cursor or {"since": "", "known": {}}
    found = rows(connection, listing, {"order": f"{listing.id} ASC"}, page=at.get("page", 1), since=at["since"])
    if listing.name == "Contacts":
        merging.note(connection, found.wires)
    began = at["began"] if "began" in at else _began(found)
    last = max(at.get("last", ""), _text(_last(found.wires)))
    recent = {
        str(wire.get(listing.id)): _told(wire)
        for wire in found.wires
        if began and _text(_moment(wire)) >= _reach(began)
    }
    seen = {**at.get("seen", {}), **recent}
    fresh = tuple(wire for wire in found.wires if at["known"].get(str(wire.get(listing.id))) != _told(wire))
    if found.more:
        onward = {"page": at.get("page", 1) + 1, "began": began, "last": last, "seen": seen}
        return Page(fresh, next={"since": at["since"], "known": at["known"], **onward})
    return Page(fresh, resume=_resume(at, began, last, seen))


def _resume(at: Cursor, began: str, last: str, seen: dict[str, str]) -> Cursor:
    """Where the next pass begins: never after this one began, and never before what was already read in quiet."""
    if not began:
        return {"since": at["since"], "known": {}}
    if last <= _text(_NEVER):
        return {"since": at["since"], "known": {**at["known"], **seen}}
    if last < _text(_parsed(began) - _QUIET):
        return {"since": max(_text(_parsed(last) + timedelta(seconds=1)), at["since"]), "known": {}}
    since = _text(_parsed(min(last, began)) - _OVERLAP)
    return {"since": max(since, at["since"]), "known": seen}


def _began(found: Rows) -> str:
    return _text(found.at) if found.at else ""


def _reach(began: str) -> str:
    """The earliest stamp that a next pass may see again."""
    return _text(_parsed(began) - _QUIET - _OVERLAP)


def _last(wires: Iterable[Wire]) -> datetime:
    return max((_moment(wire) for wire in wires), default=_NEVER)


def _moment(wire: Wire) -> datetime:
    return stamp(wire.get("UpdatedDateUTC")) or _NEVER


def _told(wire: Wire) -> str:
    return str(wire.get("UpdatedDateUTC"))


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def _parsed(text: str) -> datetime:
    return datetime.fromisoformat(text + "+00:00")
