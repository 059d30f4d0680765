"""Reading lists page by page, and looking records up.

A first read goes through everything by date of creation. Later ones begin with the record changed last and stop where
the cursor, less an overlap, was passed; they fall back to reading everything where the order cannot be trusted.
Sources: facts/apptivo.md 2.3 (paging), 2.5 (incremental reading), 13 no. 5 to 8, 18, 19 and 26.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from tieout.codec import digest
from tieout.contract import Connection, Cursor, Resource, Wire
from tieout.errors import Unavailable
from tieout.work import Key, Page

from tieout_apptivo import scalars, stamps
from tieout_apptivo.calls import ask, listing, single
from tieout_apptivo.fields import at, labels_key
from tieout_apptivo.firm import learn
from tieout_apptivo.profile import Fields
from tieout_apptivo.stamps import Reading

WINDOW = 5_000
"""How many rows of one list can be reached (facts/apptivo.md 1.6)."""


def known_key(app: str) -> str:
    """The key under which a connection's memory keeps that an app has records."""
    return f"known:{app}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a pass stands: the order it reads in, and the record to go on with; `layout` is its last call.

    `since` is the newest change seen when the last pass ended, `newest` that of this one (UTC, ISO 8601). `first` is
    the id that the page before began with, `total` the count it claimed. `edge` is the date of creation up to which
    the older half of a long list was read and `newer` how many made after it were seen, `top` the digest of the first
    page by date of change.
    """

    order: Literal["changed", "oldest", "youngest", "layout"] = "oldest"
    start: int = 0
    since: str | None = None
    newest: str | None = None
    first: str | None = None
    total: int | None = None
    edge: str | None = None
    newer: int = 0
    top: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    """One page as it came: its rows, the count of the whole list, whether it is the last, and its stamps.

    `mark` is the digest of the ids, the dates of change and the count.
    """

    rows: tuple[Wire, ...]
    total: int | None
    last: bool
    created: tuple[Reading, ...]
    changed: tuple[Reading, ...]
    mark: str

    @property
    def newest(self) -> datetime | None:
        return stamps.newest(self.changed)

    @property
    def made(self) -> Reading:
        """The dates of creation; none of them where they can be read in several ways or in no way."""
        return self.created[0] if len(self.created) == 1 else (None,) * len(self.rows)


def fetch(connection: Connection, resource: Resource, cursor: Cursor | None) -> Page:
    """One page of a resource, read in one call; the last one of a full pass reads the app's configuration instead.

    Deletions are never inferred. Raises `Unavailable` where records that existed before are not listed any more, or
    where there are more than can be reached.
    """
    place = Place(**cursor) if cursor else Place()
    name = resource.name
    if place.order == "layout":
        learn(connection, name)
        return Page((), resume=_cursor(replace(place, order="changed")) if place.since or place.top else None)
    sheet = _sheet(connection, resource, place)
    if place.start == 0:
        _refuse_suspicious(connection, name, sheet)
    if place.total is not None and sheet.total is not None and sheet.total < place.total:
        return Page(sheet.rows, next=_cursor(_back(place, sheet, place.total - sheet.total)))
    turn = {"changed": _changed, "oldest": _oldest, "youngest": _youngest}[place.order]
    return turn(connection, resource, place, sheet)


def find(connection: Connection, resource: Resource, keys: Sequence[Key]) -> Mapping[Key, list[Wire]]:
    """The records with each key: by id one call, by another field a search of which only exact matches count."""
    return {
        key: _by_id(connection, resource, key) if key.field == "id" else _by_text(connection, resource, key)
        for key in keys
    }


def _changed(connection: Connection, resource: Resource, place: Place, sheet: _Sheet) -> Page:
    """A page from the newest change backwards."""
    possible = stamps.descending(sheet.changed)
    if sheet.rows and not possible:
        return Page(sheet.rows, next=_cursor(Place()))
    top = place.top if place.start else sheet.mark
    if place.start == 0 and top == place.top:
        return _ended(connection, resource.name, place, (), newest=place.since, top=top)
    newest = place.newest or _text(stamps.newest(possible))
    start = place.start + len(sheet.rows)
    if sheet.last or _passed(connection, place, possible):
        return _ended(connection, resource.name, place, sheet.rows, newest=newest or place.since, top=top)
    if start >= WINDOW:
        return Page(sheet.rows, next=_cursor(Place()))
    return Page(sheet.rows, next=_cursor(_onwards(resource, replace(place, newest=newest, top=top), sheet, start)))


def _passed(connection: Connection, place: Place, possible: Sequence[Reading]) -> bool:
    """Whether the page reaches back beyond what was read before, overlap included, however it is read."""
    if place.since is None:
        return False
    floor = datetime.fromisoformat(place.since) - timedelta(hours=connection.settings.overlap_hours)
    return all(oldest is not None and oldest < floor for *_, oldest in possible)


def _oldest(connection: Connection, resource: Resource, place: Place, sheet: _Sheet) -> Page:
    """A page of everything, the oldest record first; past the window the youngest half follows."""
    if sheet.total is not None and sheet.total > 2 * WINDOW:
        raise _too_many(resource.name)
    newest = _later(place.newest, sheet.newest)
    if sheet.last:
        empty = place.start == 0 and not sheet.rows
        return _ended(connection, resource.name, place, sheet.rows, newest=newest, top=sheet.mark if empty else None)
    start = place.start + len(sheet.rows)
    if start < WINDOW:
        return Page(sheet.rows, next=_cursor(_onwards(resource, replace(place, newest=newest), sheet, start)))
    edge = sheet.made[-1]
    if edge is None:
        raise Unavailable(
            f"The app {resource.name} lists more than {WINDOW} records, whose dates of creation cannot be read.",
            why="Apptivo shows no more of one list; the rest is read from its other end, up to that date.",
            fix="Set profile.stamp-format in the connection to how these stamps are written.",
        )
    return Page(sheet.rows, next=_cursor(Place(order="youngest", newest=newest, edge=_text(edge))))


def _youngest(connection: Connection, resource: Resource, place: Place, sheet: _Sheet) -> Page:
    """A page of the younger half of a long list, the youngest record first, down to where the older half ended."""
    edge = datetime.fromisoformat(place.edge or "")
    made = sheet.made
    if None in made or (place.start == 0 and any(stamp and stamp < edge for stamp in made[:1])):
        raise Unavailable(
            f"The app {resource.name} cannot be read from its youngest record back.",
            why="The list is not sorted by date of creation, so the records past the window cannot be reached.",
            fix="Archive records in Apptivo that are not needed any more, until fewer than 5,000 are active.",
        )
    rows = tuple(row for row, stamp in zip(sheet.rows, made, strict=True) if stamp and stamp >= edge)
    newest = _later(place.newest, sheet.newest)
    newer = place.newer + sum(1 for stamp in made if stamp and stamp > edge)
    whole = sheet.total is not None and WINDOW + newer >= sheet.total
    if sheet.last or whole or len(rows) < len(sheet.rows):
        return _ended(connection, resource.name, place, rows, newest=newest, top=None)
    start = place.start + len(sheet.rows)
    if start >= WINDOW:
        raise _too_many(resource.name)
    return Page(rows, next=_cursor(_onwards(resource, replace(place, newest=newest, newer=newer), sheet, start)))


def _sheet(connection: Connection, resource: Resource, place: Place) -> _Sheet:
    """One call for one page; a page that repeats the one before, or holds nothing, is the last."""
    app = connection.settings.profile.app(resource.name)
    asked = min(connection.settings.page_size, WINDOW - place.start)
    wanted = {
        "objectId": app.object_id,
        "objectStatus": 0,
        "startIndex": place.start,
        "numRecords": asked,
        "sortColumn": app.updated if place.order == "changed" else app.created,
        "sortDir": "asc" if place.order == "oldest" else "desc",
    }
    rows, total = ask(connection, app, "getAll", wanted, listing(resource.name))
    if rows and place.start and resource.identify(rows[0]) == place.first:
        if total is not None and total > place.start:
            raise Unavailable(
                f"Apptivo answers the same page of {resource.name} again and again.",
                why=f"It claims {total} records and shows no more than the first {place.start}.",
                fix="Run again later; if it goes on, lower page-size in the connection.",
            )
        rows = []
    short = len(rows) < asked and (total is None or place.start + len(rows) >= total)
    changed = [at(row, app.updated) for row in rows]
    return _Sheet(
        rows=tuple(rows),
        total=total,
        last=not rows or short,
        created=stamps.readings(connection, [at(row, app.created) for row in rows]),
        changed=stamps.readings(connection, changed),
        mark=digest([[resource.identify(row) for row in rows], changed, total]),
    )


def _refuse_suspicious(connection: Connection, name: str, sheet: _Sheet) -> None:
    """An empty list where there were records is a fault of the list until proved otherwise."""
    key = known_key(name)
    if sheet.rows:
        if not connection.memory.get(key):
            connection.memory[key] = True
    elif connection.memory.get(key):
        raise Unavailable(
            f"It is suspicious that Apptivo lists no {name} any more.",
            why="There were records before, and an empty list is never taken for a deletion of everything.",
            fix=f"Look at the app in Apptivo. If it really is empty, switch {name} off in [plugins].",
        )


def _onwards(resource: Resource, place: Place, sheet: _Sheet, start: int) -> Place:
    return replace(place, start=start, first=resource.identify(sheet.rows[0]), total=sheet.total)


def _back(place: Place, sheet: _Sheet, gone: int) -> Place:
    """Where to go on after records have disappeared, so that those behind them moved up: as many places back."""
    start = max(0, place.start - gone)
    newest = _later(place.newest, sheet.newest)
    return replace(place, start=start, first=None, total=sheet.total, newest=newest, newer=min(place.newer, start))


def _ended(
    connection: Connection, name: str, place: Place, rows: tuple[Wire, ...], *, newest: str | None, top: str | None
) -> Page:
    """The last page of records; where the layout has to be read, one more page follows.

    The next run starts at the newest change, but not ahead of the clock: a stamp that is hides nothing before it.
    """
    since = None if newest is None else _text(min(datetime.fromisoformat(newest), connection.clock.now()))
    end = Place(order="changed", since=since, top=top)
    if place.order != "changed" or labels_key(name) not in connection.memory:
        return Page(rows, next=_cursor(replace(end, order="layout")))
    return Page(rows, resume=_cursor(end))


def _later(one: str | None, other: datetime | None) -> str | None:
    return max((stamp for stamp in (one, _text(other)) if stamp), default=None)


def _text(stamp: datetime | None) -> str | None:
    return stamp.isoformat() if stamp else None


def _cursor(place: Place) -> Cursor:
    return {name: value for name, value in asdict(place).items() if value is not None}


def _too_many(name: str) -> Unavailable:
    return Unavailable(
        f"The app {name} has more records than can be read completely.",
        why=f"Apptivo shows the first {WINDOW:,} of a list, from either end.",
        fix="Archive records in Apptivo that are not needed any more.",
    )


def _by_id(connection: Connection, resource: Resource, key: Key) -> list[Wire]:
    app = connection.settings.profile.app(resource.name)
    found = ask(connection, app, "getById", {app.id_parameter: key.value}, single(app))
    if found and scalars.ident(resource.identify(found)) != scalars.ident(key.value):
        raise Unavailable(
            f"Apptivo answered another record of {resource.name} than the one that was asked for.",
            fix="Run again later; if it goes on, check id-parameter of the app in the profile.",
        )
    return [found] if found else []


def _by_text(connection: Connection, resource: Resource, key: Key) -> list[Wire]:
    """All exact matches of a search, which itself is fuzzy and wants small letters."""
    app = connection.settings.profile.app(resource.name)
    size = connection.settings.page_size
    found: dict[str, Wire] = {}
    start, first = 0, None
    while start < WINDOW:
        wanted = {"searchText": key.value.lower(), "objectId": app.object_id, "startIndex": start, "numRecords": size}
        rows, total = ask(connection, app, "getAllBySearchText", wanted, listing(resource.name))
        if not rows or resource.identify(rows[0]) == first:
            break
        first = resource.identify(rows[0])
        found |= {resource.identify(row): row for row in rows if _matches(app.fields, row, key)}
        start += len(rows)
        if len(rows) < size and (total is None or start >= total):
            break
    return list(found.values())


def _matches(fields: Fields, row: Wire, key: Key) -> bool:
    paths: tuple[str, ...] = getattr(fields, key.field)
    found = (scalars.text(at(row, path)) for path in paths)
    return next((text for text in found if text), "") == key.value.strip()
