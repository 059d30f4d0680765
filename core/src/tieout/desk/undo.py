"""Undoing a run: what it created and nobody touched since is taken back, after a plan of its own.

Only documents and payments are taken back: parties and items stay, because other records may name them. The links of
what is taken back stay as well, so that it is never created again by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, select

from tieout.api.codec import digest
from tieout.api.errors import Problem, Refused
from tieout.api.model import Record
from tieout.api.work import Lowering, Reject, Step
from tieout.engine import Engine, Run
from tieout.engine.due import told
from tieout.engine.flow import Flow
from tieout.engine.inbox import wires
from tieout.engine.resolve import Resolver
from tieout.host.config import Config
from tieout.ledger import Ledger
from tieout.ledger.runs import ChangeRow, PlanRow, RunRow
from tieout.ledger.tables import LinkRow
from tieout.rules.match import external
from tieout.rules.references import differing, places
from tieout.rules.report import Counts, HoldGroup, PlanView

PAGE = 200
EXAMPLES = 5
_WENT = ("done", "wrong")


@dataclass(frozen=True, slots=True)
class Undoing:
    """What undoing a run comes to: the stored plan (None: nothing can be taken back), and what is left, by cause."""

    run: int
    plan: PlanView | None
    left: tuple[HoldGroup, ...]


@dataclass(frozen=True, slots=True)
class Undo:
    """Plans that take back what a run created."""

    ledger: Ledger
    config: Config
    engine: Engine

    def plan(self, pair: str, number: int) -> Undoing:
        """Look at both sides and store the plan that undoes a run; nothing is sent.

        Raises `Refused` for a run that sent nothing, or that was one with another organisation.
        """
        with self.engine.looking(self.config.pairs[pair]) as run:
            sent = self._sent(run, number)
            plan = self.engine.begin(run, undoes=number)
            undone = _Undone(self.ledger, run, plan)
            undone.decide(sent)
            counts = {flow.entity.name: undone.counts[flow.entity.name] for flow in run.flows}
            shown = self.engine.store(run, plan, counts)
            if not undone.seq:
                with self.ledger.writing(*run.leases) as sql:
                    sql.execute(delete(PlanRow).where(PlanRow.c.id == plan))
            return Undoing(number, shown if undone.seq else None, undone.groups())

    def _sent(self, run: Run, number: int) -> int:
        """The plan that a run carried out."""
        with self.ledger.reading() as sql:
            where = (RunRow.c.id == number, RunRow.c.pair == run.pair.name)
            query = select(PlanRow).join(RunRow, RunRow.c.plan == PlanRow.c.id).where(*where)
            row = sql.execute(query).first()
        if row is None:
            raise Refused(
                f"run {number} of {run.pair.name} sent nothing",
                why="Only a run that carried out a plan can be undone.",
                fix="The plans, and when each was carried out, are listed by: tieout plans",
            )
        if (row.source_tenant, row.target_tenant) != (run.flows[0].source.tenant, run.flows[0].target.tenant):
            raise Refused(f"run {number} was one with another organisation", why="Links never cross over.")
        plan: int = row.id
        return plan


@dataclass(slots=True)
class _Undone:
    """Decides page by page what of a plan is taken back, and stores it under another plan's number."""

    ledger: Ledger
    run: Run
    plan: int
    seq: int = 0
    counts: dict[str, Counts] = field(default_factory=dict)
    left: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def decide(self, sent: int) -> None:
        """Decide about everything that the plan `sent` created."""
        for flow in self.run.flows:
            self.counts[flow.entity.name] = Counts()
            for page in self._created(flow, sent):
                self._page(flow, page)

    def groups(self) -> tuple[HoldGroup, ...]:
        """What is left, by app and cause, the largest groups first."""
        found = [
            HoldGroup(entity, "left", one["problem"], one["count"], one["amounts"], tuple(one["examples"]))
            for (entity, _), one in self.left.items()
        ]
        return tuple(sorted(found, key=lambda group: (-group.count, group.entity)))

    def _created(self, flow: Flow, sent: int) -> Iterator[list[Any]]:
        last = 0
        while True:
            query = select(ChangeRow).where(
                ChangeRow.c.plan == sent,
                ChangeRow.c.entity == flow.entity.name,
                ChangeRow.c.op == "create",
                ChangeRow.c.state.in_(_WENT),
                ChangeRow.c.seq > last,
            )
            with self.ledger.reading() as sql:
                rows = list(sql.execute(query.order_by(ChangeRow.c.seq).limit(PAGE)))
            if not rows:
                return
            last = rows[-1].seq
            yield rows

    def _page(self, flow: Flow, page: list[Any]) -> None:
        ids = [change.source_id for change in page]
        with self.ledger.reading() as sql:
            links = {
                row.source_id: row for row in sql.execute(select(LinkRow).where(*_mine(flow), _among(LinkRow, ids)))
            }
            sources = wires(sql, flow.source.connection, flow.source.resource, ids)
            there = wires(sql, flow.target.connection, flow.target.resource, {row.target_id for row in links.values()})
            later = self._later(sql, flow, page)
        going = []
        for change in page:
            link = links.get(change.source_id)
            now = there.get(link.target_id) if link else None
            if problem := _stays(flow, change, link, now) or later.get(change.source_id):
                self._leave(flow, change, [problem])
            else:
                going.append((change, link, now, sources.get(change.source_id)))
        self._take_back(flow, going)

    def _later(self, sql: Any, flow: Flow, page: list[Any]) -> dict[str, Problem]:
        """The records that a later plan changed again."""
        query = select(ChangeRow.c.source_id, ChangeRow.c.plan).where(
            ChangeRow.c.entity == flow.entity.name,
            ChangeRow.c.plan > page[0].plan,
            ChangeRow.c.op != "link",
            ChangeRow.c.state.in_(_WENT),
            _among(ChangeRow, [change.source_id for change in page]),
        )
        return {row.source_id: _AGAIN for row in sql.execute(query)}

    def _take_back(self, flow: Flow, going: list[Any]) -> None:
        resolver = Resolver(self.ledger, self.run.flows, self.plan, self.ledger.runtime.entropy.hex(8))
        tenant = flow.source.connection.tenant
        records = {
            change.source_id: flow.entity.model.model_validate({**link.sent, "standing": "void"})
            for change, link, _, _ in going
        }
        resolved = resolver.resolve(flow, records)
        around = resolver.around(flow, [record for record, _ in resolved.values()])
        items = []
        for change, link, now, _ in going:
            number = external(tenant.id if tenant else "", flow.entity, change.source_id)
            record = resolved[change.source_id][0].model_copy(update={"external": number})
            items.append(Lowering(record, now.wire, link.target_id, around))
        rows = []
        for (change, link, now, source), steps in zip(going, flow.target.lower(items), strict=True):
            if isinstance(steps, Reject) or not steps:
                self._leave(flow, change, steps.problems if isinstance(steps, Reject) else (_NOTHING,))
                continue
            self.seq += 1
            self.counts[flow.entity.name].carried += 1
            self.counts[flow.entity.name].planned += 1
            rows.append(self._row(change, link, now, source, steps, resolver))
        with self.ledger.writing(*self.run.leases) as sql:
            self.ledger.put(sql, ChangeRow, rows)

    def _row(self, change: Any, link: Any, now: Any, source: Any, steps: Iterable[Step], resolver: Resolver) -> Any:
        stored = [
            {"op": step.op, "id": step.id, "body": step.body, "places": places(step.body, resolver.markers)}
            for step in steps
        ]
        fresh = {
            "plan": self.plan,
            "seq": self.seq,
            "op": "void",
            "source_digest": source.digest if source is not None else "",
            "target_id": link.target_id,
            "expected": digest(now.wire),
            "origin": link.origin,
            "record": {**link.sent, "standing": "void"},
            "before": link.sent,
            "steps": stored,
            "step": 0,
            "needs": [],
            "state": "planned",
            "problems": None,
        }
        return {**change._mapping, **fresh}

    def _leave(self, flow: Flow, change: Any, problems: Iterable[Problem]) -> None:
        problem = next(iter(problems))
        group = self.left.setdefault(
            (flow.entity.name, problem.cause),
            {"problem": Problem(**told(problem, flow)), "count": 0, "amounts": {}, "examples": []},
        )
        group["count"] += 1
        if len(group["examples"]) < EXAMPLES:
            group["examples"].append(change.label)
        if change.amount is not None:
            currency, amounts = change.currency or "", group["amounts"]
            amounts[currency] = amounts.get(currency, Decimal(0)) + Decimal(change.amount)


def _stays(flow: Flow, change: Any, link: Any, now: Any) -> Problem | None:
    """Why a record that a run created is left as it is; None: it is taken back."""
    if "date" not in flow.entity.model.model_fields:
        return _STAYS
    if link is None or link.sent is None or not link.is_primary:
        return _NO_LINK
    came, there = _lifted(flow, link.came), _lifted(flow, now.wire if now is not None and not now.gone else None)
    if there is None or there.standing in ("void", "archived"):
        return _GONE
    if there.standing == "settled":
        return _PAID
    if came is None or there.standing != came.standing or differing(came, there, {}):
        return _TOUCHED
    return None


def _lifted(flow: Flow, wire: Mapping[str, Any] | None) -> Record | None:
    (found,) = flow.target.lift([dict(wire)]) if wire is not None else (None,)
    return found if isinstance(found, Record) else None


def _mine(flow: Flow) -> tuple[Any, ...]:
    return (
        LinkRow.c.entity == flow.entity.name,
        LinkRow.c.source_tenant == flow.source.tenant,
        LinkRow.c.target_tenant == flow.target.tenant,
    )


def _among(table: Any, ids: list[str]) -> Any:
    return table.c.source_id.in_(ids)


_STAYS = Problem(
    cause="stays",
    what="It stays in the target.",
    why="Other records may name it, also some that Tieout does not know of.",
    fix="Archive it in the target by hand if nobody needs it.",
)
_NO_LINK = Problem(
    cause="not-ours",
    what="It is linked to what the target had already, or to nothing any more.",
    why="Only what Tieout itself created is taken back.",
)
_GONE = Problem(cause="gone-there", what="It was taken back or deleted in the target already.")
_PAID = Problem(
    cause="settled-in-target",
    what="It is paid, part-paid or billed in the target.",
    why="Payments lock the content of a document.",
    fix="Take its payments back first, then undo the run again.",
)
_TOUCHED = Problem(
    cause="touched-in-target",
    what="It was changed in the target since.",
    why="What somebody worked on is not taken back behind their back.",
    fix="Void or delete it in the target by hand.",
)
_AGAIN = Problem(
    cause="sent-again",
    what="A later run changed it again.",
    why="Undoing this run would undo that one as well.",
    fix="Undo the later run's change in the source, or void the record there.",
)
_NOTHING = Problem(cause="stays", what="It stays in the target.", why="The target offers no way to take it back.")
