"""The ways to read what has changed, and the calls that they make.

The four strategies of docs/facts/apptivo.md, "Reading changes" in their order: a list sorted by change (all records, or
a search for nothing), a search between two days, a view that the firm's admin has made, and reading everything. A probe
finds out which of them an app of this firm can do and leaves it in the connection's memory. Without a probe the first
is taken, whose every page shows by itself whether it is in order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from tieout import Connection, Resource, dumps

from tieout_apptivo.shape.dates import calendar
from tieout_apptivo.shape.profile import App

CAPABILITIES = "capabilities"
"""The key under which a connection's memory keeps what a probe has measured."""

WINDOW = 5_000
"""How many rows of one list can be reached where no probe has measured it.

Source: docs/facts/apptivo.md, "Page size and reach".
"""

VIEWS = "dao/v5/appsettings"
"""Where views are asked for, under the base address (docs/facts/apptivo.md, "Actions")."""

Strategy = Literal["sorted", "search", "range", "view", "sweep"]


@dataclass(frozen=True, slots=True)
class Query:
    """A list to ask for: the action with its parameters, and where, when not under the app's own address."""

    action: str
    parameters: Mapping[str, object]
    path: str = ""


def measured(connection: Connection, name: str) -> Mapping[str, Any]:
    """What a probe has measured about the app called `name`; empty before the first probe."""
    found: Mapping[str, Any] = connection.memory.get(CAPABILITIES, {}).get("apps", {}).get(name, {})
    return found


def strategy(connection: Connection, name: str) -> Strategy:
    """The first strategy that works for the app called `name`."""
    known = measured(connection, name)
    if not known or (known.get("sort") or {}).get("works"):
        return "sorted"
    if known.get("search"):
        return "search"
    if known.get("range"):
        return "range"
    return "view" if known.get("views") else "sweep"


def size(connection: Connection, name: str) -> int:
    """How many records to ask for in one call: at least two, because pages overlap by one."""
    return max(2, min(int(connection.settings.page_size), measured(connection, name).get("page_size") or WINDOW))


def window(connection: Connection, name: str) -> int:
    """How many rows of one list are known to be within reach."""
    return int(measured(connection, name).get("window") or WINDOW)


def changes(connection: Connection, resource: Resource, since: str | None) -> Query:
    """What has changed, by the strategy at hand: sorted from the newest change back, or all since a day."""
    app: App = connection.settings.profile.app(resource.name)
    known = measured(connection, resource.name)
    order = {"sortColumn": app.updated, "sortDir": "desc"}
    match strategy(connection, resource.name):
        case "search":
            return Query("getAllBySearchText", {"objectId": app.object_id, "searchText": "", **order})
        case "range":
            return _range(connection, app, known["range"], since)
        case "view":
            parameters = {"objectId": app.object_id, "viewCode": known["views"], "status": 0}
            return Query("getAllByCustomView", parameters, VIEWS)
    return Query("getAll", {"objectId": app.object_id, "objectStatus": 0, **order})


def everything(app: App, direction: Literal["asc", "desc"]) -> Query:
    """All records in use by their date of creation."""
    order = {"sortColumn": app.created, "sortDir": direction}
    return Query("getAll", {"objectId": app.object_id, "objectStatus": 0, **order})


def made_on(app: App, day: str) -> Query:
    """The records that were made on one day, as the firm writes it.

    Source: docs/facts/apptivo.md, "Searches": likely an exact day.
    """
    wanted = {"searchData": _json({app.created: day}), "multiSelectData": "{}"}
    return Query("getAllByAdvancedSearch", {"objectId": app.object_id, **wanted})


def _range(connection: Connection, app: App, names: Mapping[str, str], since: str | None) -> Query:
    """The records changed from the day of the last change, less the overlap, until tomorrow."""
    now, days = connection.clock.now(), calendar(connection.settings, connection.memory)
    newest = datetime.fromisoformat(since) if since else datetime.fromtimestamp(0, UTC)
    oldest = newest - timedelta(hours=connection.settings.overlap_hours)
    bounds = {names["from"]: oldest, names["to"]: now + timedelta(days=1)}
    between = {name: days.written(moment.astimezone(days.zone).date()) for name, moment in bounds.items()}
    return Query(
        "getAllByAdvancedSearch",
        {"objectId": app.object_id, "searchData": _json(between), "multiSelectData": "{}"},
    )


def _json(value: Any) -> str:
    return dumps(value).decode()
