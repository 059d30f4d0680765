"""The outbox: a plan's changes in batches that are stored before they are sent, several in flight within the limits.

What is unknown after a time-out or a crash is looked up before anything is sent again. A stored batch is repeated with
its own idempotency key while the target still remembers that key; only later does a new batch with a new key follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any

from sqlalchemy import func, select

from tieout.api.clock import Clock
from tieout.api.codec import digest, dumps
from tieout.api.errors import OutcomeUnknown, Problem, Rejected, Throttled, Unavailable
from tieout.api.runtime import STORED
from tieout.api.threads import Pool, Task
from tieout.api.work import Batch, Op, Receipt, Step
from tieout.engine.flow import End, Flow, levels
from tieout.engine.inbox import Told, digests
from tieout.engine.receipts import Receipts
from tieout.ledger import Ledger, chunks
from tieout.ledger.lease import Lease
from tieout.ledger.runs import BatchRow, ChangeRow
from tieout.ledger.tables import LinkRow
from tieout.rules.references import fill

IN_FLIGHT = 4
TRIES = 4


@dataclass(slots=True)
class Sending:
    """A stored batch on its way, with the change behind each of its steps; `unheard`: a call of it may be under way."""

    id: str
    end: End
    op: Op
    steps: tuple[Step, ...]
    changes: dict[str, Any]
    key: str
    sent_at: Any = None
    tries: int = 0
    unheard: bool = False

    def batch(self) -> Batch:
        """What the plugin is given."""
        return Batch(self.end.resource, self.op, self.steps, self.key)


@dataclass(slots=True)
class Outbox:
    """Applies one stored plan, and nothing else."""

    ledger: Ledger
    leases: tuple[Lease, ...]
    clock: Clock
    plan: int
    run: int
    flows: tuple[Flow, ...]
    tell: Told
    stopped: Callable[[], bool]
    receipts: Receipts
    done: int = 0
    total: int = 0
    _waiting: list[Sending] = field(default_factory=list)

    def apply(self) -> None:
        """Send everything that is planned, group by group in the entities' order.

        Raises `Throttled` (a day's limit), `ReauthNeeded`, `Unavailable` or `OutcomeUnknown` when it cannot go on; all
        that was answered until then is kept, and the rest stays planned.
        """
        self.total = self._count()
        for group in levels(self.flows):
            resources: dict[str, list[Flow]] = {}
            for flow in group:
                resources.setdefault(flow.target.resource.name, []).append(flow)
            for sharing in resources.values():
                step = 0
                while self._send_all(sharing, step):
                    step += 1
            # a link may be to what this very group has just created
            self.receipts.adopt(self.plan, group)

    def settle(self, sending: Sending) -> None:
        """Bring a batch of a dead run to an end: found, repeated under its own key, or free to be planned anew."""
        try:
            self._recover(sending, OutcomeUnknown("the run that sent it has ended"))
            while self._waiting:
                again = self._waiting.pop()
                self._hear(again, partial(self._push, again))
        except OutcomeUnknown:
            if (self.clock.now() - sending.sent_at).total_seconds() < sending.end.resource.key_seconds:
                raise
            # asked after its key has ended, the target does not have it: what is missing is planned anew
            self.receipts.refuse(sending)

    def _count(self) -> int:
        with self.ledger.reading() as sql:
            planned = (ChangeRow.c.plan == self.plan, ChangeRow.c.state == "planned")
            return sql.execute(select(func.count()).where(*planned)).scalar() or 0

    def _send_all(self, sharing: list[Flow], step: int) -> bool:
        """Send this step of all changes of one resource; whether there was any."""
        some = False
        limit = min(IN_FLIGHT, sharing[0].target.connector.limits.concurrent)
        with self.ledger.runtime.threads.pool(limit) as pool:
            flying: dict[Task[list[Receipt]], Sending] = {}
            try:
                for sending in self._sendings(sharing, step):
                    some = True
                    self._waiting.append(sending)
                    while self._waiting and not self.stopped():
                        if len(flying) < limit:
                            ready = self._waiting.pop()
                            flying[pool.submit(partial(self._push, ready))] = ready
                        else:
                            self._land(pool, flying)
                    if self.stopped():
                        break
                while flying:
                    self._land(pool, flying)
                    while self._waiting and not self.stopped():
                        ready = self._waiting.pop()
                        flying[pool.submit(partial(self._push, ready))] = ready
            finally:
                # an answer that came is never thrown away, whatever stopped the rest
                for task, sending in flying.items():
                    if task.error() is None:
                        self._answered(sending, task.result())
        return some and not self.stopped()

    def _sendings(self, sharing: list[Flow], step: int) -> Iterator[Sending]:
        end = sharing[0].target
        open_steps: dict[Op, list[tuple[Step, Any]]] = {}
        sizes: dict[Op, int] = {}
        for change in self._changes(sharing, step):
            stored = change.steps[step]
            ready = Step(op=stored["op"], body=stored["body"], id=stored["id"], key=f"{change.seq}.{step}")
            size = len(dumps(ready.body))
            waiting = open_steps.setdefault(ready.op, [])
            full = len(waiting) >= end.resource.batch or sizes.get(ready.op, 0) + size > end.resource.bytes
            if waiting and full:
                yield self._store(end, ready.op, waiting)
                waiting.clear()
                sizes[ready.op] = 0
            waiting.append((ready, change))
            sizes[ready.op] = sizes.get(ready.op, 0) + size + 1
        for op, waiting in open_steps.items():
            if waiting:
                yield self._store(end, op, waiting)

    def _changes(self, sharing: list[Flow], step: int) -> Iterator[Any]:
        """The changes whose turn it is, ready to be sent: nothing moved since the plan, all places filled."""
        names = [flow.entity.name for flow in sharing]
        last = 0
        while True:
            with self.ledger.reading() as sql:
                query = (
                    select(ChangeRow)
                    .where(
                        ChangeRow.c.plan == self.plan,
                        ChangeRow.c.state == "planned",
                        ChangeRow.c.step == step,
                        ChangeRow.c.op != "link",
                        ChangeRow.c.entity.in_(names),
                        ChangeRow.c.seq > last,
                    )
                    .order_by(ChangeRow.c.seq)
                    .limit(200)
                )
                rows = [row for row in sql.execute(query) if len(row.steps) > step]
                if not rows:
                    return
                last = rows[-1].seq
                moved = self._moved(sql, sharing, rows) if step == 0 else set()
                links = self._links(sql, sharing[0], rows)
            for row in rows:
                if row.seq in moved:
                    self.receipts.stop(row, "stale", _MOVED)
                elif lacking := [need for need in row.needs or [] if tuple(need) not in links]:
                    self.receipts.stop(row, "waiting", _lacking(lacking[0][0]))
                else:
                    yield _filled(row, links)

    def _moved(self, sql: Any, sharing: list[Flow], rows: Sequence[Any]) -> set[int]:
        found = set()
        for flow in sharing:
            mine = [row for row in rows if row.entity == flow.entity.name]
            here = digests(sql, flow.source, [row.source_id for row in mine])
            there = digests(sql, flow.target, [row.target_id for row in mine if row.target_id])
            for row in mine:
                changed_here = here.get(row.source_id) != row.source_digest
                if changed_here or (row.target_id and row.expected and there.get(row.target_id) != row.expected):
                    found.add(row.seq)
        return found

    def _links(self, sql: Any, flow: Flow, rows: Sequence[Any]) -> dict[tuple[str, str], str]:
        wanted: dict[str, set[str]] = {}
        for row in rows:
            for entity, one in row.needs or []:
                wanted.setdefault(entity, set()).add(one)
        found: dict[tuple[str, str], str] = {}
        for entity, ids in wanted.items():
            for part in chunks(sorted(ids)):
                query = select(LinkRow.c.source_id, LinkRow.c.target_id).where(
                    LinkRow.c.entity == entity,
                    LinkRow.c.source_tenant == flow.source.tenant,
                    LinkRow.c.target_tenant == flow.target.tenant,
                    LinkRow.c.source_id.in_(part),
                )
                found |= {(entity, row.source_id): row.target_id for row in sql.execute(query)}
        return found

    def _store(self, end: End, op: Op, waiting: Sequence[tuple[Step, Any]]) -> Sending:
        one = self.ledger.runtime.entropy.hex(16)
        sending = Sending(
            id=one,
            end=end,
            op=op,
            steps=tuple(step for step, _ in waiting),
            changes={step.key: change for step, change in waiting},
            key=f"tieout-{digest([end.tenant, self.plan, one])[:48]}",
            sent_at=self.clock.now(),
        )
        steps = [{"key": step.key, "op": step.op, "id": step.id, "body": step.body} for step in sending.steps]
        row = {
            "id": one,
            "plan": self.plan,
            "resource": end.resource.name,
            "op": op,
            "steps": steps,
            "body_digest": digest([step["body"] for step in steps]),
            "idempotency_key": sending.key,
            "stored_at": self.clock.now(),
            "sent_at": sending.sent_at,
            "state": "sent",
        }
        with self.ledger.writing(*self.leases) as sql:
            self.ledger.put(sql, BatchRow, [row])
        self.ledger.runtime.signal(STORED)
        return sending

    def _push(self, sending: Sending) -> list[Receipt]:
        self.tell(
            "batch.sent", {"resource": sending.end.resource.name, "op": sending.op, "records": len(sending.steps)}
        )
        pauses = 0
        while True:
            try:
                return sending.end.facade.push(sending.end.connection, sending.batch())
            except Throttled as error:
                # a refusal by a limit did nothing: the stored batch goes again, unless the whole day is used up
                pauses += 1
                seconds = (error.until - self.clock.now()).total_seconds()
                if error.lasting or pauses > 10 or self.stopped():
                    raise
                self.tell("run.waiting", {"seconds": round(seconds, 1), "why": str(error)})
                self.clock.wait(max(seconds, 0.05))
            except Unavailable:
                pauses += 1
                if pauses > 4 or self.stopped():
                    raise
                self.clock.wait(min(2.0**pauses, 30))

    def _land(self, pool: Pool, flying: dict[Task[list[Receipt]], Sending]) -> None:
        for task in pool.ended(flying):
            self._hear(flying.pop(task), task.result)

    def _hear(self, sending: Sending, answer: Callable[[], list[Receipt]]) -> None:
        try:
            answered = answer()
        except OutcomeUnknown as error:
            self._recover(sending, error)
        except Rejected as error:
            if sending.unheard:
                # the refusal is of the repeat; what was sent first may still be under way, so that nothing is sent anew
                self._recover(sending, OutcomeUnknown("a repeat was refused as a whole", said=str(error)[:200]))
            else:
                self._halve(sending, error)
        else:
            self._answered(sending, answered)

    def _answered(self, sending: Sending, receipts: Sequence[Receipt]) -> None:
        unknown = {receipt.key for receipt in receipts if receipt.outcome == "unknown"}
        later = [receipt for receipt in receipts if receipt.outcome == "later"]
        known = [receipt for receipt in receipts if receipt.outcome not in ("unknown", "later")]
        self.receipts.write(sending, known, answered=not unknown)
        self.done += len(known)
        name = sending.end.resource.name
        data = {"resource": name, "op": sending.op, "records": len(known), "done": self.done, "of": self.total}
        self.tell("batch.answered", data)
        if later and sending.tries < TRIES:
            sending.tries += 1
            self._again(sending, {receipt.key for receipt in later})
        if unknown and len(unknown) < len(sending.steps):
            self._recover(self._part(sending, unknown), OutcomeUnknown("an answer left some records out"))
        elif unknown:
            self._recover(sending, OutcomeUnknown("an answer named none of the records"))

    def _part(self, sending: Sending, keys: set[str]) -> Sending:
        steps = tuple(step for step in sending.steps if step.key in keys)
        return Sending(sending.id, sending.end, sending.op, steps, sending.changes, sending.key, sending.sent_at, TRIES)

    def _again(self, sending: Sending, keys: set[str]) -> None:
        waiting = [(step, sending.changes[step.key]) for step in sending.steps if step.key in keys]
        fresh = self._store(sending.end, sending.op, waiting)
        fresh.tries = sending.tries
        self._waiting.append(fresh)

    def _recover(self, sending: Sending, error: OutcomeUnknown) -> None:
        """Look up what became of a batch; repeat it only in ways that cannot double a record."""
        sending.tries += 1
        sending.unheard |= not error.answered
        found = self.receipts.look_up(sending)
        missing = {step.key for step in sending.steps} - {receipt.key for receipt in found}
        age = (self.clock.now() - sending.sent_at).total_seconds()
        if not missing:
            self._answered(sending, found)
        elif error.answered and not sending.unheard and sending.tries < TRIES and not self.stopped():
            # the system failed and is done with it: what is not there is sent under a new key
            self.receipts.write(sending, found, answered=True)
            self._again(sending, missing)
        elif sending.tries < TRIES and age < sending.end.resource.key_seconds and not self.stopped():
            # the same batch under the same key: if the first one is still being worked on, this is not a second one
            self.clock.wait(min(0.2 * 2**sending.tries, 5))
            self._waiting.append(sending)
        else:
            self.receipts.write(sending, found, answered=False)
            raise error

    def _halve(self, sending: Sending, error: Rejected) -> None:
        if len(sending.steps) == 1:
            key = sending.steps[0].key
            self._answered(sending, [Receipt(key=key, outcome="rejected", problems=error.problems)])
            return
        self.receipts.refuse(sending)
        waiting = [(step, sending.changes[step.key]) for step in sending.steps]
        middle = len(waiting) // 2
        self._waiting += [self._store(sending.end, sending.op, half) for half in (waiting[:middle], waiting[middle:])]


def reload(ledger: Ledger, row: Any, flows: Sequence[Flow]) -> Sending | None:
    """A batch of an earlier run as it was sent; None while an app whose records it holds is off."""
    end = next((flow.target for flow in flows if flow.target.resource.name == row.resource), None)
    if end is None:
        return None
    steps = tuple(Step(op=one["op"], body=one["body"], id=one["id"], key=one["key"]) for one in row.steps)
    seqs = {int(step.key.partition(".")[0]): step.key for step in steps}
    with ledger.reading() as sql:
        query = select(ChangeRow).where(ChangeRow.c.plan == row.plan, ChangeRow.c.seq.in_(seqs))
        changes = {seqs[change.seq]: change for change in sql.execute(query)}
    known = {flow.entity.name for flow in flows}
    if any(change.entity not in known for change in changes.values()):
        return None
    return Sending(row.id, end, row.op, steps, changes, row.idempotency_key, row.sent_at)


def _filled(row: Any, links: dict[tuple[str, str], str]) -> Any:
    steps = [
        {
            **step,
            "body": fill(
                step["body"],
                {tuple(place["path"]): links[place["entity"], place["source_id"]] for place in step["places"]},
            ),
            "id": step["id"] or row.target_id,
        }
        for step in row.steps
    ]
    return SimpleNamespace(**{**row._mapping, "steps": steps})


_MOVED = Problem(
    cause="moved",
    what="The record changed after the plan was made.",
    why="A plan is carried out exactly as it was shown, or not at all.",
    fix="It is planned anew in the next run.",
)


def _lacking(entity: str) -> Problem:
    return Problem(
        cause="waiting",
        about=entity,
        what=f"It waits for a record of {entity} that did not go.",
        why="A record goes only when what it names is in the target.",
        fix="Solve what stops that one; this record is planned anew in the next run.",
    )
