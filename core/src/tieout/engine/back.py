"""Back flows: what the target tells of a record, or Tieout itself, written onto the source's own record.

What is written is the whole state of one record that exists and is named by its id. Writing it again changes nothing,
so that a write whose answer was lost is simply made once more, after a look at the record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import and_, delete, or_, select

from tieout.api.clock import Clock
from tieout.api.codec import digest
from tieout.api.contract import Entity
from tieout.api.errors import OutcomeUnknown, Problem
from tieout.api.model import Mark, Record, Settlement
from tieout.api.work import Batch, Lowering, Receipt, Reject, Step
from tieout.engine.due import held_row
from tieout.engine.flow import End, Flow, dump, tenant_key
from tieout.engine.inbox import Told, source_record, wires
from tieout.ledger import Ledger, chunks
from tieout.ledger.lease import Lease
from tieout.ledger.tables import BackRow, HeldRow, InboxRow, LinkRow
from tieout.rules.report import Counts

MOST = 500
"""Records written in one run at most: systems that take one record a call are not kept busy for hours."""
REFUSALS = 3
"""After so many refusals in a row the rest waits for the next run: they are most likely refused for the same reason."""


@dataclass(frozen=True, slots=True)
class Tale:
    """What is to be told of one source record; `seen` is the digest of what it was made from."""

    source_id: str
    record: Record
    seen: str


@dataclass(slots=True)
class Back:
    """Writes one run's back flows, under the run's leases."""

    ledger: Ledger
    leases: tuple[Lease, ...]
    clock: Clock
    flows: tuple[Flow, ...]
    tell: Told
    stopped: Callable[[], bool]

    def write(self, entity: Entity) -> Counts:
        """Write everything that one entity has to tell. Raises what makes the source unreachable."""
        counts = Counts()
        told: set[str] = set()
        for flow in self._carriers(entity):
            told |= self._flow(entity, flow, counts)
        self._let_go(entity, told)
        return counts

    def _carriers(self, entity: Entity) -> Iterator[Flow]:
        for flow in self.flows:
            told_there = entity.model is Mark or entity.model in flow.target.resource.also_lift
            takes = entity.model in flow.source.resource.also_lower
            if told_there and takes and (not entity.of or flow.entity.name in entity.of):
                yield flow

    def _flow(self, entity: Entity, flow: Flow, counts: Counts) -> set[str]:
        """Write what one flow has to tell; of which records, is returned."""
        told: set[str] = set()
        refused = 0
        end = _towards(flow.source, entity)
        for page in self._pages(entity, flow):
            with self.ledger.reading() as sql:
                now = wires(sql, end.connection, end.resource, [tale.source_id for tale in page])
            here = [tale for tale in page if tale.source_id in now and not now[tale.source_id].gone]
            told |= {tale.source_id for tale in here}
            items = [Lowering(tale.record, now[tale.source_id].wire, tale.source_id) for tale in here]
            for tale, steps in zip(here, end.lower(items), strict=True):
                counts.read += 1
                if isinstance(steps, Reject):
                    counts.held += 1
                    self._refuse(entity, flow, tale, steps.problems)
                    continue
                ready = tuple(step for step in steps if step.body)
                if not ready:
                    counts.unchanged += 1
                    self._stands(entity, flow, tale)
                    continue
                counts.planned += 1
                if refused >= REFUSALS or counts.done >= MOST or self.stopped():
                    counts.waiting += 1
                    continue
                outcome = self._push(entity, flow, end, tale, ready)
                refused = refused + 1 if outcome == "rejected" else 0
                counts.updated += outcome == "done"
                setattr(counts, outcome, getattr(counts, outcome) + 1)
                self.tell("back.written", {"entity": entity.name, "of": flow.entity.name, "outcome": outcome})
        return told

    def _push(self, entity: Entity, flow: Flow, end: End, tale: Tale, steps: Sequence[Step]) -> str:
        for place, step in enumerate(steps):
            one = replace(step, id=tale.source_id, key=str(place))
            batch = Batch(end.resource, "update", (one,), f"tieout-{self.ledger.runtime.entropy.hex(16)}")
            try:
                (receipt,) = end.facade.push(end.connection, batch)
            except OutcomeUnknown:
                return "unknown"
            if receipt.outcome not in ("updated", "unchanged"):
                return self._not_written(entity, flow, tale, receipt)
        self._stands(entity, flow, tale)
        return "done"

    def _not_written(self, entity: Entity, flow: Flow, tale: Tale, receipt: Receipt) -> str:
        if receipt.outcome != "rejected":
            return "waiting"
        self._refuse(entity, flow, tale, receipt.problems)
        return "rejected"

    def _stands(self, entity: Entity, flow: Flow, tale: Tale) -> None:
        held = (HeldRow.c.pair == flow.pair, HeldRow.c.entity == entity.name, HeldRow.c.source_id == tale.source_id)
        with self.ledger.writing(*self.leases) as sql:
            self.ledger.put(sql, BackRow, [self._row(entity, flow, tale, _state(tale.record))])
            sql.execute(delete(HeldRow).where(*held))

    def _refuse(self, entity: Entity, flow: Flow, tale: Tale, problems: Iterable[Problem]) -> None:
        with self.ledger.reading() as sql:
            record = source_record(sql, flow, tale.source_id)
        held = held_row(flow, tale.source_id, "hold", problems, record, self.clock.now())
        with self.ledger.writing(*self.leases) as sql:
            self.ledger.put(sql, HeldRow, [{**held, "entity": entity.name}])

    def _let_go(self, entity: Entity, told: set[str]) -> None:
        """Let go what was refused before and is not to be told any more: the record is gone, or as it was told once."""
        held = (HeldRow.c.pair == self.flows[0].pair, HeldRow.c.entity == entity.name)
        with self.ledger.reading() as sql:
            left = [one for one in sql.execute(select(HeldRow.c.source_id).where(*held)).scalars() if one not in told]
        if left:
            with self.ledger.writing(*self.leases) as sql:
                for part in chunks(left):
                    sql.execute(delete(HeldRow).where(*held, HeldRow.c.source_id.in_(part)))

    def _row(self, entity: Entity, flow: Flow, tale: Tale, state: str) -> dict[str, Any]:
        return {
            "pair": flow.pair,
            "entity": entity.name,
            "of": flow.entity.name,
            "source_id": tale.source_id,
            "seen": tale.seen,
            "state": state,
            "at": self.clock.now(),
        }

    def _pages(self, entity: Entity, flow: Flow) -> Iterator[list[Tale]]:
        if entity.model is Mark:
            for part in chunks(sorted(self._marked(entity, flow)), 200):
                yield self._marks(entity, flow, part)
            return
        last = ""
        while rows := self._moved(entity, flow, last):
            last = rows[-1].source_id
            yield self._told(entity, flow, rows)

    # what the target tells

    def _moved(self, entity: Entity, flow: Flow, last: str) -> list[Any]:
        """The next links whose counterpart has moved since it was last told of."""
        known = and_(*_mine(entity, flow), BackRow.c.source_id == LinkRow.c.source_id)
        there = and_(
            InboxRow.c.tenant == LinkRow.c.target_tenant,
            InboxRow.c.resource == LinkRow.c.resource,
            InboxRow.c.id == LinkRow.c.target_id,
        )
        query = (
            select(LinkRow.c.source_id, LinkRow.c.target_id, InboxRow.c.digest, InboxRow.c.wire)
            .join(InboxRow, there)
            .outerjoin(BackRow, known)
            .where(
                *_linked(flow),
                LinkRow.c.source_id > last,
                InboxRow.c.gone.is_(False),
                or_(BackRow.c.seen.is_(None), BackRow.c.seen != InboxRow.c.digest),
            )
            .order_by(LinkRow.c.source_id)
            .limit(200)
        )
        with self.ledger.reading() as sql:
            return list(sql.execute(query))

    def _told(self, entity: Entity, flow: Flow, rows: Sequence[Any]) -> list[Tale]:
        lifted = _towards(flow.target, entity).lift([row.wire for row in rows])
        tales = {
            row.source_id: Tale(row.source_id, record, row.digest)
            for row, record in zip(rows, lifted, strict=True)
            if isinstance(record, Record)
        }
        ours = self._ours(flow, [tale.record for tale in tales.values()])
        return [replace(tale, record=_without(tale.record, ours)) for tale in tales.values()]

    def _ours(self, flow: Flow, records: Iterable[Record]) -> set[str]:
        """Payments that the source knows itself: those that came from it."""
        ids = [paid.reference for one in records if isinstance(one, Settlement) for paid in one.payments]
        found: set[str] = set()
        with self.ledger.reading() as sql:
            for part in chunks(ids):
                query = select(LinkRow.c.target_id).where(
                    LinkRow.c.source_tenant == flow.source.tenant,
                    LinkRow.c.target_tenant == flow.target.tenant,
                    LinkRow.c.target_id.in_(part),
                )
                found |= set(sql.execute(query).scalars())
        return found

    # what Tieout itself tells

    def _marked(self, entity: Entity, flow: Flow) -> set[str]:
        """The source records whose mark may have changed: linked or held anew, or held no longer."""
        known = and_(*_mine(entity, flow), BackRow.c.source_id == LinkRow.c.source_id)
        anew = or_(BackRow.c.at.is_(None), LinkRow.c.at > BackRow.c.at)
        linked = select(LinkRow.c.source_id).outerjoin(BackRow, known).where(*_linked(flow), anew)
        holds = (HeldRow.c.pair == flow.pair, HeldRow.c.entity == flow.entity.name)
        held = select(HeldRow.c.source_id).where(*holds, HeldRow.c.kind == "hold")
        freed = select(BackRow.c.source_id).where(
            *_mine(entity, flow),
            BackRow.c.state == "held",
            BackRow.c.source_id.not_in(select(HeldRow.c.source_id).where(*holds, HeldRow.c.kind == "hold")),
        )
        with self.ledger.reading() as sql:
            return {one for query in (linked, held, freed) for one in sql.execute(query).scalars()}

    def _marks(self, entity: Entity, flow: Flow, ids: Sequence[str]) -> list[Tale]:
        holds = (HeldRow.c.pair == flow.pair, HeldRow.c.entity == flow.entity.name, HeldRow.c.source_id.in_(ids))
        mine = (*_mine(entity, flow), BackRow.c.source_id.in_(ids))
        with self.ledger.reading() as sql:
            held = {row.source_id: row for row in sql.execute(select(HeldRow).where(*holds, HeldRow.c.kind != "note"))}
            seen = {row.source_id: row.seen for row in sql.execute(select(BackRow).where(*mine))}
            links = {
                row.source_id: row
                for row in sql.execute(select(LinkRow).where(*_linked(flow), LinkRow.c.source_id.in_(ids)))
            }
        tales = []
        for one in ids:
            if one in held or one in links:
                mark = _mark(flow, held.get(one), links.get(one))
                tale = Tale(one, mark, digest(dump(mark)))
                tales += [tale] if seen.get(one) != tale.seen else []
        return tales


def _mark(flow: Flow, held: Any, link: Any) -> Mark:
    told: dict[str, Any] = {"direction": f"{flow.source.connector.title} to {flow.target.connector.title}"}
    if link is not None:
        told |= {"at": link.at, "target_id": link.target_id, "billed": (link.sent or {}).get("bill_to")}
        if flow.target.binding.page:
            told["url"] = flow.target.binding.page(link.target_id, flow.target.terms)
    if held is not None:
        reason = " ".join(_sentence(stored) for stored in held.problems)
        return Mark(status="skipped" if held.kind == "skip" else "held", reason=reason, **told)
    if link.wrong:
        return Mark(status="failed", reason=" ".join(_sentence(stored) for stored in link.wrong), **told)
    return Mark(status="synced", **told)


def _sentence(stored: Mapping[str, str]) -> str:
    return " ".join(part for part in (stored["what"], stored["why"], stored["fix"]) if part)


def _state(record: Record) -> str:
    return getattr(record, "status", "") or getattr(record, "state", "")


def _towards(end: End, entity: Entity) -> End:
    """The same end, turning its wires into and from what the entity tells."""
    lift, lower = end.resource.also_lift.get(entity.model), end.resource.also_lower.get(entity.model)
    if lift is None:
        return replace(end, binding=replace(end.binding, lower=lower, constants={}))
    return replace(end, binding=replace(end.binding, lift=lift))


def _without(record: Record, ours: set[str]) -> Record:
    if not isinstance(record, Settlement):
        return record
    return record.model_copy(update={"payments": tuple(one for one in record.payments if one.reference not in ours)})


def _mine(entity: Entity, flow: Flow) -> tuple[Any, ...]:
    return (BackRow.c.pair == flow.pair, BackRow.c.entity == entity.name, BackRow.c.of == flow.entity.name)


def _linked(flow: Flow) -> tuple[Any, ...]:
    return (
        LinkRow.c.entity == flow.entity.name,
        LinkRow.c.source_tenant == tenant_key(flow.source.connection),
        LinkRow.c.target_tenant == tenant_key(flow.target.connection),
        LinkRow.c.is_primary.is_(True),
    )
