"""Reading a list page by page, incrementally, without losing records that move while it is read.

Xero sorts by update time, so a record that changes meanwhile moves to the end and the rest move up: the next page
would begin one record too late. Therefore each page is asked for anew, from the last stamp that was seen, and what is
known is dropped. Only where more records than fit on a page share a moment are pages counted; these are sorted by id,
which never changes, and the pass ends with them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from tieout.contract import Connection, Cursor, Page, Resource, Wire

from tieout_xero.listing import LISTINGS, Listing, Rows, rows
from tieout_xero.wire import stamp

_OVERLAP = timedelta(seconds=2)
_QUIET = timedelta(seconds=60)
"""How long after a change it may take, at most, to show in a list."""

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def fetch(connection: Connection, resource: Resource, cursor: Cursor | None) -> Page:
    """One page of a resource; a pass begun with None reads all of it, archived and voided records too.

    A cursor is `{"since": UTC to the second or "", "known": {id: stamp}}`; where pages are counted it is
    `{"since", "page", "quiet", "last", "resume"}`.
    """
    listing = LISTINGS[resource.name]
    at = cursor or {"since": "", "known": {}}
    if "page" in at:
        return _counted(connection, listing, at)
    found = rows(connection, listing, {"order": "UpdatedDateUTC ASC"}, since=at["since"])
    fresh = tuple(wire for wire in found.wires if at["known"].get(str(wire.get(listing.id))) != _told(wire))
    last, quiet = _last(found.wires), _quiet(found)
    if not found.more:
        return Page(fresh, resume=at if last == _NEVER else _after(last, quiet) or _before(last, found, listing, at))
    onward = _before(last, found, listing, at)
    if onward["since"] > at["since"]:
        return Page(fresh, next=onward)
    counted = {"since": at["since"], "page": 1, "quiet": _text(quiet), "last": "", "resume": onward}
    return Page((), next=counted)


def _counted(connection: Connection, listing: Listing, at: Cursor) -> Page:
    found = rows(connection, listing, {"order": f"{listing.id} ASC"}, page=at["page"], since=at["since"])
    last = max(at["last"], _text(_last(found.wires)))
    if found.more:
        return Page(found.wires, next={**at, "page": at["page"] + 1, "last": last})
    resume = _after(datetime.fromisoformat(last + "+00:00"), datetime.fromisoformat(at["quiet"] + "+00:00"))
    return Page(found.wires, resume=resume or at["resume"])


def _before(last: datetime, found: Rows, listing: Listing, at: Cursor) -> Cursor:
    """Where to go on while more may come: a little before the last stamp, with what is known from there."""
    start = (last - _OVERLAP).replace(microsecond=0)
    known = {str(wire.get(listing.id)): _told(wire) for wire in found.wires if _moment(wire) >= start}
    return {"since": max(_text(start), at["since"]), "known": known}


def _after(last: datetime, quiet: datetime) -> Cursor | None:
    """Where to go on when the last stamp is so old that nothing can come beside it any more: after it."""
    return {"since": _text(last + timedelta(seconds=1)), "known": {}} if last < quiet else None


def _quiet(found: Rows) -> datetime:
    return found.at - _QUIET if found.at else _NEVER


def _last(wires: Iterable[Wire]) -> datetime:
    return max((_moment(wire) for wire in wires), default=_NEVER)


def _moment(wire: Wire) -> datetime:
    return stamp(wire.get("UpdatedDateUTC")) or _NEVER


def _told(wire: Wire) -> str:
    return str(wire.get("UpdatedDateUTC"))


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")
