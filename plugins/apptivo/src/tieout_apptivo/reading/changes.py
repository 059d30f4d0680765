"""Reading what has changed: from the newest change back to what is known already.

Nothing new is one call, and so is a change: the page shows it above rows that are known as they are, and the count of
all records says that nothing else was made. Where that does not come out, reading goes on beyond the newest change
known, by an overlap. What cannot be read in order is read completely instead (`sweeping`). Source:
docs/facts/apptivo.md, "Reading changes".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tieout import Page, Wire

from tieout_apptivo.reading import strategies, sweeping
from tieout_apptivo.reading.place import Place, closed
from tieout_apptivo.reading.roll import packed, unpacked
from tieout_apptivo.reading.sheets import Sheet, sheet
from tieout_apptivo.reading.stamps import Reading, descending
from tieout_apptivo.reading.turns import Turn, later
from tieout_apptivo.shape.fields import labels_key

_ANY_CLOCK = timedelta(days=1)


def changed(turn: Turn) -> Page:
    """A page of changes by the strategy at hand; a sweep begins in its place when one is due."""
    if not turn.place.sweeping and turn.place.start == 0 and _due(turn):
        return sweeping.top(turn.to(turn.place.sweep()))
    return _backwards(turn) if turn.strategy in ("sorted", "search") else _all(turn)


def _due(turn: Turn) -> bool:
    """Whether the last sweep is too long ago, or sweeps are the only way."""
    hours = timedelta(hours=turn.connection.settings.sweep_hours)
    swept = turn.place.swept
    past = swept is None or turn.connection.clock.now() - datetime.fromisoformat(swept) >= hours
    return past or turn.strategy == "sweep"


def _backwards(turn: Turn) -> Page:
    """A page from the newest change backwards."""
    place = turn.place
    query = strategies.changes(turn.connection, turn.resource, place.since)
    page = sheet(turn.connection, turn.resource, query, turn.offset, turn.size)
    if place.start == 0:
        sweeping.not_suspicious(turn, page)
    possible = descending(page.changed)
    same = place.start == 0 and page.marks == place.known[: len(page.marks)] and page.total == place.counted
    if same and page.last:
        return _ended(turn, place, ())
    seen = unpacked(place.seen)
    rows = page.without(seen, place.known)
    if (page.rows and not possible) or (place.start == 0 and _slipped(place, possible)):
        return _unordered(turn, rows)
    if same and not _tied(place, possible):
        return _ended(turn, place, ())
    if place.sweeping:
        rows = _since(turn, page, rows, possible)
    if place.start == 0:
        newest = later(None, page.newest)
        place = replace(place, top=page.marks, newest=newest or place.since, count=page.total, learnt=turn.now())
    elif place.newest and (later(None, page.newest) or "") >= place.newest:
        # the stamp of the newest change goes on to this page
        fresh = (mark for id, mark in zip(page.ids, page.marks, strict=True) if id not in seen)
        place = replace(place, top=(*place.top, *fresh))
    after = turn.to(place).taken(page)
    roll = unpacked(place.roll)
    made = {id for id in page.ids if id not in roll}
    after = replace(after, made=place.made + len(made), roll=packed(roll | made) if made else place.roll)
    if turn.ends(page, after) or _passed(turn, possible) or _explained(after, page, possible):
        return _ended(turn, replace(after, since=after.newest, known=after.top, counted=after.count), rows)
    if after.start >= turn.window:
        return _unordered(turn, rows)
    return turn.page(rows, after)


def _all(turn: Turn) -> Page:
    """A page of all that a range of days, or a view, shows."""
    place = turn.place
    query = strategies.changes(turn.connection, turn.resource, place.since)
    page = sheet(turn.connection, turn.resource, query, place.start, turn.size)
    if place.start == 0 and page.last and page.marks == place.known:
        return _ended(turn, place, ())
    seen = unpacked(place.seen)
    rows = page.without(seen)
    if place.start == 0:
        place = replace(place, top=page.marks, newest=turn.now())
    after = replace(place, seen=packed({*seen, *page.ids}), start=place.start + len(page.rows))
    after = replace(after, roll=packed(unpacked(place.roll).union(page.ids)))
    if page.last or not rows:
        return _ended(turn, replace(after, since=after.newest, known=after.top), rows)
    return turn.page(rows, after)


def _slipped(place: Place, possible: Sequence[Reading]) -> bool:
    """Whether a newer change is known than the list begins with: then it is in order by chance."""
    newest = max((stamp for stamp in (place.since, place.peak) if stamp), default=None)
    tops = [one[0] for one in possible if one]
    return newest is not None and len(tops) == 1 and tops[0] is not None and tops[0].isoformat() < newest


def _since(turn: Turn, page: Sheet, rows: tuple[Wire, ...], possible: Sequence[Reading]) -> tuple[Wire, ...]:
    """Of these rows those that changed, or were made, since the sweep began that has read the others."""
    since, roll = turn.place.since, unpacked(turn.place.roll)
    begun = datetime.fromisoformat(since) if since else None
    old = {
        id
        for place, id in enumerate(page.ids)
        if begun and id in roll and all((stamp := one[place]) is not None and stamp < begun for one in possible)
    }
    return tuple(row for row in rows if turn.resource.identify(row) not in old)


def _passed(turn: Turn, possible: Sequence[Reading]) -> bool:
    """Whether the page reaches back beyond what was read before, overlap included, however it is read."""
    if turn.place.since is None:
        return False
    overlap = timedelta(hours=0 if turn.place.sweeping else turn.connection.settings.overlap_hours)
    floor = datetime.fromisoformat(turn.place.since) - overlap
    return all(one and one[-1] is not None and one[-1] < floor for one in possible)


def _explained(place: Place, page: Sheet, possible: Sequence[Reading]) -> bool:
    """Whether the page ends with what is known as it is, and the count says that nothing else was made or has gone."""
    counted = None in (place.claimed, place.counted) or place.claimed == (place.counted or 0) + place.made
    return bool(page.marks) and page.marks[-1] in place.known and counted and not _tied(place, possible)


def _tied(place: Place, possible: Sequence[Reading]) -> bool:
    """Whether a later change may hide behind this page, because it bears the very stamp of the newest one known.

    That is over once the second has passed in which the newest change was made, by whichever clock it was stamped.
    """
    if place.since is None or place.learnt is None:
        return False
    since = datetime.fromisoformat(place.since)
    if datetime.fromisoformat(place.learnt) - since > _ANY_CLOCK:
        return False
    return any(not one or one[-1] is None or one[-1] >= since for one in possible)


def _unordered(turn: Turn, rows: tuple[Wire, ...]) -> Page:
    """The list cannot be trusted to show what has changed: everything is read, or was just now."""
    place = turn.place
    if place.sweeping:
        return turn.page(rows, replace(place, in_order=False).anew("layout"))
    return turn.page(rows, replace(place.sweep(), leg="oldest", in_order=False, known=(), since=None))


def _ended(turn: Turn, place: Place, rows: tuple[Wire, ...]) -> Page:
    """The last page of changes; where the layout has to be read, one more page follows.

    The next run starts at the newest change, but not ahead of the clock: a stamp that is hides nothing before it.
    """
    since = min(place.since, turn.now()) if place.since else None
    place = replace(place, since=since)
    if place.sweeping or labels_key(turn.name) not in turn.connection.memory:
        return turn.page(rows, place.anew("layout"))
    return Page(rows, resume=closed(place.ended()))
