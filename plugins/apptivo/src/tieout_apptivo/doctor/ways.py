"""Which of the other ways to read changes work, where a list cannot be sorted by them: a range of days, and a view.

Nothing is documented about either (docs/facts/apptivo.md, "Reading changes"), so each is tried on records whose stamps
are known, and counts only when it shows what changed since a day and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from tieout import Connection, Rejected, Unavailable, Wire, dumps

from tieout_apptivo.calls import ask, listing
from tieout_apptivo.reading import stamps
from tieout_apptivo.reading.strategies import VIEWS
from tieout_apptivo.shape.dates import calendar
from tieout_apptivo.shape.fields import at, objects
from tieout_apptivo.shape.profile import App
from tieout_apptivo.shape.scalars import ident, text

_BOUNDS = (("{}", "{}To"), ("{}From", "{}To"))
"""What the ends of a range may be called: the upper one as those of other fields are."""

_RECENT = re.compile(r"updat|chang|modif|edit", re.IGNORECASE)
_SIZE = 100


def between(connection: Connection, name: str, app: App, rows: Sequence[Wire]) -> dict[str, str] | None:
    """The names of the ends of a range of days that a search for changes keeps to; None where none does."""
    days = _days(connection, app, rows)
    told = sorted(set(days.values()))
    if len(told) < 3:  # a range proves itself by what it leaves out, and by more than one day
        return None
    since, zone = told[len(told) // 2], connection.settings.zone
    written = calendar(connection.settings, connection.memory).written
    until = connection.clock.now().astimezone(zone).date() + timedelta(days=1)
    for lower, upper in ((one.format(app.updated), other.format(app.updated)) for one, other in _BOUNDS):
        bounds = dumps({lower: written(since), upper: written(until)}).decode()
        wanted = {"objectId": app.object_id, "searchData": bounds, "multiSelectData": "{}"}
        found = _listed(connection, name, app, "getAllByAdvancedSearch", wanted)
        shown = _days(connection, app, found)
        if any(one > since for one in shown.values()) and all(one >= since for one in shown.values()):
            expected = {id for id, day in days.items() if day >= since}
            if len(found) >= _SIZE or expected <= shown.keys():
                return {"from": lower, "to": upper}
    return None


def view(connection: Connection, name: str, app: App, rows: Sequence[Wire], config: Wire) -> str | None:
    """The code of a view that shows the records changed last and no others; None where there is none."""
    days = _days(connection, app, rows)
    for code in _views(config):
        wanted = {"objectId": app.object_id, "viewCode": code, "status": 0}
        found = _listed(connection, name, app, "getAllByCustomView", wanted, VIEWS)
        shown = _days(connection, app, found)
        left = [day for id, day in days.items() if id not in shown]
        if shown and left and min(shown.values()) >= max(left):
            return code
    return None


def _views(config: Wire) -> Iterator[str]:
    """The views that are called after changes."""
    for one in objects(config.get("viewSettings")):
        code, called = (_first(one, *keys) for keys in (("viewCode", "code", "viewId"), ("viewName", "name")))
        if code and _RECENT.search(called):
            yield code


def _first(one: Wire, *keys: str) -> str:
    return next((found for key in keys if (found := text(one.get(key)))), "")


def _days(connection: Connection, app: App, rows: Sequence[Wire]) -> Mapping[str, date]:
    """The days of change of records by id; none where their stamps cannot be read in one way alone."""
    possible = stamps.readings(connection, [at(row, app.updated) for row in rows])
    if len(possible) != 1:
        return {}
    zone = connection.settings.zone
    told = zip(rows, possible[0], strict=True)
    return {ident(row.get("id")): stamp.astimezone(zone).date() for row, stamp in told if stamp}


def _listed(
    connection: Connection, name: str, app: App, action: str, wanted: Mapping[str, object], path: str = ""
) -> list[Wire]:
    """The first page of a list; empty where it is refused: these questions need not be understood."""
    paged = {**wanted, "startIndex": 0, "numRecords": _SIZE}
    try:
        rows, _ = ask(connection, app, action, paged, listing(name), path)
        return rows
    except (Rejected, Unavailable):
        return []
