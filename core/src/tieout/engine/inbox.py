"""The inbox: reading a resource page by page, so that nothing read is ever lost.

Each page is stored together with its cursor, the keys of its records and what it makes due, in one transaction. A pass
that is cut off goes on at its last page; a complete pass is one that began without a cursor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection as Sql
from sqlalchemy import delete, select, update

from tieout.api.codec import digest
from tieout.api.contract import Connection, Resource, Wire, first
from tieout.api.errors import ContractError
from tieout.api.model import Record
from tieout.api.work import Page, Reject
from tieout.engine.flow import End, Flow, tenant_key
from tieout.engine.heirs import follow
from tieout.ledger import Ledger, chunks
from tieout.ledger.lease import Lease
from tieout.ledger.tables import CursorRow, DueRow, InboxRow, KeyRow, LinkRow
from tieout.ledger.versions import keep, keep_gone
from tieout.rules.match import keys

Told = Callable[[str, dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one run's pages into the ledger, under the run's leases; `notices` gathers what the connectors notice."""

    ledger: Ledger
    leases: tuple[Lease, ...]
    run: int
    tell: Told
    stopped: Callable[[], bool]
    notices: list[str]

    def read(self, flows: Sequence[Flow], end_of: Callable[[Flow], End]) -> set[str]:
        """Read each resource that the flows use on one side; the names of those read completely come back."""
        complete = set()
        resources: dict[str, list[Flow]] = {}
        for flow in flows:
            resources.setdefault(end_of(flow).resource.name, []).append(flow)
        inner = [sharing for sharing in resources.values() if end_of(sharing[0]).resource.inside]
        for sharing in inner:
            self._catch_up(sharing, end_of)
        for name, sharing in resources.items():
            if sharing not in inner:
                within = [one for one in inner if name in end_of(one[0]).resource.inside]
                if self._pass(sharing, within, end_of):
                    complete.add(name)
        return complete

    def _pass(self, sharing: list[Flow], within: list[list[Flow]], end_of: Callable[[Flow], End]) -> bool:
        end = end_of(sharing[0])
        connection, resource, tenant = end.connection, end.resource, end.tenant
        stands = self._cursor(tenant, resource)
        cursor = (stands.next or stands.resume) if stands else None
        began_empty = cursor is None
        total = 0
        while not self.stopped():
            page = end.facade.fetch(connection, resource, cursor)
            total += len(page.wires)
            if page.next is not None and page.next == cursor:
                raise ContractError(f"{connection.plugin} answered the same cursor again for {resource.name}")
            with self.ledger.writing(*self.leases) as sql:
                rows = [inbox_row(tenant, resource, wire, self.run) for wire in page.wires]
                changed = self._take(sql, sharing, end, rows)
                self._gone(sql, sharing, end, page.deletions)
                for inner in within:
                    self._open(sql, inner, end_of(inner[0]), resource, changed)
                    self._empty(sql, inner, end_of(inner[0]), resource, page.deletions)
                if changed or page.deletions:
                    self._left_closed(sql, end, resource, {end_of(inner[0]).resource.name for inner in within})
                self._stand(sql, tenant, resource, page)
            self.tell(
                "page.read",
                {"connection": connection.name, "resource": resource.name, "records": len(page.wires), "total": total},
            )
            for note in page.notes:
                self.notices.append(str(note))
            if page.next is None:
                return began_empty
            cursor = page.next
        return False

    def _take(self, sql: Sql, sharing: list[Flow], end: End, rows: list[dict[str, Any]]) -> dict[str, Wire]:
        """Store records of one resource and make due what has changed; the changed wires come back by id."""
        here = end is sharing[0].source
        changed = self._store(sql, end.tenant, end.resource, rows, _alike if here else _echo)
        keep(self.ledger, sql, [row for row in rows if row["id"] in changed], end.connection.clock.now())
        if here:
            self._due(sql, sharing, changed, "read")
        else:
            index(self.ledger, sql, sharing, changed)
            self._due_by_link(sql, sharing, end.tenant, end.resource, changed)
            follow(sql, end.tenant, end.resource, changed)
        return changed

    def _catch_up(self, sharing: list[Flow], end_of: Callable[[Flow], End]) -> None:
        """Open the records that were read before anybody asked for what is inside them, or were read otherwise."""
        end = end_of(sharing[0])
        opened = self._cursor(end.tenant, end.resource)
        if opened is not None and opened.resume == {"reading": end.reading}:
            return
        parents = {one.name: one for one in end.connector.resources if one.name in end.resource.inside}
        with self.ledger.writing(*self.leases) as sql:
            for name, parent in parents.items():
                here = (InboxRow.c.tenant == end.tenant, InboxRow.c.resource == name)
                last = ""
                while page := list(
                    sql.execute(select(InboxRow).where(*here, InboxRow.c.id > last).order_by(InboxRow.c.id).limit(500))
                ):
                    self._open(sql, sharing, end, parent, {row.id: row.wire for row in page if not row.gone})
                    self._empty(sql, sharing, end, parent, [row.id for row in page if row.gone])
                    last = page[-1].id
            stands = {"tenant": end.tenant, "resource": end.resource.name, "next": None}
            self.ledger.put(sql, CursorRow, [{**stands, "resume": {"reading": end.reading}}])

    def _left_closed(self, sql: Sql, end: End, parent: Resource, asked: set[str]) -> None:
        """Remember what is inside changed parents and nobody asks for, so that it is caught up with later."""
        names = [one.name for one in end.connector.resources if parent.name in one.inside and one.name not in asked]
        for name in names:
            here = (CursorRow.c.tenant == end.tenant, CursorRow.c.resource == name)
            sql.execute(delete(CursorRow).where(*here))

    def _open(self, sql: Sql, sharing: list[Flow], end: End, parent: Resource, wires: dict[str, Wire]) -> None:
        """Take the records out of their changed parents; one that is not there any more is gone."""
        rows = [
            inbox_row(end.tenant, end.resource, element, self.run, inside=f"{parent.name}/{one}")
            for one, wire in wires.items()
            for element in end.resource.inside[parent.name](wire, end.connection.settings)
        ]
        known = self._inside(sql, end, parent, wires)
        self._take(sql, sharing, end, rows)
        self._gone(sql, sharing, end, sorted(known - {row["id"] for row in rows}))

    def _empty(self, sql: Sql, sharing: list[Flow], end: End, parent: Resource, ids: Sequence[str]) -> None:
        self._gone(sql, sharing, end, sorted(self._inside(sql, end, parent, ids)))

    def _inside(self, sql: Sql, end: End, parent: Resource, ids: Iterable[str]) -> set[str]:
        found: set[str] = set()
        for part in chunks([f"{parent.name}/{one}" for one in ids]):
            here = (InboxRow.c.tenant == end.tenant, InboxRow.c.resource == end.resource.name)
            query = select(InboxRow.c.id).where(*here, InboxRow.c.inside.in_(part), InboxRow.c.gone.is_(False))
            found |= set(sql.execute(query).scalars())
        return found

    def _cursor(self, tenant: str, resource: Resource) -> Any:
        with self.ledger.reading() as sql:
            where = (CursorRow.c.tenant == tenant, CursorRow.c.resource == resource.name)
            return sql.execute(select(CursorRow).where(*where)).first()

    def _stand(self, sql: Sql, tenant: str, resource: Resource, page: Page) -> None:
        row = {"tenant": tenant, "resource": resource.name, "next": page.next, "resume": page.resume}
        if page.next is not None:
            # the last pass's end stays valid until this one has ended
            old = sql.execute(
                select(CursorRow.c.resume).where(CursorRow.c.tenant == tenant, CursorRow.c.resource == resource.name)
            ).scalar()
            row["resume"] = old
        self.ledger.put(sql, CursorRow, [row])

    def _store(
        self,
        sql: Sql,
        tenant: str,
        resource: Resource,
        rows: Iterable[dict[str, Any]],
        same: Callable[[dict[str, Any], Any], bool],
    ) -> dict[str, Wire]:
        by_id = {row["id"]: row for row in rows}
        known: dict[str, Any] = {}
        for part in chunks(list(by_id)):
            here = (InboxRow.c.tenant == tenant, InboxRow.c.resource == resource.name, InboxRow.c.id.in_(part))
            query = select(InboxRow.c.id, InboxRow.c.digest, InboxRow.c.version, InboxRow.c.gone).where(*here)
            known |= {row.id: row for row in sql.execute(query)}
            sql.execute(update(InboxRow).where(*here).values(run=self.run))
        fresh = [row for row in by_id.values() if not ((old := known.get(row["id"])) and same(row, old))]
        self.ledger.put(sql, InboxRow, fresh)
        return {row["id"]: row["wire"] for row in fresh}

    def _due(self, sql: Sql, sharing: list[Flow], ids: Iterable[str], why: str) -> None:
        rows = [
            {"pair": flow.pair, "entity": flow.entity.name, "id": one, "why": why} for flow in sharing for one in ids
        ]
        self.ledger.put(sql, DueRow, rows)

    def _gone(self, sql: Sql, sharing: list[Flow], end: End, ids: Sequence[str]) -> None:
        """What is proved to be gone; the source's records are decided about, the target's counterparts' too."""
        for part in chunks(ids):
            here = (InboxRow.c.tenant == end.tenant, InboxRow.c.resource == end.resource.name, InboxRow.c.id.in_(part))
            fresh = list(sql.execute(select(InboxRow.c.id).where(*here, InboxRow.c.gone.is_(False))).scalars())
            keep_gone(self.ledger, sql, end.tenant, end.resource.name, fresh, self.run, end.connection.clock.now())
            sql.execute(update(InboxRow).where(*here).values(gone=True))
        if end is sharing[0].source:
            self._due(sql, sharing, ids, "gone")
        else:
            self._due_by_link(sql, sharing, end.tenant, end.resource, ids)

    def _due_by_link(self, sql: Sql, sharing: list[Flow], tenant: str, resource: Resource, ids: Iterable[str]) -> None:
        pairs = {flow.entity.name: flow.pair for flow in sharing}
        for part in chunks(list(ids)):
            query = select(LinkRow.c.entity, LinkRow.c.source_id).where(
                LinkRow.c.target_tenant == tenant,
                LinkRow.c.resource == resource.name,
                LinkRow.c.target_id.in_(part),
                LinkRow.c.entity.in_(pairs),
            )
            rows = [
                {"pair": pairs[row.entity], "entity": row.entity, "id": row.source_id, "why": "read"}
                for row in sql.execute(query)
            ]
            self.ledger.put(sql, DueRow, rows)


def inbox_row(tenant: str, resource: Resource, wire: Wire, run: int, inside: str | None = None) -> dict[str, Any]:
    """A wire as a row of the inbox; `inside` names the resource and id of the record that holds it."""
    return {
        "tenant": tenant,
        "resource": resource.name,
        "id": resource.identify(wire),
        "digest": digest(wire),
        "version": first(wire, resource.version),
        "wire": wire,
        "gone": False,
        "run": run,
        "inside": inside,
    }


def _alike(row: dict[str, Any], known: Any) -> bool:
    return not known.gone and bool(known.digest == row["digest"])


def _echo(row: dict[str, Any], known: Any) -> bool:
    # the answer to our own write and the list may word the same version differently
    return _alike(row, known) or (not known.gone and row["version"] is not None and known.version == row["version"])


def index(ledger: Ledger, sql: Sql, sharing: Sequence[Flow], wires: dict[str, Wire]) -> None:
    """Remember by what the target's records can be recognised."""
    shapes: dict[str, list[Flow]] = {}
    for flow in sharing:
        shapes.setdefault(flow.target.shape, []).append(flow)
    ids = list(wires)
    for shape, alike in shapes.items():
        end = alike[0].target
        for part in chunks(ids):
            here = (KeyRow.c.tenant == end.tenant, KeyRow.c.shape == shape, KeyRow.c.id.in_(part))
            sql.execute(delete(KeyRow).where(*here))
        rows = []
        for one, record in zip(ids, end.lift([wires[one] for one in ids]), strict=True):
            if record is None or isinstance(record, Reject):
                continue
            found: dict[str, str] = {}
            for flow in alike:
                found |= keys(record, flow.entity, end.resource)
            rows += [
                {"tenant": end.tenant, "shape": shape, "id": one, "field": name, "value": value}
                for name, value in found.items()
            ]
        ledger.put(sql, KeyRow, rows)


def wires(sql: Sql, connection: Connection, resource: Resource, ids: Iterable[str]) -> dict[str, Any]:
    """The inbox's rows of these ids, by id."""
    found: dict[str, Any] = {}
    for part in chunks(list(ids)):
        query = select(InboxRow).where(
            InboxRow.c.tenant == tenant_key(connection),
            InboxRow.c.resource == resource.name,
            InboxRow.c.id.in_(part),
        )
        found |= {row.id: row for row in sql.execute(query)}
    return found


def digests(sql: Sql, end: End, ids: Sequence[str]) -> dict[str, str]:
    """The digests of the inbox's rows of these ids, by id."""
    found: dict[str, str] = {}
    for part in chunks(list(ids)):
        query = select(InboxRow.c.id, InboxRow.c.digest).where(
            InboxRow.c.tenant == end.tenant,
            InboxRow.c.resource == end.resource.name,
            InboxRow.c.id.in_(part),
        )
        found |= {row.id: row.digest for row in sql.execute(query)}
    return found


def source_record(sql: Sql, flow: Flow, source_id: str) -> Record | None:
    """A record of the source as last read; None for one that is not there or cannot be read."""
    rows = wires(sql, flow.source.connection, flow.source.resource, [source_id])
    found = flow.source.lift([row.wire for row in rows.values()])
    return next((one for one in found if isinstance(one, Record)), None)
