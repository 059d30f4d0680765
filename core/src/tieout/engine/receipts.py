"""Receipts: what came back from a batch is checked to the cent, and becomes links, holds and states."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, update

from tieout.api.clock import Clock
from tieout.api.contract import Wire, first
from tieout.api.errors import Problem
from tieout.api.model import Record
from tieout.api.work import Key, Outcome, Receipt
from tieout.engine.due import reasons, told
from tieout.engine.flow import Flow, load
from tieout.engine.inbox import inbox_row, index, wires
from tieout.engine.refusal import refusal
from tieout.ledger import Ledger
from tieout.ledger.lease import Lease
from tieout.ledger.runs import BatchRow, ChangeRow, ReceiptRow
from tieout.ledger.tables import DueRow, HeldRow, InboxRow, LinkRow
from tieout.ledger.versions import keep
from tieout.rules.match import joined, normal
from tieout.rules.references import differing

if TYPE_CHECKING:
    from tieout.engine.outbox import Sending


@dataclass(slots=True)
class Receipts:
    """Writes the outcome of batches into the ledger, under the run's leases."""

    ledger: Ledger
    leases: tuple[Lease, ...]
    clock: Clock
    run: int
    flows: tuple[Flow, ...]

    def _flow(self, entity: str) -> Flow:
        return next(flow for flow in self.flows if flow.entity.name == entity)

    def write(self, sending: Sending, receipts: Sequence[Receipt], *, answered: bool) -> None:
        """Store these answers of one batch in one transaction; `answered` closes the batch."""
        now = self.clock.now()
        came: list[Wire] = []
        with self.ledger.writing(*self.leases) as sql:
            for receipt in receipts:
                change = sending.changes[receipt.key]
                if receipt.outcome in ("created", "updated", "unchanged"):
                    self._done(sql, change, receipt, _step(sending, receipt.key))
                    came += [receipt.wire] if receipt.wire is not None else []
                elif receipt.outcome == "stale":
                    self._state(sql, change, "stale", receipt.problems)
                else:
                    self._rejected(sql, change, receipt.problems)
            rows = [
                {
                    "batch": sending.id,
                    "key": receipt.key,
                    "outcome": receipt.outcome,
                    "target_id": receipt.id,
                    "problems": [asdict(problem) for problem in receipt.problems],
                    "at": now,
                }
                for receipt in receipts
            ]
            self.ledger.put(sql, ReceiptRow, rows)
            self._seen(sql, sending, came, now)
            if answered:
                whole = len(receipts) == len(sending.steps)
                self._close(sql, sending, "answered" if whole else "partly")

    def _seen(self, sql: Any, sending: Sending, came: list[Wire], now: datetime) -> None:
        """What came back counts as read, so that our own writes do not come back as changes."""
        end = sending.end
        rows = {row["id"]: row for row in (inbox_row(end.tenant, end.resource, wire, self.run) for wire in came)}
        self.ledger.put(sql, InboxRow, rows.values())
        keep(self.ledger, sql, rows.values(), now)
        sharing = [flow for flow in self.flows if flow.target.resource.name == end.resource.name]
        index(self.ledger, sql, sharing, {one: row["wire"] for one, row in rows.items()})

    def _close(self, sql: Any, sending: Sending, state: str) -> None:
        sql.execute(update(BatchRow).where(BatchRow.c.id == sending.id).values(state=state))

    def refuse(self, sending: Sending) -> None:
        """A batch that was refused as a whole: none of it happened."""
        with self.ledger.writing(*self.leases) as sql:
            self._close(sql, sending, "refused")

    def stop(self, change: Any, state: str, problem: Problem) -> None:
        """A change that is not sent now; its record stays due."""
        with self.ledger.writing(*self.leases) as sql:
            self._state(sql, change, state, (problem,))

    def _state(self, sql: Any, change: Any, state: str, problems: Iterable[Problem] = ()) -> None:
        mine = (ChangeRow.c.plan == change.plan, ChangeRow.c.seq == change.seq)
        told = [asdict(problem) for problem in problems] or None
        sql.execute(update(ChangeRow).where(*mine).values(state=state, problems=told))

    def _rejected(self, sql: Any, change: Any, problems: Sequence[Problem]) -> None:
        self._state(sql, change, "rejected", problems)
        flow = self._flow(change.entity)
        tried = (ChangeRow.c.entity == change.entity, ChangeRow.c.source_id == change.source_id)
        query = select(func.count()).where(*tried, ChangeRow.c.state == "rejected")
        row = {
            "pair": flow.pair,
            "entity": change.entity,
            "source_id": change.source_id,
            "kind": "hold",
            **reasons([told(problem, flow) for problem in problems], change.label, change.currency),
            "label": change.label,
            "amount": change.amount,
            "currency": change.currency,
            "since": self.clock.now(),
            "tries": sql.execute(query).scalar(),
            "refused": refusal(sql, flow, change.steps, change.expected),
        }
        self.ledger.put(sql, HeldRow, [row])
        self._no_longer_due(sql, change)

    def _no_longer_due(self, sql: Any, change: Any) -> None:
        pair = self._flow(change.entity).pair
        mine = (DueRow.c.pair == pair, DueRow.c.entity == change.entity, DueRow.c.id == change.source_id)
        sql.execute(delete(DueRow).where(*mine))

    def _done(self, sql: Any, change: Any, receipt: Receipt, body: Wire) -> None:
        if change.step + 1 < len(change.steps):
            mine = (ChangeRow.c.plan == change.plan, ChangeRow.c.seq == change.seq)
            sql.execute(update(ChangeRow).where(*mine).values(step=change.step + 1))
            return
        flow = self._flow(change.entity)
        wire = receipt.wire
        problems = self._check(flow, change, receipt, body)
        if receipt.id is not None:
            self._link(sql, change, receipt.id, wire, problems)
        self._state(sql, change, "wrong" if problems else "done", problems)
        self._no_longer_due(sql, change)

    def _link(self, sql: Any, change: Any, target_id: str, wire: Wire | None, problems: Sequence[Problem] = ()) -> None:
        flow = self._flow(change.entity)
        row = {
            "entity": change.entity,
            "source_tenant": flow.source.tenant,
            "source_id": change.source_id,
            "target_tenant": flow.target.tenant,
            "resource": flow.target.resource.name,
            "target_id": target_id,
            "target_key": change.target_key,
            "origin": change.origin,
            "is_primary": change.origin != "shared",
            "sent": change.record,
            "came": wire,
            "version": first(wire, flow.target.resource.version) if wire is not None else None,
            "wrong": [asdict(problem) for problem in problems] or None,
            "at": self.clock.now(),
        }
        self.ledger.put(sql, LinkRow, [row])

    def _check(self, flow: Flow, change: Any, receipt: Receipt, body: Wire) -> list[Problem]:
        """Compare the control fields of what came back with what was planned, to the cent."""
        problems = [_dropped(change, text) for text in receipt.dropped]
        if change.op == "void" or receipt.wire is None:
            return problems
        came, planned = flow.target.lift([receipt.wire, body])
        source = load(flow.entity, change.record)
        if not isinstance(came, Record):
            return [*problems, _wrong(change, "kind", "", "another kind of record")]
        for place, name in enumerate(flow.entity.ties):
            there, here = getattr(came, name), getattr(planned, name, None)
            stated = getattr(source, name, None)
            if place == 0 and isinstance(stated, Decimal):
                here = stated  # the figure that people see in the source, not what we made of it
            if here is not None and normal(here) != normal(there):
                problems.append(_wrong(change, name, here, there))
        return problems

    def adopt(self, plan: int, group: Sequence[Flow]) -> None:
        """Carry out the plan's links: no call is made, and nothing in the target is rewritten."""
        names = [flow.entity.name for flow in group]
        with self.ledger.reading() as sql:
            query = select(ChangeRow).where(
                ChangeRow.c.plan == plan,
                ChangeRow.c.op == "link",
                ChangeRow.c.state == "planned",
                ChangeRow.c.entity.in_(names),
            )
            changes = list(sql.execute(query))
        for change in changes:
            self._adopt(self._flow(change.entity), change)

    def _adopt(self, flow: Flow, change: Any) -> None:
        with self.ledger.writing(*self.leases) as sql:
            target_id = change.target_id
            for entity, one in change.needs or []:
                shared = sql.execute(
                    select(LinkRow).where(
                        LinkRow.c.entity == entity,
                        LinkRow.c.source_tenant == flow.source.tenant,
                        LinkRow.c.target_tenant == flow.target.tenant,
                        LinkRow.c.source_id == one,
                    )
                ).first()
                target_id = shared.target_id if shared else None
            found = wires(sql, flow.target.connection, flow.target.resource, [target_id] if target_id else [])
            if target_id is None or target_id not in found:
                return
            self._link(sql, change, target_id, found[target_id].wire)
            self._state(sql, change, "done")
            self._no_longer_due(sql, change)

    def look_up(self, sending: Sending) -> list[Receipt]:
        """Ask the target what became of a batch; the receipts of those steps that are not certainly missing.

        A step happened when one record there is what it would have made. Where something else bears its key by now
        (somebody has changed or voided what arrived late), it is stale: never sent again, and planned anew.
        """
        end = sending.end
        if end.resource.settle:
            self.clock.wait(end.resource.settle)
        asked = {step.key: self._keys(sending, step.key) for step in sending.steps}
        keys = sorted({key for some in asked.values() for key in some}, key=lambda key: (key.field, key.value))
        answers = end.facade.find(end.connection, end.resource, keys) if keys else {}
        found = []
        for step in sending.steps:
            candidates = {end.resource.identify(wire): wire for key in asked[step.key] for wire in answers.get(key, ())}
            same = [
                (one, wire) for one, wire in candidates.items() if self._happened(sending, step.key, step.body, wire)
            ]
            if len(same) == 1:
                one, wire = same[0]
                outcome: Outcome = "created" if sending.op == "create" else "updated"
                version = first(wire, end.resource.version)
                found.append(Receipt(key=step.key, outcome=outcome, id=one, version=version, wire=wire))
            elif sending.op == "create" and any(
                self._bears(sending, step.key, step.body, wire) for wire in candidates.values()
            ):
                found.append(Receipt(key=step.key, outcome="stale", problems=(_APPEARED,)))
        return found

    def _keys(self, sending: Sending, key: str) -> list[Key]:
        step = next(step for step in sending.steps if step.key == key)
        if step.id:
            return [Key("id", step.id)]
        flow = self._flow(sending.changes[key].entity)
        record = flow.target.lift([step.body])[0]
        names = [name for name in ("external", *flow.entity.key) if name in sending.end.resource.find]
        return [Key(name, str(value)) for name in names if (value := getattr(record, name, None)) not in (None, "")]

    def _happened(self, sending: Sending, key: str, body: Wire, wire: Wire) -> bool:
        change = sending.changes[key]
        flow = self._flow(change.entity)
        there, planned = flow.target.lift([wire, body])
        if not isinstance(there, Record):
            return False
        if change.op == "void":
            return there.standing == "void"
        if not isinstance(planned, Record):
            return False
        if sending.op == "update":
            return not differing(planned, there, flow.entity.target_owns)
        if there.standing == "void":
            return False
        if planned.external is not None and there.external is not None:
            return planned.external == there.external
        names = (*flow.entity.key, *flow.entity.agrees)
        return all(normal(getattr(there, name)) == normal(getattr(planned, name)) for name in names)

    def _bears(self, sending: Sending, key: str, body: Wire, wire: Wire) -> bool:
        """Whether a record of the target bears the key of what was to be created, whatever else it is."""
        flow = self._flow(sending.changes[key].entity)
        if flow.entity.repeats:
            return False
        there, planned = flow.target.lift([wire, body])
        if not isinstance(there, Record) or not isinstance(planned, Record):
            return False
        mark = joined(planned, flow.entity.key)
        return mark is not None and joined(there, flow.entity.key) == mark


def _step(sending: Sending, key: str) -> Wire:
    return next(step.body for step in sending.steps if step.key == key)


_APPEARED = Problem(
    cause="appeared",
    what="A record with the same number or name appeared in the target while the outcome was not known.",
    why="It may be the very one that was sent, changed by somebody since.",
    fix="It is planned anew in the next run, which links the two or asks.",
)


def _dropped(change: Any, said: str) -> Problem:
    return Problem(
        cause="dropped",
        what=f"{change.label} was saved, but something of it was left out.",
        why="The target took the record and dropped what it did not accept.",
        fix="Correct the record in the target, or the mapping, and sync again.",
        said=said,
    )


def _wrong(change: Any, name: str, here: Any, there: Any) -> Problem:
    return Problem(
        cause="differs",
        about=name,
        what=f"{change.label} has the {name} {there} in the target and {here} here.",
        why="What came back is not what was planned.",
        fix="Compare the two records; reconcile names it until they agree.",
    )
