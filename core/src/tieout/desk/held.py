"""What is held, skipped or noted, record by record, and what people were asked and decided: told from the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Text, func, select, type_coerce

from tieout.api.codec import dumps
from tieout.api.errors import Problem
from tieout.ledger import Ledger, chunks
from tieout.ledger.tables import DecisionRow, HeldRow
from tieout.rules.questions import Asked, Question
from tieout.rules.report import Decision, HeldPage, HeldRecord

PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which of the held records are meant; what is left empty says nothing.

    `kind` is hold, skip or note, `cause` and `about` of any of their problems, `text` a part of what people call them.
    `first` and `other` name the causes that their first problem has, or has not, `asks` the kinds of question that wait
    for an answer. `records` are source ids.
    """

    kind: str = ""
    entity: str = ""
    cause: str = ""
    about: str = ""
    text: str = ""
    first: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    records: tuple[str, ...] = ()

    def where(self, pair: str) -> Iterator[ColumnElement[bool]]:
        """As conditions on the ledger."""
        problems = type_coerce(HeldRow.c.problems, Text)
        yield HeldRow.c.pair == pair
        for column, value in (("kind", self.kind), ("entity", self.entity)):
            if value:
                yield HeldRow.c[column] == value
        if self.cause:
            yield problems.contains(_json("cause", self.cause), autoescape=True)
        if self.about:
            yield problems.contains(_json("about", self.about), autoescape=True)
        if self.text:
            yield HeldRow.c.label.icontains(self.text, autoescape=True)
        if self.other:
            yield HeldRow.c.cause.not_in(self.other)
        if self.first:
            yield HeldRow.c.cause.in_(self.first)
        if self.asks:
            yield HeldRow.c.asks.in_(self.asks)
        if self.records:
            yield HeldRow.c.source_id.in_(self.records)


ALL = Wanted()


def page(ledger: Ledger, pair: str, wanted: Wanted, number: int) -> HeldPage:
    """One page of a pair's held records, counted from 1; one behind the last is empty."""
    number = max(number, 1)
    query = _ordered(pair, wanted).limit(PAGE).offset((number - 1) * PAGE)
    with ledger.reading() as sql:
        records = tuple(_record(row) for row in sql.execute(query))
    total = count(ledger, pair, wanted)
    return HeldPage(records, number, -(-total // PAGE), total)


def count(ledger: Ledger, pair: str, wanted: Wanted) -> int:
    """How many held records are meant."""
    with ledger.reading() as sql:
        found: int = sql.execute(select(func.count()).select_from(HeldRow).where(*wanted.where(pair))).scalar_one()
    return found


def group(ledger: Ledger, pair: str, wanted: Wanted) -> list[tuple[str, str, str]]:
    """The records that are meant: entity, source id and label."""
    return [(row.entity, row.source_id, row.label) for row in _rows(ledger, pair, wanted)]


def asked(ledger: Ledger, pair: str, wanted: Wanted, most: int | None = None) -> tuple[Asked, ...]:
    """The open questions about the records that are meant, or the first so many; the largest amounts first."""
    waiting = (*wanted.where(pair), HeldRow.c.asks.is_not(None))
    of = [HeldRow.c[name] for name in ("entity", "label", "source_id", "amount")]
    with ledger.reading() as sql:
        # questions are large: only those that are shown are read
        found = sorted(sql.execute(select(*of).where(*waiting)), key=_weight)[:most]
        asking = [
            row
            for part in chunks([row.source_id for row in found])
            for row in sql.execute(select(HeldRow).where(*waiting, HeldRow.c.source_id.in_(part)))
        ]
    return tuple(
        Asked(
            entity=row.entity,
            source_id=row.source_id,
            label=row.label,
            question=Question.loaded(row.question),
            amount=_amount(row),
            currency=row.currency or "",
            since=row.since,
        )
        for row in sorted(asking, key=_weight)[:most]
    )


def _weight(row: Any) -> tuple[Decimal, str, str, str]:
    return (-(_amount(row) or Decimal(0)), row.entity, row.label, row.source_id)


def decided(ledger: Ledger, pair: str) -> tuple[Decision, ...]:
    """What people decided about a pair's records and did not withdraw, the newest first."""
    query = select(DecisionRow).where(DecisionRow.c.pair == pair, DecisionRow.c.withdrawn_at.is_(None))
    with ledger.reading() as sql:
        rows = list(sql.execute(query.order_by(DecisionRow.c.at.desc(), DecisionRow.c.entity, DecisionRow.c.label)))
    return tuple(
        Decision(
            entity=row.entity,
            source_id=row.source_id,
            label=row.label,
            what=row.what,
            value=row.value,
            by=row.by,
            at=row.at,
        )
        for row in rows
    )


def _rows(ledger: Ledger, pair: str, wanted: Wanted) -> Iterator[Any]:
    with ledger.reading() as sql:
        yield from sql.execute(_ordered(pair, wanted))


def _ordered(pair: str, wanted: Wanted) -> Any:
    order = (HeldRow.c.entity, HeldRow.c.label, HeldRow.c.source_id)
    return select(HeldRow).where(*wanted.where(pair)).order_by(*order)


def _json(name: str, value: str) -> str:
    """A member of an object as the ledger stores it."""
    return dumps({name: value}).decode()[1:-1]


def _record(row: Any) -> HeldRecord:
    return HeldRecord(
        entity=row.entity,
        source_id=row.source_id,
        label=row.label,
        kind=row.kind,
        problems=tuple(Problem(**one) for one in row.problems),
        amount=_amount(row),
        currency=row.currency or "",
        since=row.since,
        tries=row.tries,
        next_try="unskip" if row.kind == "skip" else "change" if row.refused else "next-run",
    )


def _amount(row: Any) -> Decimal | None:
    return Decimal(row.amount) if row.amount is not None else None
