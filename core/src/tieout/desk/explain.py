"""Explaining a record: all that the ledger knows of it, in the order in which it happened. No call is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection as Sql
from sqlalchemy import select, union_all

from tieout.api.codec import dumps, loads
from tieout.api.contract import Wire
from tieout.api.errors import Problem
from tieout.api.model import Record
from tieout.desk.diff import diff
from tieout.desk.named import Named, Names
from tieout.desk.story import Happening, Mapped, Moment, Story
from tieout.engine import Engine
from tieout.engine.flow import End, Flow, dump, load
from tieout.host.config import Config
from tieout.ledger import Ledger
from tieout.ledger.archive import ReleasedRow
from tieout.ledger.runs import BatchRow, ChangeRow, PlanRow, ReceiptRow
from tieout.ledger.tables import AuditRow, BackRow, DecisionRow, DueRow, EnclosureRow, HeldRow, LinkRow
from tieout.ledger.versions import Version, versions
from tieout.rules.match import label
from tieout.rules.references import refs

_OPS = {"create": "create it", "update": "change it", "void": "take it back", "link": "link it to what is there"}
_KINDS = {"hold": "held", "skip": "skipped"}
_DECIDED = {
    "skip": "left it out",
    "link": "said which record of {target} it is",
    "keep": "said whose value stands",
    "create": "said that it is a new record",
    "name": "gave it another name",
    "retry": "asked to try it again",
    "unskip": "took its skip back",
}


@dataclass(frozen=True, slots=True)
class Records:
    """The records of one configuration, explained one by one."""

    ledger: Ledger
    config: Config
    engine: Engine

    def explain(self, pair: str, entity: str, number: str) -> Story:
        """The story of the record that a person means. Raises `Refused` when there is none, or several."""
        named = Names(self.ledger, self.config, self.engine.plugins).find(pair, entity, number)
        flows = self.engine.remembered(self.config.pairs[pair])
        flow = next(flow for flow in flows if flow.entity.name == entity)
        with self.ledger.reading() as sql:
            return Teller(sql, flow, flows, named).story()


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells one record's story out of one reading of the ledger."""

    sql: Sql
    flow: Flow
    flows: tuple[Flow, ...]
    named: Named

    def story(self) -> Story:
        """All of it, oldest first."""
        flow, named = self.flow, self.named
        link, held = self._link(), self._first(HeldRow)
        changes = self._changes()
        answered = [moment for change in changes for moment in self._batches(change)]
        moments = [*self._seen(flow.source, "source", [named.source_id], []), *answered, *self._decisions()]
        targets = {moment.facts["target_id"] for moment in answered if moment.facts.get("target_id")}
        targets |= {link.target_id} if link else set()
        moments += self._seen(
            flow.target, "target", sorted(targets), [one for one in answered if one.what == "answered"]
        )
        moments += [moment for change in changes for moment in self._planned(change)]
        moments += [*self._told(), *self._released(), *(self._held(held) if held else ())]
        order = list(Happening.__args__)  # type: ignore[attr-defined]
        due = self._first(DueRow, "id")
        return Story(
            entity=named.entity,
            source_id=named.source_id,
            label=named.label,
            source_title=flow.source.connector.title,
            target_title=flow.target.connector.title,
            standing=self._standing(held, due, link),
            target_id=link.target_id if link else None,
            origin=link.origin if link else "",
            mapping=tuple(dict.fromkeys(self._mapping(changes[-1]))) if changes else (),
            moments=tuple(sorted(moments, key=lambda moment: (moment.at, order.index(moment.what)))),
            source_page=_page(flow.source, named.source_id),
            target_page=_page(flow.target, link.target_id if link else None),
        )

    def _standing(self, held: Any, due: Any, link: Any) -> str:
        if held and held.kind in _KINDS:
            return _KINDS[held.kind]
        if due:
            return "waiting"
        if link is None:
            return "unknown"
        came = self.flow.target.lift([link.came])[0] if link.came is not None else None
        return "voided" if isinstance(came, Record) and came.standing == "void" else "linked"

    # what was read on either side

    def _seen(self, end: End, side: Literal["source", "target"], ids: list[str], own: list[Moment]) -> Iterator[Moment]:
        """The versions of these records; what only repeats the answer to our own write is told with that answer."""
        answers = {moment.at for moment in own}
        for one in ids:
            before: Version | None = None
            for version in versions(self.sql, end.tenant, end.resource.name, one):
                if version.at not in answers:
                    yield self._version(end, side, one, before, version)
                before = version

    def _version(
        self, end: End, side: Literal["source", "target"], one: str, before: Version | None, version: Version
    ) -> Moment:
        title = end.connector.title
        facts = {"run": version.run, "id": one}
        if version.wire is None:
            return Moment(at=version.at, what="gone", side=side, words=f"It was deleted in {title}.", facts=facts)
        if before is None or before.wire is None:
            words = f"Read in {title}." if before is None else f"It is back in {title}."
            return Moment(at=version.at, what="read", side=side, words=words, facts=facts)
        old, new = (self._content(end, wire) for wire in (before.wire, version.wire))
        fields = diff(old, new)
        words = f"Edited in {title}." if fields else f"Touched in {title}; nothing of its content has changed."
        return Moment(at=version.at, what="edited", side=side, words=words, fields=fields, facts=facts)

    def _content(self, end: End, wire: Wire) -> Mapping[str, Any]:
        """A wire as a record, where it can be read as one."""
        (lifted,) = end.lift([wire])
        return loads(dumps(dump(lifted))) if isinstance(lifted, Record) else wire

    # what was planned, sent and answered

    def _changes(self) -> list[Any]:
        query = (
            select(ChangeRow, *(PlanRow.c[name].label(f"plan_{name}") for name in _PLAN))
            .join(PlanRow, PlanRow.c.id == ChangeRow.c.plan)
            .where(
                PlanRow.c.pair == self.named.pair,
                ChangeRow.c.entity == self.named.entity,
                ChangeRow.c.source_id == self.named.source_id,
            )
            .order_by(ChangeRow.c.plan)
        )
        return list(self.sql.execute(query))

    def _planned(self, change: Any) -> Iterator[Moment]:
        facts = {"plan": change.plan, "run": change.plan_run, "op": change.op, "state": change.state}
        target = self.flow.target.connector.title
        words = f"Plan {change.plan}: to {_OPS.get(change.op, change.op)} in {target}."
        if change.plan_state == "superseded" and change.state == "planned":
            words += " It was replaced by a newer plan before it went."
        yield Moment(
            at=change.plan_created,
            what="planned",
            words=words,
            fields=diff(change.before, change.record),
            problems=tuple(Problem(**one) for one in change.problems or ()),
            facts=facts,
        )
        if change.plan_approved_by:
            words = f"{change.plan_approved_by} approved plan {change.plan}."
            yield Moment(at=change.plan_approved_at, what="approved", words=words, facts={"plan": change.plan})
        if change.op == "link" and change.state == "done":
            words = f"Linked to what {target} had already; nothing was written."
            at = change.plan_approved_at or change.plan_created
            yield Moment(at=at, what="linked", words=words, facts={"plan": change.plan, "target_id": change.target_id})

    def _batches(self, change: Any) -> Iterator[Moment]:
        """Every call in which a step of this change went, with its answer."""
        title = self.flow.target.connector.title
        # a plan can have thousands of batches: those that were answered are found by their receipts
        keys = [f"{change.seq}.{place}" for place in range(len(change.steps))]
        answered = select(ReceiptRow.c.batch).where(ReceiptRow.c.key.in_(keys))
        others = select(BatchRow.c.id).where(BatchRow.c.plan == change.plan, BatchRow.c.state.in_(_OPEN))
        query = select(BatchRow).where(BatchRow.c.id.in_(union_all(answered, others)))
        for batch in self.sql.execute(query.order_by(BatchRow.c.stored_at)):
            mine = [step for step in batch.steps if step["key"] in keys]
            if not mine or (batch.plan, batch.resource) != (change.plan, change.resource):
                continue
            facts = {"plan": change.plan, "batch": batch.id, "idempotency_key": batch.idempotency_key, "op": batch.op}
            words = f"Sent to {title}, with {len(batch.steps) - 1} others in one call."
            if len(batch.steps) == 1:
                words = f"Sent to {title}."
            yield Moment(at=batch.sent_at or batch.stored_at, what="sent", side="target", words=words, facts=facts)
            answer = select(ReceiptRow).where(ReceiptRow.c.batch == batch.id, ReceiptRow.c.key == mine[0]["key"])
            for receipt in self.sql.execute(answer):
                yield Moment(
                    at=receipt.at,
                    what="answered",
                    side="target",
                    words=f"{title} answered: {receipt.outcome}.",
                    problems=tuple(Problem(**one) for one in receipt.problems or ()),
                    facts={"plan": change.plan, "batch": batch.id, "target_id": receipt.target_id},
                )

    # what people and Tieout itself did about it

    def _decisions(self) -> Iterator[Moment]:
        target = self.flow.target.connector.title
        for row in self._all(DecisionRow):
            words = f"{row.by} {_DECIDED.get(row.what, row.what).format(target=target)}"
            told = f": {row.value}" if isinstance(row.value, str) else ""
            facts = {"by": row.by, "what": row.what, "value": row.value}
            yield Moment(at=row.at, what="decided", words=f"{words}{told.rstrip('.')}.", facts=facts)
        audited = select(AuditRow).where(AuditRow.c.what.in_(("retry", "unskip"))).order_by(AuditRow.c.at)
        for row in self.sql.execute(audited):
            data = row.data or {}
            if all(data.get(name) == getattr(self.named, name) for name in ("pair", "entity", "source_id")):
                words = f"{row.who} {_DECIDED[row.what]}."
                yield Moment(at=row.at, what="decided", words=words, facts={"by": row.who, "what": row.what})

    def _held(self, row: Any) -> Iterator[Moment]:
        problems = tuple(Problem(**one) for one in row.problems)
        words = {"hold": "Held.", "skip": "Left out.", "note": "It goes, with something left out."}[row.kind]
        yield Moment(at=row.since, what="held", words=words, problems=problems, facts={"tries": row.tries})

    def _released(self) -> Iterator[Moment]:
        for row in self._all(ReleasedRow):
            problems = tuple(Problem(**one) for one in row.problems)
            yield Moment(at=row.since, what="held", words="It did not go.", problems=problems)
            yield Moment(at=row.until, what="released", words="What kept it from going is over.")

    def _told(self) -> Iterator[Moment]:
        """What went along with it, and what was written back onto the source's record."""
        source, target = self.flow.source.connector.title, self.flow.target.connector.title
        for row in self._all(EnclosureRow):
            words = f"{row.name} went along to {target}."
            yield Moment(at=row.at, what="told", side="target", words=words, facts={"size": row.size})
        mine = (BackRow.c.of == self.named.entity, BackRow.c.source_id == self.named.source_id)
        for row in self.sql.execute(select(BackRow).where(BackRow.c.pair == self.named.pair, *mine)):
            words = f"{source} was told of its {row.entity}: {row.state}."
            yield Moment(at=row.at, what="told", side="source", words=words)

    # what its values became

    def _mapping(self, change: Any) -> Iterator[Mapped]:
        record = load(self.flow.entity, change.record)
        if record is None:
            return
        for name, ref in refs(record):
            linked = select(LinkRow.c.target_id, LinkRow.c.target_key, LinkRow.c.came).where(
                LinkRow.c.entity == ref.entity,
                LinkRow.c.source_tenant == self.flow.source.tenant,
                LinkRow.c.target_tenant == self.flow.target.tenant,
                LinkRow.c.source_id == ref.id,
            )
            if found := self.sql.execute(linked).first():
                called = found.target_key or self._called(ref.entity, found.came) or found.target_id
                yield Mapped("item" if name == "lines" else name, ref.name or ref.id, called)
        sent = [step["body"] for step in change.steps if step["op"] in ("create", "update")]
        there = self.flow.target.lift(sent[-1:])
        for here, line in zip(
            getattr(record, "lines", ()), getattr(there[0], "lines", ()) if there else (), strict=False
        ):
            if line.tax is not None:
                yield Mapped("tax", here.tax or "none", line.tax)
            if line.account is not None:
                yield Mapped("account", here.account or ("stock" if here.stock else "lines"), line.account)

    def _called(self, entity: str, came: Wire | None) -> str:
        """What people call a linked record of the target, by what came back; empty where that cannot be told."""
        flow = next((one for one in self.flows if one.entity.name == entity), None)
        (lifted,) = flow.target.lift([came]) if flow is not None and came is not None else (None,)
        return label(lifted) if isinstance(lifted, Record) else ""

    # rows

    def _link(self) -> Any:
        mine = (
            LinkRow.c.entity == self.named.entity,
            LinkRow.c.source_tenant == self.flow.source.tenant,
            LinkRow.c.source_id == self.named.source_id,
            LinkRow.c.target_tenant == self.flow.target.tenant,
        )
        return self.sql.execute(select(LinkRow).where(*mine)).first()

    def _all(self, table: Any, key: str = "source_id") -> list[Any]:
        mine = (table.c.pair == self.named.pair, table.c.entity == self.named.entity)
        return list(self.sql.execute(select(table).where(*mine, table.c[key] == self.named.source_id)))

    def _first(self, table: Any, key: str = "source_id") -> Any:
        return next(iter(self._all(table, key)), None)


def _page(end: End, id: str | None) -> str:
    """The record's address for people."""
    return end.binding.page(id, end.terms) if id and end.binding.page else ""


_OPEN = ("sent", "refused", "partly")
"""States of a batch in which steps of it may have no receipt."""
_PLAN = ("created", "run", "state", "approved_by", "approved_at")
