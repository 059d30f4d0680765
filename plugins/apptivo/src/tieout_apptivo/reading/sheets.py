"""One page of a list, as it came in one call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tieout import Connection, Resource, Wire, digest

from tieout_apptivo.calls import ask, listing
from tieout_apptivo.reading import stamps
from tieout_apptivo.reading.stamps import Reading
from tieout_apptivo.reading.strategies import Query
from tieout_apptivo.shape.fields import at
from tieout_apptivo.shape.profile import App


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The rows of a page, their ids and marks, the count of the whole list, and whether no page follows.

    `changed` and `created` are the rows' stamps in every way that they can be read.
    """

    rows: tuple[Wire, ...]
    ids: tuple[str, ...]
    marks: tuple[str, ...]
    total: int | None
    last: bool
    changed: tuple[Reading, ...]
    created: tuple[Reading, ...]

    @property
    def newest(self) -> datetime | None:
        """The newest change on the page."""
        return stamps.newest(self.changed)

    def without(self, ids: set[str], marks: tuple[str, ...] = ()) -> tuple[Wire, ...]:
        """The rows that are not among these ids, nor among these marks: what was not handed over before."""
        known = set(marks)
        three = zip(self.rows, self.ids, self.marks, strict=True)
        return tuple(row for row, id, mark in three if id not in ids and mark not in known)


NOTHING = Sheet(rows=(), ids=(), marks=(), total=None, last=True, changed=(), created=())
"""The page of a list that shows nothing."""


def sheet(connection: Connection, resource: Resource, query: Query, start: int, asked: int) -> Sheet:
    """The page of a list that begins at row `start`; a list may show fewer rows than `asked`, and no id twice."""
    app: App = connection.settings.profile.app(resource.name)
    parameters = {**query.parameters, "startIndex": start, "numRecords": asked}
    found, total = ask(connection, app, query.action, parameters, listing(resource.name), query.path)
    rows = tuple({resource.identify(row): row for row in found}.values())
    ids = tuple(resource.identify(row) for row in rows)
    short = len(found) < asked and (total is None or start + len(found) >= total)
    return Sheet(
        rows=rows,
        ids=ids,
        marks=tuple(digest(row)[:16] for row in rows),
        total=total,
        last=not found or short,
        changed=stamps.readings(connection, [at(row, app.updated) for row in rows]),
        created=stamps.readings(connection, [at(row, app.created) for row in rows]),
    )
