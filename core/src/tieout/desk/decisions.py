"""Decisions of people about single records: skip, link, answer, try again; each remembered, audited and reversible.

A decision changes nothing in either system by itself: it makes the record due, and the next run carries it out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import insert, select, update

from tieout.api.clock import Clock
from tieout.api.errors import Problem, Refused
from tieout.api.model import Record
from tieout.api.work import Key
from tieout.desk.held import ALL, Wanted, asked, count, decided, group, page
from tieout.desk.named import Named, Names
from tieout.engine import Engine
from tieout.engine.due import ASKED, reasons
from tieout.engine.flow import Flow
from tieout.engine.inbox import inbox_row, index, wires
from tieout.host.config import Config
from tieout.ledger import Ledger
from tieout.ledger.tables import AuditRow, DecisionRow, DueRow, HeldRow, InboxRow, LinkRow
from tieout.rules.match import label, normal, worth
from tieout.rules.questions import Asked, Question, name_mark
from tieout.rules.report import Decision, HeldPage

_SIDES = {"keep-source": "source", "keep-target": "target"}


@dataclass(frozen=True, slots=True)
class Decisions:
    """What people decide about the records of one configuration, and what waits for them."""

    ledger: Ledger
    clock: Clock
    who: str
    config: Config
    engine: Engine

    def held(self, pair: str, wanted: Wanted = ALL, number: int = 1) -> HeldPage:
        """One page of what is held, skipped or noted."""
        return page(self.ledger, pair, wanted, number)

    def count(self, pair: str, wanted: Wanted = ALL) -> int:
        """How many records are held, skipped or noted."""
        return count(self.ledger, pair, wanted)

    def questions(self, pair: str, wanted: Wanted = ALL, most: int | None = None) -> tuple[Asked, ...]:
        """What waits for a person's answer, or the first so many of it; the largest amounts first."""
        return asked(self.ledger, pair, wanted, most)

    def made(self, pair: str) -> tuple[Decision, ...]:
        """What was decided and not withdrawn, the newest first."""
        return decided(self.ledger, pair)

    def retry(self, pair: str, entity: str, number: str) -> None:
        """Make a held record due now, before anything else. Raises `Refused` when it is not held."""
        one = self._named(pair, entity, number)
        if self._row(one) is None:
            raise Refused(f"{one.label} is not held", why="Only what is held waits to be tried again.")
        self._due("retry", [one], {})

    def retry_cause(self, pair: str, cause: str, entity: str | None = None, about: str = "") -> int:
        """Make all records due now that one cause holds; how many they are. Raises `Refused` when there are none."""
        wanted = Wanted(kind="hold", cause=cause, entity=entity or "", about=about)
        found = [Named(pair, *one) for one in group(self.ledger, pair, wanted)]
        if not found:
            raise Refused(f"nothing is held for {cause}", fix="The causes are listed by: tieout holds")
        self._due("retry", found, {"cause": cause})
        return len(found)

    def skip(self, pair: str, entity: str, number: str, reason: str) -> None:
        """Leave a record out, for a reason that is listed, until somebody takes that back."""
        if not reason.strip():
            raise Refused("a skip needs a reason", fix='For example: --reason "Entered by hand in the books."')
        one = self._named(pair, entity, number)
        told = Problem(cause="skipped-by-person", what=reason.strip())
        self._decide(one, {("skip", ""): reason.strip()}, kind="skip", told=told)

    def unskip(self, pair: str, entity: str, number: str) -> None:
        """Take a person's skip back: the record is decided anew. Raises `Refused` when nobody skipped it."""
        one = self._named(pair, entity, number)
        told = Problem(
            cause="due-again",
            what="It is decided anew in the next run.",
            why=f"{self.who} took its skip back.",
            fix="Run the next sync.",
        )
        mine = (*_of(DecisionRow, one), DecisionRow.c.what == "skip", DecisionRow.c.withdrawn_at.is_(None))
        with self.ledger.writing() as sql:
            gone = sql.execute(update(DecisionRow).where(*mine).values(withdrawn_at=self.clock.now()))
            if not gone.rowcount:
                raise Refused(
                    f"nobody skipped {one.label}",
                    why="What Tieout leaves out by itself has its reason in the record or in the settings.",
                    fix="See the reason: tieout holds",
                )
            self._tell(sql, one, "hold", told)
            self._make_due(sql, [one])
            self._audit(sql, "unskip", one, {})

    def link(self, pair: str, entity: str, number: str, target: str) -> str:
        """Say which record of the target, by number, name or id, this one is; the target's id comes back.

        Raises `Refused` when there is no such record, several, one of another kind or currency, one that is void or
        archived, or one that another record is linked to already.
        """
        one = self._named(pair, entity, number)
        flow = self._flow(pair, entity)
        target_id, record = self._look_up(flow, target)
        sharing = self._fits(flow, one, target_id, record)
        key = getattr(record, flow.entity.key[0]) if len(flow.entity.key) == 1 else None
        value = {"target": target_id, "key": key, "origin": "shared" if sharing else "person"}
        self._decide(one, {("link", ""): value})
        return target_id

    def answer(
        self,
        pair: str,
        entity: str,
        number: str,
        option: str | None,
        fields: Mapping[str, str] | None = None,
        called: str | None = None,
    ) -> None:
        """Answer the question about a record, for the values asked about.

        `fields` answers single fields with source or target, `option` all others; `called` is the name, number or code
        under which a record is created. Raises `Refused` when nothing is asked, or not this.
        """
        one = self._named(pair, entity, number)
        row = self._row(one)
        if row is None or row.question is None:
            raise Refused(f"nothing is asked about {one.label}", fix="The questions are listed by: tieout questions")
        question = Question.loaded(row.question)
        if option is not None and option not in question.options:
            raise Refused(f"{option} is no answer here", fix=f"The answers are: {', '.join(question.options)}")
        if option == "skip":
            raise Refused("a skip needs a reason", fix=f'tieout skip {entity} "{number}" --reason "..."')
        if option == "link":
            self._link_suggested(one, question)
        elif option == "create":
            self._decide(one, _created(question, called))
        else:
            self._decide(one, _kept(question, option, fields or {}))

    def _link_suggested(self, one: Named, question: Question) -> None:
        if len(question.suggestions) != 1:
            listed = ", ".join(f"{each.label} ({each.target_id})" for each in question.suggestions)
            raise Refused(
                "it is not clear which record of the target is meant",
                fix=f'Name it: tieout link {one.entity} "{one.label}" ID. Likely are: {listed or "none"}',
            )
        self.link(one.pair, one.entity, one.source_id, question.suggestions[0].target_id)

    def _flow(self, pair: str, entity: str) -> Flow:
        flows = self.engine.flows(self.config.pairs[pair])
        return next(flow for flow in flows if flow.entity.name == entity)

    def _named(self, pair: str, entity: str, number: str) -> Named:
        return Names(self.ledger, self.config, self.engine.plugins).find(pair, entity, number)

    def _row(self, one: Named) -> Any:
        with self.ledger.reading() as sql:
            return sql.execute(select(HeldRow).where(*_of(HeldRow, one), HeldRow.c.kind == "hold")).first()

    def _look_up(self, flow: Flow, target: str) -> tuple[str, Record]:
        end = flow.target
        keys = [Key("id", target), *(Key(name, target) for name in end.resource.find)]
        told = end.facade.find(end.connection, end.resource, keys)
        found = {end.resource.identify(wire): wire for many in told.values() for wire in many}
        title = end.connector.title
        if not found:
            raise Refused(f"{title} has no {target}", fix="Give the number, name or id that it has there.")
        lifted = dict(zip(found, end.lift(list(found.values())), strict=True))
        records = {one: record for one, record in lifted.items() if isinstance(record, Record)}
        if not records:
            raise Refused(f"{target} is another kind of record", why=f"It is none of {flow.entity.title.lower()}.")
        standing = {one: record for one, record in records.items() if record.standing not in ("void", "archived")}
        if len(standing) > 1:
            listed = ", ".join(f"{label(record)} ({one})" for one, record in standing.items())
            raise Refused(f"{title} has several {target}", fix=f"Name one by its id: {listed}")
        if not standing:
            raise Refused(f"{target} is void or archived in {title}", fix="Restore it there, or name another one.")
        ((target_id, record),) = standing.items()
        with self.ledger.writing() as sql:
            self.ledger.put(sql, InboxRow, [inbox_row(end.tenant, end.resource, found[target_id], 0)])
            index(self.ledger, sql, [flow], {target_id: found[target_id]})
        return target_id, record

    def _fits(self, flow: Flow, one: Named, target_id: str, record: Record) -> bool:
        """Whether others share that record of the target. Raises `Refused` when it cannot be this one's."""
        with self.ledger.reading() as sql:
            rows = wires(sql, flow.source.connection, flow.source.resource, [one.source_id])
            query = select(LinkRow.c.entity, LinkRow.c.source_id).where(
                LinkRow.c.target_tenant == flow.target.tenant,
                LinkRow.c.resource == flow.target.resource.name,
                LinkRow.c.target_id == target_id,
            )
            links = [tuple(row) for row in sql.execute(query) if tuple(row) != (one.entity, one.source_id)]
        if any(entity == one.entity for entity, _ in links):
            raise Refused(
                f"{label(record)} is linked to another of {one.entity}",
                why="Two records of one kind would become one.",
                fix="Merge them in the source, or name another record.",
            )
        (own,) = flow.source.lift([row.wire for row in rows.values()]) or (None,)
        here, there = getattr(own, "currency", None), getattr(record, "currency", None)
        if worth(record) is not None and here and there and normal(here) != normal(there):
            raise Refused(f"{label(record)} is in {there} and {one.label} in {here}", fix="Name another record.")
        return bool(links)

    def _decide(
        self, one: Named, given: Mapping[tuple[str, str], Any], kind: str = "", told: Problem | None = None
    ) -> None:
        now = self.clock.now()
        base = {"pair": one.pair, "entity": one.entity, "source_id": one.source_id, "label": one.label}
        rows = [
            {**base, "what": what, "for_digest": mark, "value": value, "by": self.who, "at": now, "withdrawn_at": None}
            for (what, mark), value in given.items()
        ]
        with self.ledger.writing() as sql:
            self.ledger.put(sql, DecisionRow, rows)
            if told is not None:
                self._tell(sql, one, kind, told)
            self._make_due(sql, [one])
            for (what, _), value in given.items():
                self._audit(sql, what, one, {"value": value})

    def _due(self, what: str, found: Sequence[Named], data: Mapping[str, Any]) -> None:
        with self.ledger.writing() as sql:
            self._make_due(sql, found)
            self._audit(sql, what, found[0], {**data, "records": len(found)})

    def _make_due(self, sql: Any, found: Sequence[Named]) -> None:
        rows = [{"pair": one.pair, "entity": one.entity, "id": one.source_id, "why": ASKED} for one in found]
        self.ledger.put(sql, DueRow, rows)

    def _tell(self, sql: Any, one: Named, kind: str, told: Problem) -> None:
        """Show at once what the next run will find."""
        row = sql.execute(select(HeldRow).where(*_of(HeldRow, one))).first()
        base = {"pair": one.pair, "entity": one.entity, "source_id": one.source_id, "label": one.label}
        kept = {name: getattr(row, name, None) for name in ("amount", "currency")}
        fresh = {"kind": kind, **reasons([asdict(told)], one.label, kept["currency"]), "since": self.clock.now()}
        self.ledger.put(sql, HeldRow, [{**base, **kept, **fresh, "tries": 0, "refused": None}])

    def _audit(self, sql: Any, what: str, one: Named, data: Mapping[str, Any]) -> None:
        told = {**asdict(one), **data}
        sql.execute(insert(AuditRow).values(at=self.clock.now(), who=self.who, what=what, data=told))


def _of(table: Any, one: Named) -> tuple[Any, ...]:
    return (table.c.pair == one.pair, table.c.entity == one.entity, table.c.source_id == one.source_id)


def _kept(question: Question, option: str | None, fields: Mapping[str, str]) -> dict[tuple[str, str], Any]:
    """Whose value stands, by what was asked."""
    known = {change.name.replace("_", "-"): change for change in question.fields}
    for name, side in fields.items():
        if name not in known:
            raise Refused(f"{name} was not changed on both sides", fix=f"The fields are: {', '.join(known) or 'none'}")
        if side not in _SIDES.values():
            raise Refused(f"{side} is no side", fix=f"Write {name}=source or {name}=target")
    rest = _SIDES.get(option or "")
    sides = {name: fields.get(name, rest) for name in known}
    given: dict[tuple[str, str], Any] = {("keep", known[name].mark): side for name, side in sides.items() if side}
    if question.mark and rest:
        given["keep", question.mark] = rest
    if not given:
        raise Refused("that answers nothing", fix=f"The answers are: {', '.join(question.options)}")
    return given


def _created(question: Question, called: str | None) -> dict[tuple[str, str], Any]:
    """That it is none of those suggested; under another name where its own is not free."""
    given: dict[tuple[str, str], Any] = {("create", each.mark): True for each in question.suggestions}
    taken = any(normal(each.label) == normal(question.called) for each in question.suggestions)
    text = (called or "").strip() or (question.proposal if question.kind != "match" or taken else "")
    if text and question.renames:
        given["name", name_mark(question.renames, question.called)] = text
    return given
