"""References turned from one side's ids into the other's, through links and through what the same plan creates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from tieout.api.contract import Wire
from tieout.api.errors import Problem
from tieout.api.model import Record, Ref
from tieout.engine.flow import Flow
from tieout.engine.inbox import wires
from tieout.ledger import Ledger, chunks
from tieout.ledger.runs import ChangeRow
from tieout.ledger.tables import HeldRow, LinkRow
from tieout.rules.match import label
from tieout.rules.references import refs, replace

Pointer = tuple[str, str]
"""A source record: entity and source id."""


@dataclass(slots=True)
class Resolver:
    """Resolves the references of a page of records.

    `markers` maps each text that stands for an id not known yet to the record whose receipt will tell it; `planned`
    maps the natural keys of records that the same plan creates, and the ids of those that it links, to those records.
    """

    ledger: Ledger
    flows: tuple[Flow, ...]
    plan: int
    nonce: str
    markers: dict[str, Pointer] = field(default_factory=dict)
    planned: dict[str, Pointer] = field(default_factory=dict)

    def name(self, records: Mapping[str, Any]) -> dict[str, Any]:
        """The records with every reference named that the source itself left nameless."""
        wanted: dict[str, set[str]] = {}
        for record in records.values():
            if isinstance(record, Record):
                for _, ref in refs(record):
                    if ref.name is None:
                        wanted.setdefault(ref.entity, set()).add(ref.id)
        names = {
            (flow.entity.name, one): called for flow in self._of(wanted) for one, called in self._names(flow, wanted)
        }
        if not names:
            return dict(records)

        def named(ref: Ref[str]) -> Ref[str]:
            called = names.get((ref.entity, ref.id)) if ref.name is None else None
            return ref.model_copy(update={"name": called}) if called else ref

        return {
            one: replace(record, named) if isinstance(record, Record) else record for one, record in records.items()
        }

    def _of(self, entities: Iterable[str]) -> list[Flow]:
        names = set(entities)
        return [flow for flow in self.flows if flow.entity.name in names]

    def _names(self, flow: Flow, wanted: dict[str, set[str]]) -> list[tuple[str, str]]:
        with self.ledger.reading() as sql:
            rows = wires(sql, flow.source.connection, flow.source.resource, wanted[flow.entity.name])
        lifted = flow.source.lift([row.wire for row in rows.values()])
        return [
            (one, getattr(record, "name", "") or label(record))
            for one, record in zip(rows, lifted, strict=True)
            if isinstance(record, Record)
        ]

    def resolve(self, flow: Flow, records: Mapping[str, Record]) -> dict[str, tuple[Record, tuple[Problem, ...]]]:
        """Each record with the target's references, and the problems of those that must resolve and do not."""
        wanted: dict[str, set[str]] = {}
        for record in records.values():
            for _, ref in refs(record):
                wanted.setdefault(ref.entity, set()).add(ref.id)
        known: dict[Pointer, Ref[str]] = {}
        held: dict[Pointer, str] = {}
        with self.ledger.reading() as sql:
            for entity, ids in wanted.items():
                self._linked(sql, flow, entity, ids, known)
                self._planned(sql, entity, ids, known)
                held |= self._held(sql, flow, entity, ids)
        return {one: self._turn(flow, record, known, held) for one, record in records.items()}

    def around(self, flow: Flow, records: Iterable[Record]) -> dict[str, Wire]:
        """The target's wires of the counterparts that this flow's target wants to see, by id or marker."""
        wanted: dict[str, set[str]] = {}
        for record in records if flow.target.resource.around else ():
            for name, ref in refs(record):
                if name in flow.target.resource.around and ref.side == "target":
                    wanted.setdefault(ref.entity, set()).add(ref.id)
        found: dict[str, Wire] = {}
        for other in self._of(wanted):
            ids = wanted[other.entity.name]
            planned = {self.markers[one][1]: one for one in ids if one in self.markers}
            with self.ledger.reading() as sql:
                adopted: dict[str, str] = {}
                for part in chunks(sorted(planned)):
                    query = select(ChangeRow.c.source_id, ChangeRow.c.target_id, ChangeRow.c.steps).where(
                        ChangeRow.c.plan == self.plan,
                        ChangeRow.c.entity == other.entity.name,
                        ChangeRow.c.source_id.in_(part),
                    )
                    for row in sql.execute(query):
                        if row.steps:
                            found[planned[row.source_id]] = row.steps[0]["body"]
                        elif row.target_id:
                            adopted[row.target_id] = planned[row.source_id]
                there = (ids - set(planned.values())) | adopted.keys()
                rows = wires(sql, other.target.connection, other.target.resource, there)
                found |= {adopted.get(one, one): row.wire for one, row in rows.items() if not row.gone}
        return found

    def _linked(self, sql: Any, flow: Flow, entity: str, ids: set[str], known: dict[Pointer, Ref[str]]) -> None:
        for part in chunks(sorted(ids)):
            query = select(LinkRow.c.source_id, LinkRow.c.target_id, LinkRow.c.target_key).where(
                LinkRow.c.entity == entity,
                LinkRow.c.source_tenant == flow.source.tenant,
                LinkRow.c.target_tenant == flow.target.tenant,
                LinkRow.c.source_id.in_(part),
            )
            for row in sql.execute(query):
                known[entity, row.source_id] = Ref(entity=entity, id=row.target_id, side="target", key=row.target_key)

    def _planned(self, sql: Any, entity: str, ids: set[str], known: dict[Pointer, Ref[str]]) -> None:
        for part in chunks(sorted(one for one in ids if (entity, one) not in known)):
            query = select(ChangeRow.c.source_id, ChangeRow.c.target_key, ChangeRow.c.op, ChangeRow.c.target_id).where(
                ChangeRow.c.plan == self.plan,
                ChangeRow.c.entity == entity,
                ChangeRow.c.source_id.in_(part),
            )
            for row in sql.execute(query):
                pointer = (entity, row.source_id)
                if row.op == "link" and row.target_id:
                    # the counterpart is known already: only its real id finds what was written about it before
                    self.planned[row.target_id] = pointer
                    known[pointer] = Ref(entity=entity, id=row.target_id, side="target", key=row.target_key)
                    continue
                marker = f"tieout:{self.nonce}:{entity}:{row.source_id}"
                self.markers[marker] = pointer
                if row.target_key:
                    self.planned[row.target_key] = pointer
                known[pointer] = Ref(entity=entity, id=marker, side="target", key=row.target_key)

    def _held(self, sql: Any, flow: Flow, entity: str, ids: set[str]) -> dict[Pointer, str]:
        found: dict[Pointer, str] = {}
        for part in chunks(sorted(ids)):
            query = select(HeldRow.c.source_id, HeldRow.c.kind).where(
                HeldRow.c.pair == flow.pair,
                HeldRow.c.entity == entity,
                HeldRow.c.source_id.in_(part),
                HeldRow.c.kind != "note",
            )
            found |= {(entity, row.source_id): row.kind for row in sql.execute(query)}
        return found

    def _turn(
        self, flow: Flow, record: Record, known: dict[Pointer, Ref[str]], held: dict[Pointer, str]
    ) -> tuple[Record, tuple[Problem, ...]]:
        problems = tuple(
            self._unresolved(flow, field_name, ref, held)
            for field_name, ref in refs(record)
            if field_name in flow.entity.follows and (ref.entity, ref.id) not in known
        )

        def turned(ref: Ref[str]) -> Ref[str] | None:
            found = known.get((ref.entity, ref.id))
            return found.model_copy(update={"name": ref.name}) if found else None

        return replace(record, turned), problems

    def _unresolved(self, flow: Flow, field_name: str, ref: Ref[str], held: dict[Pointer, str]) -> Problem:
        called = ref.name or ref.id
        if not self._of([ref.entity]):
            return Problem(
                cause="app-off",
                about=ref.entity,
                what=f"It needs {called!r} of {ref.entity}, which is switched off.",
                why=f"A record goes only when its {field_name} is in the target.",
                fix=f"Switch it on: tieout plugins enable {ref.entity}",
            )
        if held.get((ref.entity, ref.id)) == "skip":
            return Problem(
                cause="parent-skipped",
                about=ref.entity,
                what=f"Waiting: parent skipped, {called!r} of {ref.entity}.",
                why=f"A record goes only when its {field_name} is in the target.",
                fix=f"Send {called!r} after all, link it to a record of the target, or skip this one as well.",
            )
        if (ref.entity, ref.id) in held:
            return Problem(
                cause="waiting",
                about=ref.entity,
                what=f"It waits for {called!r} of {ref.entity}, which does not go itself.",
                why=f"A record goes only when its {field_name} is in the target.",
                fix=f"Solve what stops {called!r}; this record follows by itself.",
            )
        return Problem(
            cause="reference-missing",
            about=ref.entity,
            what=f"It names {called!r} of {ref.entity}, which the source does not list.",
            why=f"A record goes only when its {field_name} is in the target.",
            fix="Restore that record in the source, or choose another one.",
        )
