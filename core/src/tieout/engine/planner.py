"""Making a plan: every due record of every flow is decided, page by page, and stored with the wires to be sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, literal, select

from tieout.api.codec import digest
from tieout.api.contract import stable
from tieout.api.errors import Problem
from tieout.api.model import Record
from tieout.api.work import Lowering, Reject, Step
from tieout.engine.answers import answers
from tieout.engine.due import ASKED, HELD, Due, held_row, released_row
from tieout.engine.flow import Flow, dump, load
from tieout.engine.inbox import Told, wires
from tieout.engine.matching import Matching, forget
from tieout.engine.refusal import refusal
from tieout.engine.resolve import Resolver
from tieout.ledger import Ledger, chunks
from tieout.ledger.archive import ReleasedRow
from tieout.ledger.lease import Lease
from tieout.ledger.runs import ChangeRow
from tieout.ledger.tables import DueRow, FlowRow, HeldRow, InboxRow, LinkRow
from tieout.rules.match import external, label, renamed, worth
from tieout.rules.plan import UNCHANGED, Case, Past, Verdict, decide
from tieout.rules.questions import UNANSWERED
from tieout.rules.references import places, texts
from tieout.rules.report import Counts

PAGE = 200


@dataclass(slots=True)
class Planner:
    """Decides what is due in a run's flows and stores the outcome under the plan's id.

    `flows` are all flows of the pair, in the order of the plan; `whole` names the target's resources that were read
    completely in this run.
    """

    ledger: Ledger
    leases: tuple[Lease, ...]
    plan: int
    run: int
    now: datetime
    tell: Told
    flows: tuple[Flow, ...]
    whole: frozenset[str]
    seq: int = 0
    nonce: str = field(init=False)

    def __post_init__(self) -> None:
        self.nonce = self.ledger.runtime.entropy.hex(8)

    def decide(self) -> dict[str, Counts]:
        """Decide everything that is due; the counts tell per entity what became of it."""
        with self.ledger.writing(*self.leases) as sql:
            forget(sql, self.flows[0].pair)
        return {flow.entity.name: self._flow(flow) for flow in self.flows}

    def _flow(self, flow: Flow) -> Counts:
        counts = Counts()
        self._renew(flow)
        with self.ledger.reading() as sql:
            total = sql.execute(select(func.count()).select_from(DueRow).where(*_of(DueRow, flow))).scalar() or 0
        done = read = 0
        for page in self._pages(flow):
            matching = Matching(self.ledger, self.leases, flow, self.flows, self.plan, self.run, self.whole)
            self._judge(flow, page, matching)
            self._store(flow, page, matching, counts)
            done += len(page)
            read += sum(1 for due in page if due.why == "read")
            self.tell("entity.decided", {"entity": flow.entity.name, "done": done, "of": total})
        self._count_untouched(flow, counts, read)
        return counts

    def _renew(self, flow: Flow) -> None:
        """Make due again what is held, what was skipped too when settings have changed, and all there is to a new flow.

        A flow is new as well when its source is read otherwise than before: a firm's profile was corrected.
        """
        settings, reading = digest([stable(flow.settings), flow.since]), flow.source.reading
        key = {
            "pair": flow.pair,
            "entity": flow.entity.name,
            "source_tenant": flow.source.tenant,
            "target_tenant": flow.target.tenant,
        }
        with self.ledger.writing(*self.leases) as sql:
            where = [getattr(FlowRow.c, name) == value for name, value in key.items()]
            known = sql.execute(select(FlowRow.c.settings, FlowRow.c.reading).where(*where)).first()
            self.ledger.put(sql, FlowRow, [{**key, "settings": settings, "reading": reading}])
            if known is None or known.reading != reading:
                why, found = (
                    "carried",
                    select(InboxRow.c.id).where(
                        InboxRow.c.tenant == flow.source.tenant, InboxRow.c.resource == flow.source.resource.name
                    ),
                )
            else:
                kinds = ("hold",) if known.settings == settings else ("hold", "skip")
                held = (*_of(HeldRow, flow), HeldRow.c.kind.in_(kinds))
                why, found = HELD, select(HeldRow.c.source_id.label("id")).where(*held)
            waiting = select(DueRow.c.id).where(*_of(DueRow, flow))
            ids = found.subquery()
            rows = select(literal(flow.pair), literal(flow.entity.name), ids.c.id, literal(why))
            names = ["pair", "entity", "id", "why"]
            sql.execute(insert(DueRow).from_select(names, rows.where(ids.c.id.not_in(waiting))))

    def _pages(self, flow: Flow) -> Iterator[list[Due]]:
        """What is due, page by page: what a person asked for, then what is fresh, then what was held before."""
        for turn in (DueRow.c.why == ASKED, DueRow.c.why.not_in((ASKED, HELD)), DueRow.c.why == HELD):
            last = ""
            while True:
                query = select(DueRow).where(*_of(DueRow, flow), turn, DueRow.c.id > last)
                with self.ledger.reading() as sql:
                    rows = list(sql.execute(query.order_by(DueRow.c.id).limit(PAGE)))
                if not rows:
                    break
                last = rows[-1].id
                yield self._page(flow, rows)

    def _page(self, flow: Flow, rows: list[Any]) -> list[Due]:
        ids = [row.id for row in rows]
        with self.ledger.reading() as sql:
            sources = wires(sql, flow.source.connection, flow.source.resource, ids)
            held = _held(sql, flow, ids)
            links = _links(sql, flow, ids)
            told = answers(sql, flow.pair, flow.entity.name, ids)
            counterparts = {link.target_id for link in links.values()}
            targets = wires(sql, flow.target.connection, flow.target.resource, counterparts)
        records = self._records(flow, {one: row.wire for one, row in sources.items() if not row.gone})
        page = []
        for row in rows:
            source, link, record = sources.get(row.id), links.get(row.id), records.get(row.id)
            said = told.get(row.id, UNANSWERED)
            target = targets.get(link.target_id) if link else None
            page.append(
                Due(
                    id=row.id,
                    why="read" if row.why != "gone" and source is not None and source.run == self.run else row.why,
                    asked=row.why == ASKED,
                    held=held.get(row.id),
                    record=renamed(record, said) if isinstance(record, Record) else None,
                    problems=record.problems if isinstance(record, Reject) else (),
                    mine=record is not None or row.id not in records,
                    digest=source.digest if source is not None else "",
                    link=link,
                    now=target.wire if target is not None and not target.gone else None,
                    answers=said,
                )
            )
        there = [due for due in page if due.now is not None]
        for due, target in zip(there, flow.target.lift([due.now for due in there if due.now]), strict=True):
            due.target = target if isinstance(target, Record) else None
        return page

    def _records(self, flow: Flow, found: dict[str, Any]) -> dict[str, Any]:
        lifted = dict(zip(found, flow.source.lift(list(found.values())), strict=True))
        return {
            one: flow.entity.prepare(record, flow.settings) if isinstance(record, Record) else record
            for one, record in self._resolver().name(lifted).items()
        }

    def _resolver(self) -> Resolver:
        return Resolver(self.ledger, self.flows, self.plan, self.nonce)

    def _judge(self, flow: Flow, page: list[Due], matching: Matching) -> None:
        for due in page:
            if due.problems:
                due.hold(*due.problems)
            elif due.mine:
                due.verdict = self._verdict(flow, due)
                if due.verdict.kind == "void" and due.record is None:
                    # what is gone in the source is taken back as it was sent
                    due.record = flow.entity.model.model_validate({**due.link.sent, "standing": "void"})
        # a record that lacks something is lowered all the same, so that a person is told all its problems at once
        going = [due for due in page if due.record is not None and (_sends(due.verdict) or due.verdict.lacking)]
        self._lower(flow, going)
        matching.match([due for due in going if due.verdict.kind == "create"])
        self._refused(flow, [due for due in page if due.going and due.held is not None and due.held.refused])
        for due in page:
            if due.verdict.kind == "link":
                chosen = due.answers.to("link")
                link = {"target_id": chosen["target"], "target_key": chosen["key"], "origin": chosen["origin"]}
                due.change = self._change(flow, due, (), self._resolver()) | link

    def _refused(self, flow: Flow, again: list[Due]) -> None:
        """Hold what the target would refuse once more, unless a person asked to try it again."""
        with self.ledger.reading() as sql:
            for due in again:
                change = due.change or {}
                same = refusal(sql, flow, change["steps"], change["expected"]) == due.held.refused
                if same and not due.asked:
                    due.hold(*(Problem(**one) for one in due.held.problems))

    def _verdict(self, flow: Flow, due: Due) -> Verdict:
        entity, record = flow.entity, due.record
        return decide(
            Case(
                entity=entity,
                since=flow.since,
                source=record,
                past=_past(flow, due.link),
                target=due.target,
                free=flow.target.resource.free,
                skip=entity.skip(record, flow.settings) if record is not None else None,
                missing=tuple(entity.check(record, flow.settings)) if record is not None else (),
                answers=due.answers,
                owns=flow.owns,
                counterpart=due.link.target_id if due.link else None,
                backfilled=flow.backfilled,
            )
        )

    def _lower(self, flow: Flow, going: list[Due]) -> None:
        resolver = self._resolver()
        resolved = resolver.resolve(flow, {due.id: due.record for due in going if due.record is not None})
        around = resolver.around(flow, [record for record, _ in resolved.values()])
        items = []
        for due in going:
            record, problems = resolved[due.id]
            if due.verdict.kind != "void" and problems:
                due.hold(*problems)
            extras = self._extras(flow, due, record)
            target_id = due.link.target_id if due.link else None
            items.append(Lowering(record.model_copy(update=extras), due.now, target_id, around))
        for due, steps in zip(going, flow.target.lower(items), strict=True):
            # what the target would refuse is told together with what is missing here: all problems at once
            if isinstance(steps, Reject):
                due.hold(
                    *(
                        problem
                        for problem in steps.problems
                        if due.verdict.kind != "hold" or problem.cause != "unreadable"
                    )
                )
            elif due.verdict.kind != "hold" and not steps:
                due.verdict = UNCHANGED  # what changed in the source makes no difference in the target
            elif due.verdict.kind != "hold":
                due.change = self._change(flow, due, steps, resolver)
                due.notes = tuple(note for step in steps for note in step.notes)

    def _extras(self, flow: Flow, due: Due, record: Record) -> dict[str, Any]:
        tenant = flow.source.connection.tenant
        extras: dict[str, Any] = {"external": external(tenant.id if tenant else "", flow.entity, due.id)}
        if due.target is not None:
            extras |= {name: getattr(due.target, name) for name in due.verdict.keep}
        if flow.source.binding.page and getattr(record, "url", None) == "":
            extras["url"] = flow.source.binding.page(due.id, flow.source.terms)
        return extras

    def _change(self, flow: Flow, due: Due, steps: Iterable[Step], resolver: Resolver) -> dict[str, Any]:
        stored: list[dict[str, Any]] = [
            {"op": step.op, "id": step.id, "body": step.body, "places": places(step.body, resolver.markers)}
            for step in steps
        ]
        needs = {(place["entity"], place["source_id"]) for step in stored for place in step["places"]}
        needs |= {
            resolver.planned[text] for step in stored for _, text in texts(step["body"]) if text in resolver.planned
        }
        link = due.link
        return {
            "plan": self.plan,
            "seq": 0,
            "entity": flow.entity.name,
            "resource": flow.target.resource.name,
            "source_id": due.id,
            "op": due.verdict.kind,
            "label": label(due.record) if due.record is not None else due.id,
            "amount": worth(due.record),
            "currency": getattr(due.record, "currency", None),
            "source_digest": due.digest,
            "target_id": link.target_id if link else None,
            "target_key": link.target_key if link else None,
            "expected": digest(due.now) if due.now is not None else None,
            "origin": link.origin if link else "created",
            "record": dump(due.record) if due.record is not None else None,
            "before": _before(due),
            "steps": stored,
            "step": 0,
            "needs": [list(need) for need in sorted(needs)],
            "state": "planned",
            "problems": None,
        }

    def _store(self, flow: Flow, page: list[Due], matching: Matching, counts: Counts) -> None:
        planned = [due for due in page if due.going]
        for due in planned:
            self.seq += 1
            due.change = {**(due.change or {}), "seq": self.seq}
        stopped = [due for due in page if due.verdict.kind in ("hold", "skip")]
        going = {due.id for due in planned}
        noted = [held_row(flow, due.id, "note", due.notes, due.record, self.now) for due in planned if due.notes]
        halted = {due.id for due in stopped}
        over = [due.held for due in page if due.held is not None and due.held.kind not in ("note", due.verdict.kind)]
        with self.ledger.writing(*self.leases) as sql:
            self.ledger.put(sql, ReleasedRow, [released_row(held, self.now) for held in over])
            self.ledger.put(sql, ChangeRow, [due.change for due in planned if due.change])
            self.ledger.put(sql, HeldRow, [self._held_row(flow, due) for due in stopped])
            for part in chunks([due.id for due in page if due.id not in halted]):
                sql.execute(delete(HeldRow).where(*_of(HeldRow, flow), HeldRow.c.source_id.in_(part)))
            self.ledger.put(sql, HeldRow, noted)
            # what a person asked for while this was decided stays due
            for asked, turn in ((True, DueRow.c.why == ASKED), (False, DueRow.c.why != ASKED)):
                for part in chunks([due.id for due in page if due.id not in going and due.asked is asked]):
                    sql.execute(delete(DueRow).where(*_of(DueRow, flow), turn, DueRow.c.id.in_(part)))
            moved = matching.store(sql, page, self.now)
        for due in page:
            due.count(counts)
        counts.planned -= moved
        counts.held += moved

    def _held_row(self, flow: Flow, due: Due) -> dict[str, Any]:
        verdict = due.verdict
        return held_row(
            flow,
            due.id,
            verdict.kind,
            verdict.problems,
            due.record,
            self.now,
            question=verdict.question,
            before=due.held,
        )

    def _count_untouched(self, flow: Flow, counts: Counts, decided: int) -> None:
        """Count what was read again without having changed."""
        end = flow.source
        seen = (InboxRow.c.tenant == end.tenant, InboxRow.c.resource == end.resource.name, InboxRow.c.run == self.run)
        skips = (*_of(HeldRow, flow), HeldRow.c.kind == "skip", HeldRow.c.source_id == InboxRow.c.id)
        with self.ledger.reading() as sql:
            read = sql.execute(select(func.count()).select_from(InboxRow).where(*seen)).scalar() or 0
            skipped = sql.execute(select(func.count()).where(*seen, *skips)).scalar() or 0
        untouched = max(read - decided, 0)
        skipped = min(max(skipped - counts.skipped, 0), untouched)
        counts.read += untouched
        counts.skipped += skipped
        counts.unchanged += untouched - skipped


def _sends(verdict: Verdict) -> bool:
    return verdict.kind in ("create", "update", "void")


def _of(table: Any, flow: Flow) -> tuple[Any, ...]:
    return (table.c.pair == flow.pair, table.c.entity == flow.entity.name)


def _held(sql: Any, flow: Flow, ids: list[str]) -> dict[str, Any]:
    query = select(HeldRow).where(*_of(HeldRow, flow), HeldRow.c.source_id.in_(ids))
    return {row.source_id: row for row in sql.execute(query)}


def _links(sql: Any, flow: Flow, ids: list[str]) -> dict[str, Any]:
    query = select(LinkRow).where(
        LinkRow.c.entity == flow.entity.name,
        LinkRow.c.source_tenant == flow.source.tenant,
        LinkRow.c.target_tenant == flow.target.tenant,
        LinkRow.c.source_id.in_(ids),
    )
    return {row.source_id: row for row in sql.execute(query)}


def _before(due: Due) -> dict[str, Any] | None:
    """The record as last sent, with what an update leaves alone as it is now: what differs from now is what changes."""
    if due.link is None or due.link.sent is None:
        return None
    now = dump(due.record) if due.record is not None else {}
    left = {name: now.get(name) for name in due.verdict.keep}
    return {**{name: value for name, value in due.link.sent.items() if name not in left}, **left}


def _past(flow: Flow, link: Any) -> Past | None:
    if link is None:
        return None
    came = flow.target.lift([link.came])[0] if link.came is not None else None
    return Past(link.origin, link.is_primary, load(flow.entity, link.sent), came if isinstance(came, Record) else None)
