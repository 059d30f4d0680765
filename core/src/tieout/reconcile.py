"""The tie-out: both sides read afresh, joined by number and then by link, and compared to the cent.

variance = source in scope - held - skipped - target. What Tieout neither made nor linked in the target is listed apart.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from operator import attrgetter
from typing import Any

from sqlalchemy import delete, func, select, update

from tieout.engine import Engine
from tieout.errors import Problem
from tieout.flow import End, Flow
from tieout.ledger import chunks
from tieout.match import joined, label, normal
from tieout.model import Record
from tieout.report import Difference, TieLine, TieOut
from tieout.tables import HeldRow, LinkRow, TieRow
from tieout.work import Reject

ZERO = Decimal(0)
_FIELDS = ("source_count", "held_count", "skipped_count", "target_count")
_TOTALS = ("source_total", "held_total", "skipped_total", "target_total")


@dataclass(slots=True)
class Tie:
    """One tie-out of a pair's flows, in rows of its own in the ledger."""

    engine: Engine
    flows: tuple[Flow, ...]
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    lines: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)

    def read(self) -> None:
        """Read every resource of both sides completely."""
        for side in ("source", "target"):
            end_of: Callable[[Flow], End] = attrgetter(side)
            resources: dict[str, list[Flow]] = {}
            for flow in self.flows:
                resources.setdefault(end_of(flow).resource.name, []).append(flow)
            for sharing in resources.values():
                self._read(side, sharing, end_of)

    def _read(self, side: str, sharing: list[Flow], end_of: Callable[[Flow], End]) -> None:
        end = end_of(sharing[0])
        cursor = None
        total = 0
        while True:
            page = end.facade.fetch(end.connection, end.resource, cursor)
            rows = [row for flow in sharing for row in self._rows(side, flow, end_of(flow), page.wires)]
            with self.engine.ledger.writing() as sql:
                self.engine.ledger.put(sql, TieRow, rows)
            total += len(page.wires)
            data = {"connection": end.connection.name, "resource": end.resource.name, "records": total}
            self.engine.tell("tie.read", data)
            if page.next is None:
                return
            cursor = page.next

    def _rows(self, side: str, flow: Flow, end: End, wires: Sequence[Any]) -> Iterator[dict[str, Any]]:
        for wire, record in zip(wires, end.lift(wires), strict=True):
            if record is None:
                continue
            one = end.resource.identify(wire)
            base = {"tie": self.id, "entity": flow.entity.name, "side": side, "id": one, "claimed": False}
            if isinstance(record, Reject):
                yield {
                    **base,
                    "label": one,
                    "mark": None,
                    "period": "",
                    "currency": "",
                    "total": None,
                    "standing": "live",
                }
                continue
            stated = flow.entity.prepare(record, flow.settings) if side == "source" else record
            yield {**base, **_shown(flow, stated)}

    def compare(self) -> None:
        """Explain every record of one side by the other."""
        for flow in self.flows:
            for page in self._pages(flow, "source"):
                self._explain(flow, page)
            self._doubled(flow)
        for flow in self.flows:
            self._targets(flow)

    def _pages(self, flow: Flow, side: str) -> Iterator[list[Any]]:
        last = ""
        while True:
            with self.engine.ledger.reading() as sql:
                query = select(TieRow).where(*self._of(flow, side), TieRow.c.id > last).order_by(TieRow.c.id).limit(500)
                rows = list(sql.execute(query))
            if not rows:
                return
            yield rows
            last = rows[-1].id

    def _of(self, flow: Flow, side: str) -> tuple[Any, ...]:
        return (TieRow.c.tie == self.id, TieRow.c.entity == flow.entity.name, TieRow.c.side == side)

    def _explain(self, flow: Flow, rows: list[Any]) -> None:
        ids = [row.id for row in rows]
        with self.engine.ledger.reading() as sql:
            held = self._held(sql, flow, ids)
            links = self._links(sql, flow, ids)
            by_mark = self._targets_by(sql, flow, "mark", [row.mark for row in rows if row.mark])
            by_id = self._targets_by(sql, flow, "id", list(links.values()))
        claimed = []
        for row in rows:
            linked = links.get(row.id)
            there = self._counterpart(row, linked, by_mark, by_id)
            if row.id in held and there is None:
                kind, problem = held[row.id]
                self._add(flow, row, "source")
                self._add(flow, row, "held" if kind == "hold" else "skipped")
                self._differ(flow, row, None, "held" if kind == "hold" else "skipped", str(problem))
            elif row.standing == "void":
                if there is not None:
                    self._differ(flow, row, there, "different", "It is void in the source and stands in the target.")
                    self._add(flow, there, "target")
                    claimed.append(there.id)
            elif there is None:
                self._add(flow, row, "source")
                gone = by_id.get(linked or "", [])
                why = "It was voided or deleted in the target." if gone else "It is not in the target."
                self._differ(flow, row, None, "missing", why)
            else:
                self._add(flow, row, "source")
                self._add(flow, there, "target")
                claimed.append(there.id)
                if why := _unlike(row, there):
                    self._differ(flow, row, there, "different", why)
                elif row.id in held:
                    kind, problem = held[row.id]
                    self._differ(flow, row, there, "held" if kind == "hold" else "skipped", str(problem))
        with self.engine.ledger.writing() as sql:
            for part in chunks(claimed):
                mine = (*self._of(flow, "target"), TieRow.c.id.in_(part))
                sql.execute(update(TieRow).where(*mine).values(claimed=True))

    def _counterpart(
        self, row: Any, linked: str | None, by_mark: dict[str, list[Any]], by_id: dict[str, list[Any]]
    ) -> Any:
        alike = [one for one in by_mark.get(row.mark or "", []) if one.standing != "void"]
        for one in alike:
            if one.id == linked:
                return one
        standing = [one for one in by_id.get(linked or "", []) if one.standing != "void"]
        if standing:
            return standing[0]
        return None if linked is None else next(iter(alike), None)

    def _held(self, sql: Any, flow: Flow, ids: list[str]) -> dict[str, tuple[str, Problem]]:
        mine = (
            HeldRow.c.pair == flow.pair,
            HeldRow.c.entity == flow.entity.name,
            HeldRow.c.source_id.in_(ids),
            HeldRow.c.kind != "note",
        )
        return {
            row.source_id: (row.kind, Problem(**row.problems[0])) for row in sql.execute(select(HeldRow).where(*mine))
        }

    def _links(self, sql: Any, flow: Flow, ids: list[str]) -> dict[str, str]:
        query = select(LinkRow.c.source_id, LinkRow.c.target_id).where(
            LinkRow.c.entity == flow.entity.name,
            LinkRow.c.source_tenant == flow.source.tenant,
            LinkRow.c.target_tenant == flow.target.tenant,
            LinkRow.c.source_id.in_(ids),
        )
        return {row.source_id: row.target_id for row in sql.execute(query)}

    def _targets_by(self, sql: Any, flow: Flow, name: str, values: list[str]) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for part in chunks(values):
            query = select(TieRow).where(*self._of(flow, "target"), getattr(TieRow.c, name).in_(part))
            for row in sql.execute(query):
                found.setdefault(getattr(row, name), []).append(row)
        return found

    def _doubled(self, flow: Flow) -> None:
        """Two records of the target that stand under one number: at most one of them can be right."""
        if not flow.entity.follows:
            return
        standing = (*self._of(flow, "target"), TieRow.c.standing != "void", TieRow.c.mark.is_not(None))
        with self.engine.ledger.reading() as sql:
            marks = select(TieRow.c.mark).where(*standing).group_by(TieRow.c.mark).having(func.count() > 1)
            rows = list(sql.execute(select(TieRow).where(*standing, TieRow.c.mark.in_(marks)).order_by(TieRow.c.mark)))
        ours = {row.mark for row in rows if row.claimed}
        for row in rows:
            if row.mark in ours and not row.claimed:
                self._add(flow, row, "target")
                self._differ(flow, None, row, "doubled", "Another record of the target bears the same number.")
                with self.engine.ledger.writing() as sql:
                    mine = (*self._of(flow, "target"), TieRow.c.id == row.id)
                    sql.execute(update(TieRow).where(*mine).values(claimed=True))

    def _targets(self, flow: Flow) -> None:
        """What stands in the target and is explained by no flow is listed apart."""
        sharing = [other for other in self.flows if other.target.shape == flow.target.shape]
        if sharing[0] is not flow:
            return
        names = [other.entity.name for other in sharing]
        for page in self._pages(flow, "target"):
            ids = [row.id for row in page if not row.claimed and row.standing != "void"]
            with self.engine.ledger.reading() as sql:
                query = select(TieRow.c.id).where(
                    TieRow.c.tie == self.id,
                    TieRow.c.side == "target",
                    TieRow.c.entity.in_(names),
                    TieRow.c.claimed.is_(True),
                    TieRow.c.id.in_(ids),
                )
                known = {row.id for row in sql.execute(query)}
                linked = select(LinkRow.c.target_id).where(
                    LinkRow.c.target_tenant == flow.target.tenant,
                    LinkRow.c.resource == flow.target.resource.name,
                    LinkRow.c.target_id.in_(ids),
                )
                known |= {row.target_id for row in sql.execute(linked)}
            for row in page:
                if row.id in ids and row.id not in known:
                    self._differ(flow, None, row, "foreign", "Tieout neither made nor linked it.")

    def _add(self, flow: Flow, row: Any, part: str) -> None:
        key = (flow.entity.name, row.period, row.currency)
        line = self.lines.setdefault(key, dict.fromkeys(_FIELDS, 0) | dict.fromkeys(_TOTALS, ZERO))
        line[f"{part}_count"] += 1
        line[f"{part}_total"] += Decimal(row.total) if row.total is not None else ZERO

    def _differ(self, flow: Flow, here: Any, there: Any, state: str, why: str) -> None:
        row = here if here is not None else there
        self.differences.append(
            Difference(
                entity=flow.entity.name,
                state=state,
                label=row.label,
                source_id=here.id if here is not None else None,
                target_id=there.id if there is not None else None,
                source_total=_amount(here),
                target_total=_amount(there),
                currency=row.currency,
                why=why,
            )
        )

    def forget(self) -> None:
        """Drop this tie-out's rows."""
        with self.engine.ledger.writing() as sql:
            sql.execute(delete(TieRow).where(TieRow.c.tie == self.id))


def tie_out(engine: Engine, pair_name: str) -> TieOut:
    """Tie both sides of a pair out; nothing is changed on either side."""
    pair = engine.config.pairs[pair_name]
    flows = engine.flows(pair)
    before = engine.calls(flows)
    with engine.leased(flows):
        tie = Tie(engine, flows)
        try:
            tie.read()
            tie.compare()
        finally:
            tie.forget()
    source, target = flows[0].source.connection.tenant, flows[0].target.connection.tenant
    assert source is not None and target is not None  # noqa: S101 - flows exist only between known tenants
    order = {flow.entity.name: place for place, flow in enumerate(flows)}
    keys = sorted(tie.lines, key=lambda key: (order[key[0]], key[1], key[2]))
    return TieOut(
        pair=pair_name,
        at=engine.clock.now(),
        source=source,
        target=target,
        lines=tuple(TieLine(*key, **tie.lines[key]) for key in keys),
        differences=tuple(tie.differences),
        calls=engine.made(flows, before),
    )


def _shown(flow: Flow, record: Record) -> dict[str, Any]:
    dated = getattr(record, "date", None)
    total = getattr(record, "total", None)
    return {
        "label": label(record),
        "mark": joined(record, ("number",)) if flow.entity.follows else None,
        "period": f"{dated:%Y-%m}" if dated is not None else "",
        "currency": getattr(record, "currency", None) or "" if total is not None else "",
        "total": total,
        "standing": record.standing,
    }


def _amount(row: Any) -> Decimal | None:
    return Decimal(row.total) if row is not None and row.total is not None else None


def _unlike(here: Any, there: Any) -> str:
    if _amount(here) != _amount(there):
        return f"The total is {_amount(here)} in the source and {_amount(there)} in the target."
    if here.currency and normal(here.currency) != normal(there.currency):
        return f"The currency is {here.currency} in the source and {there.currency} in the target."
    return ""
