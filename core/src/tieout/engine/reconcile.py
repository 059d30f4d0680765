"""The tie-out: both sides read afresh and compared, record by record and to the cent.

It reads both sides whole and believes them alone. What the ledger remembers only explains: a link joins what has no
number in common, a hold or a skip tells why a record is not there. variance = source in scope - held - skipped -
target; what Tieout neither made nor linked in the target is listed apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from operator import attrgetter
from typing import Any

from sqlalchemy import select

from tieout.api.contract import Entity
from tieout.api.errors import Problem, Refused
from tieout.api.model import Organisation, Payment, Record, Ref, Side
from tieout.api.work import Reject
from tieout.engine import Engine
from tieout.engine.due import told
from tieout.engine.flow import End, Flow
from tieout.ledger import chunks
from tieout.ledger.tables import HeldRow, LinkRow
from tieout.ledger.worksheet import Worksheet
from tieout.rules.match import external, joined, label
from tieout.rules.plan import BEFORE, OUT_OF_USE, in_scope
from tieout.rules.proof import EVER, Months, TieOut, TieRecord, TieState
from tieout.rules.tie import Known, Seen, Sums, alone_here, alone_there, currency, joint, pairs

Trace = Callable[[TieRecord], None]
"""Is given every record of a tie-out, matched or not, entity by entity and month by month."""


def tie_out(engine: Engine, pair_name: str, months: Months = EVER, trace: Trace | None = None) -> TieOut:
    """Tie both sides of a pair out; nothing is changed on either side.

    With `months` only dated records of those months are compared. Raises `Refused` when none of the apps has dates.
    """
    pair = engine.config.pairs[pair_name]
    every = engine.flows(pair)
    flows = tuple(flow for flow in every if flow.entity.direction == "forward" and (months.whole or _dated(flow)))
    if not flows:
        raise Refused(
            "nothing that is switched on has a date", fix="Leave the month out, or switch an app with documents on."
        )
    before = engine.calls(every)
    with engine.leased(every):
        worksheet = Worksheet(engine.ledger, engine.ledger.runtime.entropy.hex(16))
        tie = _Tie(engine, flows, worksheet, Sums(months), trace or (lambda record: None))
        try:
            tie.read()
            tie.join()
            tie.judge()
        finally:
            tie.sheet.forget()
    source, target = flows[0].source, flows[0].target
    here, there = source.connection.tenant, target.connection.tenant
    assert here is not None and there is not None  # noqa: S101 - flows exist only between known tenants
    order = {flow.entity.name: place for place, flow in enumerate(flows)}
    return TieOut(
        pair=pair_name,
        at=engine.clock.now(),
        by=engine.who,
        source=here,
        target=there,
        source_title=source.connector.title,
        target_title=target.connector.title,
        base=_base(flows[0]),
        since=flows[0].since,
        months=months,
        titles={flow.entity.name: flow.entity.title for flow in flows},
        lines=tuple(tie.sums.lines[key] for key in sorted(tie.sums.lines, key=lambda key: (order[key[0]], *key[1:]))),
        counts=tie.sums.states,
        differences=tuple(tie.differences),
        calls=engine.made(every, before),
    )


@dataclass(slots=True)
class _Tie:
    """One tie-out at work."""

    engine: Engine
    flows: tuple[Flow, ...]
    sheet: Worksheet
    sums: Sums
    trace: Trace
    differences: list[TieRecord] = field(default_factory=list)

    # read

    def read(self) -> None:
        """Read every resource of both sides whole."""
        sides: tuple[tuple[Side, Callable[[Flow], End]], ...] = (
            ("source", attrgetter("source")),
            ("target", attrgetter("target")),
        )
        for side, end_of in sides:
            resources: dict[str, list[Flow]] = {}
            for flow in self.flows:
                resources.setdefault(end_of(flow).resource.name, []).append(flow)
            for sharing in resources.values():
                if not end_of(sharing[0]).resource.inside:
                    self._pass(side, sharing, end_of)

    def _pass(self, side: Side, sharing: list[Flow], end_of: Callable[[Flow], End]) -> None:
        end = end_of(sharing[0])
        inner = [flow for flow in self.flows if end.resource.name in end_of(flow).resource.inside]
        cursor, total = None, 0
        while True:
            page = end.facade.fetch(end.connection, end.resource, cursor)
            for flow in sharing:
                self._take(side, flow, end_of(flow), page.wires)
            for flow in inner:
                pick = end_of(flow).resource.inside[end.resource.name]
                elements = [one for wire in page.wires for one in pick(wire, end.connection.settings)]
                self._take(side, flow, end_of(flow), elements)
            total += len(page.wires)
            data = {"connection": end.connection.name, "resource": end.resource.name, "records": total}
            self.engine.tell("tie.read", data)
            if page.next is None:
                return
            cursor = page.next

    def _take(self, side: Side, flow: Flow, end: End, wires: Sequence[Any]) -> None:
        found: dict[str, Record | Reject] = {}
        for wire, lifted in zip(wires, end.lift(wires), strict=True):
            if lifted is not None:
                found[end.resource.identify(wire)] = lifted
        currencies = self._currencies(side, found.values())
        self.sheet.put(
            flow.entity.name, side, [_seen(side, flow, one, record, currencies) for one, record in found.items()]
        )

    def _currencies(self, side: Side, records: Iterable[Record | Reject]) -> Mapping[Any, str]:
        """The currencies of the documents that payments belong to: a payment does not state its own."""
        wanted: dict[str, list[str]] = {}
        for record in records:
            if isinstance(record, Payment) and record.document is not None:
                wanted.setdefault(record.document.entity, []).append(record.document.id)
        return {
            (entity, one): seen[0].currency
            for entity, ids in wanted.items()
            for one, seen in self.sheet.by(entity, side, "id", ids).items()
        }

    # join

    def join(self) -> None:
        """Find out which records belong together: by number first, then by link or external number."""
        for flow in self.flows:
            entity = flow.entity.name
            for marks in self.sheet.marks(entity):
                here = self.sheet.by(entity, "source", "mark", marks)
                there = self.sheet.by(entity, "target", "mark", marks)
                ids = [seen.id for group in here.values() for seen in group]
                links, known = self._links(flow, ids), self._known(flow, ids)
                sent_as = self.sheet.by(entity, "target", "id", links.values())
                found: dict[str, str] = {}
                for mark, group in here.items():
                    parked = {seen.id for seen in group if seen.problem is not None or seen.id in known}
                    for seen in group:
                        if any(one.stands and one.mark != mark for one in sent_as.get(links.get(seen.id, ""), [])):
                            parked.add(seen.id)  # sent under another number, because its own was taken there
                    found |= pairs(group, there.get(mark, []), links, parked)
                self.sheet.join(entity, found)
            for page in self.sheet.pages(entity, "source"):
                self._join_by_link(flow, [seen for seen in page if seen.other is None])

    def _join_by_link(self, flow: Flow, left: list[Seen]) -> None:
        entity = flow.entity.name
        links = self._links(flow, [seen.id for seen in left])
        by_id = self.sheet.by(entity, "target", "id", links.values())
        by_external = self.sheet.by(entity, "target", "external", [seen.external for seen in left])
        found: dict[str, str] = {}
        for seen in left:
            candidates = [*by_id.get(links.get(seen.id, ""), []), *by_external.get(seen.external or "", [])]
            free = [there for there in candidates if there.other is None and there.id not in found.values()]
            if free:
                found[seen.id] = max(free, key=lambda there: there.stands).id
        self.sheet.join(entity, found)

    def _links(self, flow: Flow, ids: Sequence[str]) -> dict[str, str]:
        mine = (
            LinkRow.c.entity == flow.entity.name,
            LinkRow.c.source_tenant == flow.source.tenant,
            LinkRow.c.target_tenant == flow.target.tenant,
        )
        found: dict[str, str] = {}
        with self.engine.ledger.reading() as sql:
            for part in chunks(ids):
                query = select(LinkRow.c.source_id, LinkRow.c.target_id).where(*mine, LinkRow.c.source_id.in_(part))
                found |= {row.source_id: row.target_id for row in sql.execute(query)}
        return found

    def _known(self, flow: Flow, ids: Sequence[str]) -> dict[str, Known]:
        mine = (HeldRow.c.pair == flow.pair, HeldRow.c.entity == flow.entity.name)
        states = {"hold": "held", "skip": "skipped"}
        found: dict[str, Known] = {}
        with self.engine.ledger.reading() as sql:
            for part in chunks(ids):
                query = select(HeldRow).where(*mine, HeldRow.c.source_id.in_(part), HeldRow.c.kind.in_(states))
                for row in sql.execute(query):
                    state: Any = states[row.kind]
                    found[row.source_id] = Known(state, Problem(**row.problems[0]))
        return found

    # judge

    def judge(self) -> None:
        """Give every record of both sides its one state."""
        for flow in self.flows:
            for page in self.sheet.pages(flow.entity.name, "source"):
                self._sources(flow, page)
            for page in self.sheet.pages(flow.entity.name, "target"):
                self._targets(flow, [seen for seen in page if seen.other is None])

    def _sources(self, flow: Flow, page: list[Seen]) -> None:
        ids = [seen.id for seen in page]
        links, known = self._links(flow, ids), self._known(flow, ids)
        others = self.sheet.by(flow.entity.name, "target", "id", [seen.other for seen in page])
        for here in page:
            if here.other is None:
                self._tell(flow, here, None, *alone_here(here, known.get(here.id), linked=here.id in links))
            else:
                there = others[here.other][0].like(here)
                self._tell(flow, here.like(there), there, *joint(here.like(there), there, known.get(here.id)))

    def _targets(self, flow: Flow, page: list[Seen]) -> None:
        """What stands in the target alone; flows that share a list tell each of its records once."""
        sharing = [other.entity.name for other in self.flows if other.target.shape == flow.target.shape]
        told_elsewhere = self.sheet.joined(sharing, [seen.id for seen in page])
        page = [seen for seen in page if seen.id not in told_elsewhere]
        owners = self._owners(flow, page)
        keys = self.sheet.by(flow.entity.name, "target", "key", [seen.key for seen in page])
        origins = self.sheet.by(flow.entity.name, "source", "id", [one for _, one in owners.values()])
        for there in page:
            entity, source_id = owners.get(there.id, (None, ""))
            if flow.entity.name != (entity if entity in sharing else sharing[0]):
                continue
            twins = [*keys.get(there.key or "", []), *origins.get(source_id, [])]
            doubled = any(twin.other not in (None, there.id) for twin in twins)
            self._tell(flow, None, there, *alone_there(there, doubled=doubled, ours=entity in sharing))

    def _owners(self, flow: Flow, page: list[Seen]) -> dict[str, tuple[str, str]]:
        """For which records of the source Tieout made or linked these: entity and source id, where it is known."""
        found: dict[str, tuple[str, str]] = {}
        for other in self.flows:
            begins = external(_firm(flow), other.entity, "")
            found |= {seen.id: (other.entity.name, "") for seen in page if (seen.external or "").startswith(begins)}
        mine = (
            LinkRow.c.source_tenant == flow.source.tenant,
            LinkRow.c.target_tenant == flow.target.tenant,
            LinkRow.c.resource == flow.target.resource.name,
        )
        with self.engine.ledger.reading() as sql:
            for part in chunks([seen.id for seen in page]):
                query = select(LinkRow.c.target_id, LinkRow.c.entity, LinkRow.c.source_id)
                for row in sql.execute(query.where(*mine, LinkRow.c.target_id.in_(part))):
                    found[row.target_id] = (row.entity, row.source_id)
        return found

    def _tell(self, flow: Flow, here: Seen | None, there: Seen | None, state: TieState, why: Problem | None) -> None:
        if not any(seen.period in self.sums.months for seen in (here, there) if seen is not None):
            return
        self.sums.add(flow.entity.name, state, here, there)
        shown = here or there
        assert shown is not None  # noqa: S101 - a record of one side at least
        record = TieRecord(
            entity=flow.entity.name,
            state=state,
            label=shown.label,
            period=shown.period,
            currency=shown.currency,
            source_id=here.id if here else None,
            target_id=there.id if there else None,
            source_total=here.total if here else None,
            target_total=there.total if there else None,
            problem=Problem(**told(why, flow)) if why else None,
        )
        self.trace(record)
        if state != "matched":
            self.differences.append(record)


def _firm(flow: Flow) -> str:
    """The source's tenant, which begins every external number."""
    tenant = flow.source.connection.tenant
    return tenant.id if tenant is not None else ""


def _dated(flow: Flow) -> bool:
    return "date" in flow.entity.model.model_fields


def _base(flow: Flow) -> str:
    rows = flow.target.terms.rows("organisation")
    return next((row.currency for row in rows if isinstance(row, Organisation)), "")


def _seen(side: Side, flow: Flow, one: str, lifted: Record | Reject, currencies: Mapping[Any, str]) -> Seen:
    if isinstance(lifted, Reject):
        return Seen(id=one, label=one, problem=lifted.problems[0])
    entity = flow.entity
    here = side == "source"
    record = entity.prepare(lifted, flow.settings) if here else lifted
    dated = getattr(record, "date", None)
    total = _total(record)
    return Seen(
        id=one,
        label=label(record),
        mark=None if entity.repeats else joined(record, _plain(record, entity)),
        external=external(_firm(flow), entity, one) if here else record.external,
        key=None if entity.repeats or record.standing in ("void", "archived") else joined(record, entity.key),
        period=f"{dated:%Y-%m}" if dated is not None else "",
        currency=_currency(flow, record, currencies) if total is not None else "",
        total=total,
        standing=record.standing,
        problem=_left_out(flow, record) if here else None,
    )


def _plain(record: Record, entity: Entity) -> tuple[str, ...]:
    """The key's fields that both sides write alike: a reference has another id on either side."""
    return tuple(name for name in entity.key if not (name in entity.follows or isinstance(getattr(record, name), Ref)))


def _total(record: Record) -> Decimal | None:
    return record.amount if isinstance(record, Payment) else getattr(record, "total", None)


def _currency(flow: Flow, record: Record, currencies: Mapping[Any, str]) -> str:
    if isinstance(record, Payment):
        return currencies.get((record.document.entity, record.document.id), "") if record.document else ""
    return currency(getattr(record, "currency", None), _base(flow))


def _left_out(flow: Flow, record: Record) -> Problem | None:
    """Why a record that was never sent is out of scope, found out from the record itself."""
    if not in_scope(getattr(record, "date", None), flow.since, flow.backfilled):
        return Problem(cause=BEFORE, what=f"It is dated before the start date {flow.since.isoformat()}.")
    reason = flow.entity.skip(record, flow.settings) if record.standing != "void" else None
    return Problem(cause=OUT_OF_USE, what=reason) if reason else None
