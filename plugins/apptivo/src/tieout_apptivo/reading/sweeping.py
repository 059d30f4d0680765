"""A sweep: reading everything that an app lists, so that nothing that moves meanwhile is lost.

First comes one page of the newest changes, so that it is known by Apptivo's own clock when the sweep began. Then all
records by date of creation, the oldest first; where the list shows no more of them, from the youngest back until both
meet, and day by day what lies between. What was edited meanwhile is read at the end (`changes`).
Sources: docs/facts/apptivo.md, "Reading changes", "Deletions", "Paging and sorting".
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Literal

from tieout import Page, Problem, Rejected, Unavailable, Wire

from tieout_apptivo.back import marking
from tieout_apptivo.reading import strategies
from tieout_apptivo.reading.lookup import by_id
from tieout_apptivo.reading.place import Place, closed
from tieout_apptivo.reading.roll import packed, unpacked
from tieout_apptivo.reading.sheets import NOTHING, Sheet, sheet
from tieout_apptivo.reading.stamps import descending
from tieout_apptivo.reading.turns import Turn, later
from tieout_apptivo.shape import attributes
from tieout_apptivo.shape.dates import calendar
from tieout_apptivo.shape.firm import learn

FEW = 10
"""How many records may be missing from a list at once, however short it is; of a long one a tenth."""


def top(turn: Turn) -> Page:
    """The newest changes, before everything else; the whole sweep where they are all there is."""
    if turn.strategy not in ("sorted", "search"):
        began = replace(turn.place, leg="oldest", in_order=False, since=turn.now(), known=())
        return oldest(turn.to(began))
    query = strategies.changes(turn.connection, turn.resource, None)
    page = sheet(turn.connection, turn.resource, query, 0, turn.size)
    not_suspicious(turn, page)
    place = replace(
        turn.taken(page),
        in_order=not page.rows or bool(descending(page.changed)),
        known=page.marks,
        counted=page.total,
        learnt=turn.now(),
        since=later(None, page.newest),
    )
    if page.last:
        return _compared(turn.to(replace(place, single=True)), page.rows)
    return turn.page(page.rows, place.anew("oldest"))


def oldest(turn: Turn) -> Page:
    """A page of everything, the oldest record first."""
    place = turn.place
    past = place.start >= turn.window
    if past and strategies.measured(turn.connection, turn.name).get("window"):
        return youngest(turn.to(replace(place.turned("youngest"), cut=True)))
    page = _page(turn, "asc")
    if place.start == 0:
        not_suspicious(turn, page)
    after, rows = turn.taken(page), _new(turn, page)
    if past and not (after.idle == 0 and turn.joins(page)):
        return turn.page((), replace(place.turned("youngest"), cut=True))
    if _stops(after, page):
        return turn.page((), place.turned("youngest"))
    after = replace(after, low=_day(turn, page) or place.low)
    return _swept(turn.to(after), rows) if turn.ends(page, after) else turn.page(rows, after)


def youngest(turn: Turn) -> Page:
    """A page of everything, the youngest record first, until one shows nothing that the other end did not."""
    place = turn.place
    page = _page(turn, "desc")
    after, rows = turn.taken(page), _new(turn, page)
    if place.start == 0 and place.cut and after.idle > 0 and not descending(page.created):
        raise _too_many(turn.name, _why_not(turn, page))
    if _all_there(after, page) or (after.idle > 0 and not _stops(after, page)):
        return _swept(turn.to(after), rows)
    if after.start < turn.window and not turn.ends(page, after):
        return turn.page(rows, after)
    low, high = place.low, _day(turn, page)
    if low is None or high is None:
        raise _too_many(turn.name, _why_not(turn, page))
    return turn.page(rows, replace(after.turned("days"), low=low, high=high))


def days(turn: Turn) -> Page:
    """A page of the records made on one day, between those that both ends of the list have shown."""
    place, zone = turn.place, turn.connection.settings.zone
    day, end = date.fromisoformat(place.low or ""), date.fromisoformat(place.high or "")
    query = strategies.made_on(turn.app, calendar(turn.connection.settings, turn.connection.memory).written(day))
    try:
        page = sheet(turn.connection, turn.resource, query, place.start, turn.size)
    except Rejected as error:
        raise _too_many(turn.name, f"A search for one day is refused: {error.problems[0].said}") from error
    made = [{stamp and stamp.astimezone(zone).date() for stamp in one} for one in page.created]
    if page.rows and {day} not in made:
        raise _too_many(turn.name, "A search for one day shows records of other days.")
    rows, seen = _new(turn, page), unpacked(place.seen)
    after = replace(place, seen=packed({*seen, *page.ids}), peak=later(place.peak, page.newest))
    if not page.last:
        return turn.page(rows, replace(after, start=place.start + len(page.rows)))
    if day < end:
        return turn.page(rows, replace(after, start=0, low=(day + timedelta(days=1)).isoformat()))
    return _swept(turn.to(after), rows)


def proof(turn: Turn) -> Page:
    """Look one record up that two sweeps did not see: it is gone for good, or out of use and told as it is now."""
    one, *left = sorted(unpacked(turn.place.missing))
    found = tuple(by_id(turn.connection, turn.resource, one))
    roll = unpacked(turn.place.roll) - {one}
    place = replace(turn.place, missing=packed(left), roll=packed(roll))
    after = place if left else place.anew(_last(place))
    return turn.page(found, after, deletions=() if found else (one,))


def layout(turn: Turn) -> Page:
    """No records but the app's configuration, which ends the pass; it tells what marks are written without."""
    learn(turn.connection, turn.name)
    memory = turn.connection.memory
    notes: tuple[Problem, ...] = ()
    if memory.get(marking.marked_key(turn.name)):
        notes = marking.lacking(turn.name, turn.app, memory.get(attributes.custom_key(turn.name), {}))
    place, end = turn.place, turn.place.ended()
    if place.sweeping:
        end = replace(end, swept=turn.now())
        if turn.strategy in ("sorted", "search") and not place.in_order and not place.single:
            end = replace(end, since=place.peak, known=(), counted=None)
    return Page((), resume=closed(end), notes=notes)


def not_suspicious(turn: Turn, page: Sheet) -> None:
    """Raise `Unavailable` for an empty list where there were records: a fault of the list until proved otherwise."""
    key, memory = known_key(turn.name), turn.connection.memory
    if page.rows:
        if not memory.get(key):
            memory[key] = True
    elif memory.get(key) or page.total:
        raise Unavailable(
            f"It is suspicious that Apptivo lists no {turn.name} any more.",
            why="There were records before, and an empty list is never taken for a deletion of everything.",
            fix=f"Look at the app in Apptivo. If it really is empty, switch {turn.name} off in [plugins].",
        )


def known_key(app: str) -> str:
    """The key under which a connection's memory keeps that an app has records."""
    return f"known:{app}"


def _page(turn: Turn, direction: Literal["asc", "desc"]) -> Sheet:
    """The next page by date of creation; nothing where the list refuses to show more than its window."""
    past = turn.place.start >= turn.window
    asked = turn.size if past else min(turn.size, turn.window - turn.offset)
    try:
        query = strategies.everything(turn.app, direction)
        return sheet(turn.connection, turn.resource, query, turn.offset, asked)
    except Rejected:
        if not past:
            raise
        return NOTHING


def _new(turn: Turn, page: Sheet) -> tuple[Wire, ...]:
    """The rows that this pass has not handed over yet."""
    return page.without(unpacked(turn.place.seen) | unpacked(turn.place.earlier), turn.place.known)


def _all_there(place: Place, page: Sheet) -> bool:
    """Whether as many records were seen as there are, as far as the list tells."""
    count = place.claimed if page.total is None else page.total
    seen = unpacked(place.seen) | unpacked(place.earlier)
    return count is not None and len(seen) >= count


def _stops(after: Place, page: Sheet) -> bool:
    """Whether the list shows no row after the last one, though it claims to have more."""
    return len(page.ids) == 1 and after.idle > 0 and after.claimed is not None and not _all_there(after, page)


def _day(turn: Turn, page: Sheet) -> str | None:
    """The day, by Apptivo's clock, on which the last record of a page was made; None where it cannot be read.

    Where it can be read in several ways the firm's own counts: a wrong one leaves records out, which the count tells.
    """
    stamps = page.created[0] if page.created else ()
    last = stamps[-1] if stamps else None
    return last.astimezone(turn.connection.settings.zone).date().isoformat() if last else None


def _swept(turn: Turn, rows: tuple[Wire, ...]) -> Page:
    """The end of reading everything: once more where records must have moved out of sight, then compare."""
    place = turn.place
    seen = unpacked(place.seen) | unpacked(place.earlier)
    lacking = (place.claimed or 0) - len(seen)
    if turn.endless(place):
        return _compared(turn, rows, _endless(turn.name, len(seen)))
    if lacking > 0 and not place.again:
        return turn.page(rows, replace(place.anew("oldest"), earlier=packed(seen), again=True, cut=False))
    if lacking > 0 and place.cut:
        raise _too_many(turn.name, f"{lacking} of {place.claimed} records are in none of its pages.")
    note = (_incomplete(turn.name, lacking, place.claimed or 0),) if lacking > 0 else ()
    return _compared(turn, rows, *note)


def _compared(turn: Turn, rows: tuple[Wire, ...], *notes: Problem) -> Page:
    """Compare what was seen with what the last sweep left known; what two of them did not see is looked up."""
    place = replace(turn.place, earlier="")
    seen, roll = unpacked(turn.place.seen) | unpacked(turn.place.earlier), unpacked(place.roll)
    missing = roll - seen
    if notes or len(missing) > max(FEW, len(roll) // 10):
        notes = notes or (_shrunken(turn.name, len(missing), len(roll)),)
        place = replace(place, roll=packed(roll | seen), absent="")
    else:
        twice = missing & unpacked(place.absent)
        once = packed(missing - twice)
        place = replace(place, roll=packed(seen | missing), absent=once, missing=packed(twice))
    return turn.page(rows, place.anew("proof" if place.missing else _last(place)), *notes)


def _last(place: Place) -> Literal["changed", "layout"]:
    """The leg that is left of a sweep: what was edited meanwhile, where the list can be asked for it."""
    return "changed" if place.in_order and not place.single else "layout"


def _why_not(turn: Turn, page: Sheet) -> str:
    if _day(turn, page) is None:
        return "Its dates of creation cannot be read: say how they are written in profile.stamp-format."
    return "The list is not sorted by date of creation."


def _too_many(name: str, why: str) -> Unavailable:
    return Unavailable(
        f"The app {name} has more records than can be read completely.",
        why=f"Apptivo shows the first {strategies.WINDOW:,} of a list, from either end. {why}",
        fix="Archive records in Apptivo that are not needed any more, or ask Apptivo how to list more of them.",
    )


_WAIT = "Nothing has to be done now: everything is read again in the next sweep, and nothing is taken for deleted."


def _endless(name: str, seen: int) -> Problem:
    return Problem(
        cause="list-endless",
        what=f"Apptivo's list of {name} came to no end, so reading stopped after {seen} records.",
        why="It changes faster than it can be read, or shows the same rows again and again.",
        fix=_WAIT,
        about=name,
    )


def _incomplete(name: str, lacking: int, claimed: int) -> Problem:
    return Problem(
        cause="list-incomplete",
        what=f"Apptivo claims {claimed} {name} and lists {lacking} fewer, also when asked again.",
        why="Its list is not up to date, or it counts records that it does not show.",
        fix=_WAIT,
        about=name,
    )


def _shrunken(name: str, missing: int, known: int) -> Problem:
    return Problem(
        cause="list-shrunken",
        what=f"{missing} of {known} {name} are not listed by Apptivo any more.",
        why="So many at once are rather a fault of the list than deletions, so none of them is taken for deleted.",
        fix="Look at the app in Apptivo. Where they really were archived or deleted, void them in the books by hand.",
        about=name,
    )
