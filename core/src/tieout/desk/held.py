"""What is held, skipped or noted, record by record, and what people were asked and decided: told from the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Text, func, or_, select, type_coerce

from tieout.codec import dumps
from tieout.errors import Problem
from tieout.ledger import Ledger
from tieout.ledger.tables import DecisionRow, HeldRow
from tieout.questions import Asked, Question
from tieout.report import Decision, HeldPage, HeldRecord

PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which of the held records are meant; what is left empty says nothing.

    `kind` is hold, skip or note, `cause` and `about` of any of their problems, `text` a part of what people call them.
    `first` and `other` name the causes that their first problem has, or has not, `asks` the kinds of question that wait
    for an answer. `record` is a source id.
    """

    kind: str = ""
    entity: str = ""
    cause: str = ""
    about: str = ""
    text: str = ""
    record: str = ""
    first: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()

    def where(self, pair: str) -> Iterator[ColumnElement[bool]]:
        """As conditions on the ledger."""
        problems, question = (type_coerce(column, Text) for column in (HeldRow.c.problems, HeldRow.c.question))
        yield HeldRow.c.pair == pair
        for column, value in (("kind", self.kind), ("entity", self.entity), ("source_id", self.record)):
            if value:
                yield HeldRow.c[column] == value
        if self.cause:
            yield problems.contains(_json("cause", self.cause), autoescape=True)
        if self.about:
            yield problems.contains(_json("about", self.about), autoescape=True)
        if self.text:
            yield HeldRow.c.label.icontains(self.text, autoescape=True)
        for cause in self.other:
            yield ~problems.startswith("[{" + _json("cause", cause), autoescape=True)
        if self.first:
            begun = ("[{" + _json("cause", cause) for cause in self.first)
            yield or_(*(problems.startswith(one, autoescape=True) for one in begun))
        if self.asks:
            yield or_(*(question.startswith("{" + _json("kind", kind), autoescape=True) for kind in self.asks))


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


def asked(ledger: Ledger, pair: str, wanted: Wanted) -> tuple[Asked, ...]:
    """The open questions about the records that are meant, the largest amounts first."""
    questions = [
        Asked(
            entity=row.entity,
            source_id=row.source_id,
            label=row.label,
            question=Question.loaded(row.question),
            amount=_amount(row),
            currency=row.currency or "",
            since=row.since,
        )
        for row in _rows(ledger, pair, wanted)
        if row.question is not None
    ]
    return tuple(sorted(questions, key=lambda one: (-(one.amount or Decimal(0)), one.entity, one.label)))


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
