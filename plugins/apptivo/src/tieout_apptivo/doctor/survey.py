"""What one app answers: where it is, how its lists behave, and some of its records.

Everything here reads. Source: docs/facts/apptivo.md, "Probes".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from tieout import Connection, ReauthNeeded, Rejected, Unavailable, Wire, digest

from tieout_apptivo.calls import ask, configuration, listing, single
from tieout_apptivo.doctor import ways
from tieout_apptivo.doctor.vocabulary import urls
from tieout_apptivo.reading import stamps
from tieout_apptivo.shape.fields import at, objects
from tieout_apptivo.shape.layout import Attribute, attributes
from tieout_apptivo.shape.profile import App
from tieout_apptivo.shape.scalars import ident, text

MOST = 250
"""Records asked for in one call, the most that the connector ever asks for.

Source: docs/facts/apptivo.md, "Page size and reach".
"""
WINDOW = 5_000

Lacking: TypeAlias = Literal["absent", "mute", "closed"]
"""Why an app was not found: there is none, it gives no answer that can be read, or the keys do not open it."""

Beyond: TypeAlias = Literal["empty", "error", "wraps", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """An app as it answered: `app` with the names that work here, its records, layout, statuses and lists.

    Where none of its names works `lacking` is why, and `said` what the name in the profile answered.

    `rows` are the records last changed and the first made, `record` is one by itself, `records` the count that the
    list claims; `unlabelled` says why there is no configuration, where there is none. `page_size` is the most that one
    call gave, `changed` and `created` whether sorting by these stamps works, `search` whether an empty search lists
    everything, `range` and `view` what else shows changes where neither does. `window` is how many rows of a list can
    be reached where an end was met.
    """

    name: str
    app: App
    found: bool
    lacking: Lacking = "absent"
    said: str = ""
    config: Wire = field(default_factory=dict)
    unlabelled: str = ""
    layout: tuple[Attribute, ...] = ()
    rows: tuple[Wire, ...] = ()
    record: Wire = field(default_factory=dict)
    records: int | None = None
    page_size: int | None = None
    changed: bool = False
    created: bool = False
    search: bool = False
    range: Mapping[str, str] | None = None
    view: str | None = None
    beyond: Beyond = ""
    window: int | None = None

    @property
    def samples(self) -> tuple[Wire, ...]:
        """The records of the list, and the one that was read by itself."""
        return (*self.rows, self.record) if self.record else self.rows

    @property
    def statuses(self) -> dict[str, str]:
        """The statuses that the configuration tells: id to name."""
        found: dict[str, str] = {}
        for key, value in self.config.items():
            for entry in objects(value) if "status" in key.casefold() else ():
                id, name = ident(entry.get("statusId") or entry.get("id")), text(entry.get("statusName"))
                if id and (name := name or text(entry.get("name"))):
                    found.setdefault(id, name)
        return found

    def capabilities(self) -> dict[str, Any]:
        """What reading may rely on, as small JSON."""
        return {
            "records": self.records,
            "page_size": self.page_size,
            "sort": {"column": self.app.updated, "direction": "desc", "works": self.changed},
            "created": {"column": self.app.created, "direction": "asc", "works": self.created},
            "search": self.search,
            "range": dict(self.range) if self.range else None,
            "views": self.view,
            "window": self.window,
            "beyond": self.beyond,
        }


Listed: TypeAlias = tuple[list[Wire], int | None]
"""A page of a list with the count that it claims of all."""


def survey(connection: Connection, name: str) -> Survey:
    """Find an app, and find out how it answers.

    Keys that are refused here do not open this app: that they open the firm was seen before (`probing`).
    """
    try:
        visit, first, why, said = _found(connection, name)
    except ReauthNeeded as error:
        known = connection.settings.profile.app(name)
        return Survey(name=name, app=known, found=False, lacking="closed", said=error.problem.said)
    if first is None:
        return Survey(name=name, app=visit.app, found=False, lacking=why, said=said)
    rows, total = first
    visit, record = visit.one(rows)
    visit = visit.numbered((record,)) if record else visit
    config, unlabelled = visit.configured()
    app = visit.app
    oldest, _ = _quietly(lambda: visit.page(sort=(app.created, "asc"))) or ([], None)
    known = _distinct((*rows, *oldest))
    changed, search = visit.ordered(rows, app.updated, "desc"), visit.searches(total)
    range_ = None if changed or search else ways.between(connection, name, app, known)
    return Survey(
        name=name,
        app=app,
        found=True,
        config=config,
        unlabelled=unlabelled,
        layout=tuple(attributes(config)),
        rows=known,
        record=record,
        records=total,
        page_size=_most(rows, total),
        changed=changed,
        created=visit.ordered(oldest, app.created, "asc"),
        search=search,
        range=range_,
        view=None if changed or search or range_ else ways.view(connection, name, app, known, config),
        beyond=visit.beyond(total),
        window=visit.window(total),
    )


def _found(connection: Connection, name: str) -> tuple[_Visit, Listed | None, Lacking, str]:
    """The app at the first of its names that answers, with its first page; as the profile says where none does.

    An app that knows itself under another object id is asked without one, and its records tell it. An answer without
    records or their count may come from anything, so a name with records goes before it.
    """
    known = connection.settings.profile.app(name)
    silent: tuple[_Visit, Listed] | None = None
    said = ""
    why: Lacking = "absent"
    for url in dict.fromkeys((known.url_name, *urls(name))):
        visit = _Visit(connection, name, known.model_copy(update={"url_name": url}))
        try:
            first = visit.page(sort=(known.updated, "desc"))
        except Unavailable as error:
            if url == known.url_name:
                said, why = error.problem.said, "mute"
            continue
        except Rejected as error:
            said = said or error.problems[0].said
            if any(problem.said.startswith("status ") for problem in error.problems):
                continue  # there is nothing at this address
            first = visit.unnumbered()
            if not first[0]:
                continue
        visit = visit.numbered(first[0])
        if first[0] or first[1] is not None:
            return visit, first, why, said
        silent = silent or (visit, first)
    visit, answer = silent or (_Visit(connection, name, known), None)
    return visit, answer, why, said


@dataclass(frozen=True, slots=True)
class _Visit:
    """One app being asked."""

    connection: Connection
    name: str
    app: App

    def page(
        self,
        *,
        start: int = 0,
        size: int = MOST,
        sort: tuple[str, str] | None = None,
        action: str = "getAll",
        numbered: bool = True,
        text: str | None = None,
    ) -> Listed:
        """A page of a list."""
        wanted: dict[str, object] = {"objectStatus": 0, "startIndex": start, "numRecords": size}
        wanted |= {"objectId": self.app.object_id} if numbered else {}
        wanted |= {} if sort is None else {"sortColumn": sort[0], "sortDir": sort[1]}
        wanted |= {} if text is None else {"searchText": text}
        return ask(self.connection, self.app, action, wanted, listing(self.name))

    def unnumbered(self) -> Listed:
        """The first page, asked for without an object id; empty where that is refused as well."""
        return _quietly(lambda: self.page(sort=(self.app.updated, "desc"), numbered=False)) or ([], None)

    def numbered(self, rows: Sequence[Wire]) -> _Visit:
        """The app with the object id that its records tell, where they agree."""
        told = {ident(one.get("objectId")) for one in rows[:10]} - {""}
        if len(told) == 1 and (id := told.pop()).isdigit():
            return replace(self, app=self.app.model_copy(update={"object_id": int(id)}))
        return self

    def configured(self) -> tuple[Wire, str]:
        """The app's configuration, and where it tells none what was answered instead."""
        wanted = {"objectId": self.app.object_id}
        try:
            return ask(self.connection, self.app, "getConfigData", wanted, configuration), ""
        except Rejected as error:
            return {}, error.problems[0].said or error.problems[0].what
        except Unavailable as error:
            return {}, error.problem.said or error.problem.what

    def one(self, rows: Sequence[Wire]) -> tuple[_Visit, Wire]:
        """One record by itself, and the app with the parameter name that this took."""
        for row in rows[:1]:
            id = ident(row.get("id"))
            own = [key for key, value in row.items() if key.endswith("Id") and ident(value) == id]
            known = self.app.id_parameter
            for parameter in dict.fromkeys((known, *own) if known in row else (*own, known)):
                names = {"id_parameter": parameter}
                if parameter != known:
                    names["data_parameter"] = f"{parameter.removesuffix('Id')}Data"
                tried = self.app.model_copy(update=names)
                try:
                    record = ask(self.connection, tried, "getById", {parameter: id}, single(tried))
                except (Rejected, Unavailable):
                    continue
                if record:
                    return replace(self, app=tried), record
        return self, {}

    def ordered(self, rows: Sequence[Wire], column: str, direction: str) -> bool:
        """Whether the stamps of a page run in the order that was asked for, and are not all the same."""
        written = [at(row, column) for row in rows]
        if direction == "asc":
            written.reverse()
        possible = stamps.descending(stamps.readings(self.connection, written))
        return bool(possible) and len({str(one) for one in written}) > 1

    def searches(self, total: int | None) -> bool:
        """Whether a search for nothing lists everything, sorted by the time of change."""
        sort = (self.app.updated, "desc")
        found = _quietly(lambda: self.page(size=50, sort=sort, action="getAllBySearchText", text=""))
        return found is not None and bool(found[0]) and found[1] == total and self.ordered(found[0], *sort)

    def beyond(self, total: int | None) -> Beyond:
        """What an offset beyond the end answers."""
        if total is None:
            return ""
        found = _quietly(lambda: self.page(start=total + 10, size=1))
        return "error" if found is None else "wraps" if found[0] else "empty"

    def window(self, total: int | None) -> int | None:
        """How many rows of a list can be reached; None where no end was met."""
        if total is None or total <= WINDOW:
            return None
        found = _quietly(lambda: self.page(start=WINDOW, size=1))
        return None if found and found[0] else WINDOW


def _quietly(call: Callable[[], Listed]) -> Listed | None:
    """What a call answers; None where it fails: some of these questions are not meant to be answered."""
    try:
        return call()
    except (Rejected, Unavailable):
        return None


def _distinct(rows: Sequence[Wire]) -> tuple[Wire, ...]:
    """The records without those that came twice."""
    return tuple({ident(row.get("id")) or digest(row): row for row in reversed(rows)}.values())[::-1]


def _most(rows: Sequence[Wire], total: int | None) -> int | None:
    """The most that one call gives: what was asked for, unless there are more records than came; None for none."""
    if not rows:
        return None
    return len(rows) if total is not None and len(rows) < min(total, MOST) else MOST
