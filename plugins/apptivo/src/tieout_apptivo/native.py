"""Whether Apptivo's own Xero connection runs beside ours, which would book every document twice.

It leaves its traces on the records: a status and a time of its last sync, in attributes that people see. Source:
docs/facts/apptivo.md, "Traces of the native connection".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from tieout import Connection, Wire

from tieout_apptivo.calls import ask, listing
from tieout_apptivo.shape.attributes import custom_key, value
from tieout_apptivo.shape.dates import Calendar, calendar
from tieout_apptivo.shape.fields import normal
from tieout_apptivo.shape.profile import App, DocumentApp
from tieout_apptivo.shape.scalars import Unreadable

_LOOKED_AT = 50
"""How many of the records changed last are looked at."""
_RECENT = timedelta(days=60)


def beside(connection: Connection, name: str) -> Iterator[str]:
    """A note where the records of the app called `name` that changed last carry recent traces; its labels are known."""
    app = connection.settings.profile.app(name)
    known = connection.memory.get(custom_key(name), {})
    if not isinstance(app, DocumentApp) or not known:
        return
    wanted = {"objectId": app.object_id, "objectStatus": 0, "startIndex": 0, "numRecords": _LOOKED_AT}
    rows, _ = ask(connection, app, "getAll", {**wanted, "sortColumn": app.updated, "sortDir": "desc"}, listing(name))
    days = calendar(connection.settings, connection.memory)
    traced = [row for row in rows if _traced(row, app, known, connection, days)]
    if traced:
        yield (
            f"Apptivo's own Xero connection seems to run beside: {len(traced)} of the {len(rows)} {name} changed last "
            "carry its status and a recent sync. Both together would book every document twice. Switch it off in "
            "Apptivo (Business Settings, Services, Xero) before going live; what it has made in Xero is found by its "
            "number and adopted, not made again."
        )


def _traced(row: Wire, app: App, known: Mapping[str, Any], connection: Connection, days: Calendar) -> bool:
    status, at = _told(row, known, app.marks.status), _told(row, known, app.marks.at)
    if not at:
        return bool(status)
    try:
        day = days.day(at)
    except Unreadable:
        return True  # a time that cannot be read in one way is still a sign of somebody at work
    return day is None or connection.clock.now().date() - day <= _RECENT


def _told(row: Wire, known: Mapping[str, Any], labels: tuple[str, ...]) -> str:
    """What the record says under the first of these labels that it has; empty for nothing."""
    return next((said for label in labels if (about := known.get(normal(label))) and (said := value(row, about))), "")
