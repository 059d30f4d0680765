"""Finding counterparts for records without a link: in the target as read, by asking it, and in the same plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, tuple_

from tieout.api.errors import Problem
from tieout.api.model import Record
from tieout.api.work import Key, Reject
from tieout.engine.due import Due, held_row
from tieout.engine.flow import Flow, load
from tieout.engine.inbox import inbox_row, index, wires
from tieout.ledger import Ledger, chunks
from tieout.ledger.lease import Lease
from tieout.ledger.runs import ChangeRow
from tieout.ledger.tables import DueRow, HeldRow, InboxRow, KeyRow, LinkRow
from tieout.ledger.versions import keep
from tieout.rules.match import Candidate, Match, choose, keys, label, normal, proposals, renaming, twin
from tieout.rules.questions import Question

_OFFERED = "offered"
"""The mark of a name that was proposed to a record: no other one is offered it in the same plan."""


@dataclass(slots=True)
class Matching:
    """Decides for a page of creates whether each is new, is there already, or needs a person.

    `whole` names the target's resources that were read completely in this run: those need not be asked again.
    `offered` are the names that this page proposes, each with the id of the record that it is proposed to.
    """

    ledger: Ledger
    leases: tuple[Lease, ...]
    flow: Flow
    flows: tuple[Flow, ...]
    plan: int
    run: int
    whole: frozenset[str]
    page: dict[tuple[str, str], list[Due]] = field(default_factory=dict)
    claimed: set[str] = field(default_factory=set)
    offered: dict[str, str] = field(default_factory=dict)

    @property
    def _realm(self) -> str:
        return f"plan:{self.flow.pair}"

    def match(self, creates: Sequence[Due]) -> None:
        """Turn each create into a link, a hold, or leave it a create that was asked for before."""
        wanted = self._wanted(creates)
        self._choose(wanted)
        new = [(due, record) for due, record in wanted if due.going and due.change and due.change["op"] == "create"]
        if new and self.flow.target.resource.name not in self.whole:
            # only what would really be created is worth a question
            self._ask(new)
            self._choose(new)

    def _choose(self, wanted: list[tuple[Due, Record]]) -> None:
        there = self._there(wanted)
        planned = self._planned(wanted)
        named = self._named(wanted)
        repeats = self.flow.entity.repeats
        for due, record in wanted:
            if repeats:
                there = {key: [one for one in some if one.target_id not in self.claimed] for key, some in there.items()}
            found = {
                name: [*there.get((name, value), []), *planned.get((name, value), []), *self._here(due, name, value)]
                for name, value in due.keys.items()
            }
            found["counterpart"] = named.get(due.id, [])
            match = choose(self.flow.entity, self.flow.target.resource, due.id, record, found, due.answers)
            self._settle(due, match, [one.record for many in found.values() for one in many])
            for name, value in due.keys.items():
                alike = self.page.setdefault((name, value), [])
                if due not in alike:
                    alike.append(due)

    def _wanted(self, creates: Sequence[Due]) -> list[tuple[Due, Record]]:
        """The records as the target would show them: lowered, then lifted again."""
        end, entity = self.flow.target, self.flow.entity
        wanted = []
        bodies = [due.change["steps"][0]["body"] for due in creates if due.change]
        for due, record in zip(creates, end.lift(bodies), strict=True):
            if not isinstance(record, Record):
                due.hold(*(record.problems if isinstance(record, Reject) else (_foreign(self.flow),)))
                continue
            due.keys = keys(record, entity, end.resource)
            if due.change:
                due.change["target_key"] = getattr(record, entity.key[0]) if len(entity.key) == 1 else None
            wanted.append((due, record))
        return wanted

    def _ask(self, wanted: list[tuple[Due, Record]]) -> None:
        end = self.flow.target
        asked = {
            Key(name, str(getattr(record, name)))
            for due, record in wanted
            for name in end.resource.find
            if (name in self.flow.entity.key or name in due.keys) and getattr(record, name, None) not in (None, "")
        }
        asked |= {Key("id", one) for due, _ in wanted if due.record is not None and (one := due.record.counterpart)}
        if not asked:
            return
        answers = end.facade.find(end.connection, end.resource, sorted(asked, key=lambda key: (key.field, key.value)))
        found = {end.resource.identify(wire): wire for many in answers.values() for wire in many}
        sharing = [flow for flow in self.flows if flow.target.resource.name == end.resource.name]
        with self.ledger.writing(*self.leases) as sql:
            rows = [inbox_row(end.tenant, end.resource, wire, self.run) for wire in found.values()]
            self.ledger.put(sql, InboxRow, rows)
            keep(self.ledger, sql, rows, end.connection.clock.now())
            index(self.ledger, sql, sharing, found)

    def _there(self, wanted: list[tuple[Due, Record]]) -> dict[tuple[str, str], list[Candidate]]:
        end = self.flow.target
        with self.ledger.reading() as sql:
            marks = self._marks(sql, end.tenant, wanted)
            ids = {row.id for row in marks}
            rows = {one: row for one, row in wires(sql, end.connection, end.resource, ids).items() if not row.gone}
            links = self._links(sql, ids)
        lifted = dict(zip(rows, end.lift([row.wire for row in rows.values()]), strict=True))
        found: dict[tuple[str, str], list[Candidate]] = {}
        for mark in marks:
            record = lifted.get(mark.id)
            if isinstance(record, Record):
                candidate = Candidate(record, target_id=mark.id, linked=tuple(links.get(mark.id, ())))
                found.setdefault((mark.field, mark.value), []).append(candidate)
        return found

    def _named(self, wanted: list[tuple[Due, Record]]) -> dict[str, list[Candidate]]:
        """What the source's records themselves name as their counterparts."""
        ids = {due.id: one for due, _ in wanted if due.record is not None and (one := due.record.counterpart)}
        if not ids:
            return {}
        end = self.flow.target
        with self.ledger.reading() as sql:
            rows = wires(sql, end.connection, end.resource, ids.values())
            links = self._links(sql, ids.values())
        lifted = dict(zip(rows, end.lift([row.wire for row in rows.values()]), strict=True))
        return {
            mine: [Candidate(record, target_id=one, linked=tuple(links.get(one, ())))]
            for mine, one in ids.items()
            if isinstance(record := lifted.get(one), Record) and not rows[one].gone
        }

    def _marks(self, sql: Any, realm: str, wanted: list[tuple[Due, Record]]) -> list[Any]:
        pairs = sorted({pair for due, _ in wanted for pair in due.keys.items()})
        marks = []
        for start in range(0, len(pairs), 300):
            query = select(KeyRow).where(
                KeyRow.c.tenant == realm,
                KeyRow.c.shape == self.flow.target.shape,
                tuple_(KeyRow.c.field, KeyRow.c.value).in_(pairs[start : start + 300]),
            )
            marks += list(sql.execute(query))
        return marks

    def _links(self, sql: Any, ids: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
        end = self.flow.target
        found: dict[str, list[tuple[str, str]]] = {}
        for part in chunks(sorted(ids)):
            query = select(LinkRow.c.target_id, LinkRow.c.entity, LinkRow.c.source_id).where(
                LinkRow.c.target_tenant == end.tenant,
                LinkRow.c.resource == end.resource.name,
                LinkRow.c.target_id.in_(part),
            )
            for row in sql.execute(query):
                found.setdefault(row.target_id, []).append((row.entity, row.source_id))
            adopted = select(ChangeRow.c.target_id, ChangeRow.c.entity, ChangeRow.c.source_id).where(
                ChangeRow.c.plan == self.plan,
                ChangeRow.c.resource == end.resource.name,
                ChangeRow.c.op == "link",
                ChangeRow.c.target_id.in_(part),
            )
            for row in sql.execute(adopted):
                found.setdefault(row.target_id, []).append((row.entity, row.source_id))
        return found

    def _planned(self, wanted: list[tuple[Due, Record]]) -> dict[tuple[str, str], list[Candidate]]:
        with self.ledger.reading() as sql:
            marks = self._marks(sql, self._realm, wanted)
            pointers = {(entity, one) for entity, _, one in (mark.id.partition("/") for mark in marks)}
            changes = self._changes(sql, pointers)
        found: dict[tuple[str, str], list[Candidate]] = {}
        for mark in marks:
            entity, _, one = mark.id.partition("/")
            candidate = self._candidate(entity, one, changes.get((entity, one)))
            found.setdefault((mark.field, mark.value), []).append(candidate)
        return found

    def _changes(self, sql: Any, pointers: set[tuple[str, str]]) -> dict[tuple[str, str], Any]:
        found: dict[tuple[str, str], Any] = {}
        for part in chunks(sorted(one for _, one in pointers)):
            query = select(ChangeRow.c.entity, ChangeRow.c.source_id, ChangeRow.c.record).where(
                ChangeRow.c.plan == self.plan,
                ChangeRow.c.source_id.in_(part),
            )
            found |= {(row.entity, row.source_id): row.record for row in sql.execute(query)}
        return found

    def _candidate(self, entity: str, one: str, stored: Any) -> Candidate:
        owner = next(flow.entity for flow in self.flows if flow.entity.name == entity)
        record = load(owner, stored)
        if record is None:
            # it was planned and then held for having a twin: whoever comes next waits as well
            return Candidate(Record(), planned=(self.flow.entity.name, one))
        return Candidate(record, planned=(entity, one))

    def _here(self, due: Due, name: str, value: str) -> list[Candidate]:
        mine = self.flow.entity.name
        return [
            Candidate(other.record or Record(), planned=(mine, other.id))
            for other in self.page.get((name, value), [])
            if other is not due
        ]

    def _settle(self, due: Due, match: Match, others: Sequence[Record]) -> None:
        if match.problems:
            if match.twin:
                self._stop_here(match.twin[1], due.record)
            due.hold(*match.problems, question=self._asked(match.question, due.id, due.record, due.change, others))
            due.twin = match.twin
        elif match.adopt is not None and due.change is not None:
            adopted = match.adopt
            self.claimed |= {adopted.target_id} if adopted.target_id else set()
            shared = adopted.planned is not None or bool(adopted.linked)
            due.change |= {
                "op": "link",
                "steps": [],
                "target_id": adopted.target_id,
                "origin": "shared" if shared else "created" if match.ours else "matched",
                "needs": [list(adopted.planned)] if adopted.planned else [],
            }

    def _asked(
        self,
        question: Question | None,
        one: str,
        record: Record | None,
        change: Mapping[str, Any] | None,
        others: Sequence[Record],
    ) -> Question | None:
        """The question in the source's own words, with a name that is free and offered to no other record."""
        if question is None or record is None:
            return question
        called, shown = label(record), str((change or {}).get("target_key") or "")
        limit = len(shown) if shown and len(shown) < len(called) else None
        free = next(each for each in proposals(record, others, limit) if self._free(question.renames, each.text, one))
        return replace(question, called=called, proposal=free.text, reason=free.reason)

    def _free(self, name: str, text: str, one: str) -> bool:
        value = normal(text)
        if value in self.offered:
            return False
        taken = select(KeyRow.c.id).where(
            KeyRow.c.tenant.in_((self.flow.target.tenant, self._realm)),
            KeyRow.c.shape == self.flow.target.shape,
            KeyRow.c.field.in_((name, _OFFERED)),
            KeyRow.c.value == value,
            KeyRow.c.id != f"{self.flow.entity.name}/{one}",
        )
        with self.ledger.reading() as sql:
            free = sql.execute(taken.limit(1)).first() is None
        if free:
            self.offered[value] = one
        return free

    def _stop_here(self, source_id: str, later: Record | None) -> None:
        for known in (due for many in self.page.values() for due in many):
            if known.id == source_id and known.verdict.kind != "hold" and known.record is not None:
                others = [later] if later is not None else []
                question = self._asked(renaming("twin", known.record), known.id, known.record, known.change, others)
                known.hold(twin(self.flow.entity, known.record), question=question)

    def store(self, sql: Any, page: Sequence[Due], now: datetime) -> int:
        """Remember the marks of this page's creates, and hold the earlier halves of twins; how many those were."""
        here = {due.id for due in page}
        earlier = {due.twin[1]: due for due in page if due.twin and due.twin[1] not in here}
        moved = sum(self._unplan(sql, one, due, now) for one, due in earlier.items())
        marks = [(due.id, name, value) for due in page for name, value in due.keys.items()]
        marks += [(one, _OFFERED, value) for value, one in self.offered.items()]
        base = {"tenant": self._realm, "shape": self.flow.target.shape}
        rows = [
            {**base, "id": f"{self.flow.entity.name}/{one}", "field": name, "value": value}
            for one, name, value in marks
        ]
        self.ledger.put(sql, KeyRow, rows)
        return moved

    def _unplan(self, sql: Any, source_id: str, later: Due, now: datetime) -> int:
        mine = (
            ChangeRow.c.plan == self.plan,
            ChangeRow.c.entity == self.flow.entity.name,
            ChangeRow.c.source_id == source_id,
        )
        change = sql.execute(select(ChangeRow).where(*mine)).first()
        if change is None:
            return 0
        sql.execute(delete(ChangeRow).where(*mine))
        pair, name = self.flow.pair, self.flow.entity.name
        due = (DueRow.c.pair == pair, DueRow.c.entity == name, DueRow.c.id == source_id)
        sql.execute(delete(DueRow).where(*due))
        record = load(self.flow.entity, change.record)
        question = renaming("twin", record) if record is not None else None
        others = [later.record] if later.record is not None else []
        question = self._asked(question, source_id, record, change._mapping, others)
        row = held_row(self.flow, source_id, "hold", later.verdict.problems, record, now, question=question)
        self.ledger.put(sql, HeldRow, [row])
        return 1


def forget(sql: Any, pair: str) -> None:
    """Drop the marks of a pair's earlier plan."""
    sql.execute(delete(KeyRow).where(KeyRow.c.tenant == f"plan:{pair}"))


def _foreign(flow: Flow) -> Problem:
    return Problem(
        cause="not-recognised",
        what=f"What would be written is not recognised as one of {flow.entity.title.lower()} when read back.",
        why="The binding's constants or functions disagree with each other.",
        fix="Report this as a bug of the plugin.",
    )
