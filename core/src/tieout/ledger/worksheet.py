"""The worksheet of a tie-out: every record of both sides as it was just read, in rows of the ledger.

It is written for one tie-out and dropped with it; memory holds a page of it at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from sqlalchemy import bindparam, delete, select, tuple_, update

from tieout.api.errors import Problem
from tieout.api.model import Side
from tieout.ledger import Ledger, chunks
from tieout.ledger.tables import TieRow
from tieout.rules.tie import Seen

PAGE = 500
_FIELDS = tuple(item.name for item in fields(Seen))


@dataclass(frozen=True, slots=True)
class Worksheet:
    """The rows of one tie-out."""

    ledger: Ledger
    id: str

    def put(self, entity: str, side: Side, records: Iterable[Seen]) -> None:
        """Write records of one entity and side; one that moved while it was read counts once, as read last."""
        base = {"tie": self.id, "entity": entity, "side": side}
        with self.ledger.writing() as sql:
            self.ledger.put(sql, TieRow, [{**base, **asdict(record)} for record in records])

    def join(self, entity: str, pairs: Mapping[str, str]) -> None:
        """Note which records belong together, as source id to target id."""
        both = [("source", here, there) for here, there in pairs.items()]
        both += [("target", there, here) for here, there in pairs.items()]
        if not both:
            return
        mine = (TieRow.c.tie == self.id, TieRow.c.entity == entity)
        one = update(TieRow).where(*mine, TieRow.c.side == bindparam("at"), TieRow.c.id == bindparam("this"))
        values = [{"at": side, "this": this, "that": that} for side, this, that in both]
        with self.ledger.writing() as sql:
            sql.execute(one.values(other=bindparam("that")), values)

    def marks(self, entity: str) -> Iterator[list[str]]:
        """The marks of the source's records, page by page."""
        last = ""
        while True:
            query = select(TieRow.c.mark).distinct().where(*self._of(entity, "source"), TieRow.c.mark > last)
            with self.ledger.reading() as sql:
                page = list(sql.execute(query.order_by(TieRow.c.mark).limit(PAGE)).scalars())
            if not page:
                return
            yield page
            last = page[-1]

    def pages(self, entity: str, side: Side) -> Iterator[list[Seen]]:
        """All records of one entity and side, page by page, by month and then by what people call them."""
        place = tuple_(TieRow.c.period, TieRow.c.label, TieRow.c.id)
        order = (TieRow.c.period, TieRow.c.label, TieRow.c.id)
        last: tuple[str, str, str] | None = None
        while True:
            query = select(TieRow).where(*self._of(entity, side))
            if last is not None:
                query = query.where(place > last)
            with self.ledger.reading() as sql:
                page = [_seen(row) for row in sql.execute(query.order_by(*order).limit(PAGE))]
            if not page:
                return
            yield page
            last = (page[-1].period, page[-1].label, page[-1].id)

    def by(self, entity: str, side: Side, name: str, values: Iterable[str | None]) -> dict[str, list[Seen]]:
        """The records that have one of these values in the field `name`, by that value."""
        found: dict[str, list[Seen]] = {}
        wanted = sorted({value for value in values if value})
        with self.ledger.reading() as sql:
            for part in chunks(wanted):
                query = select(TieRow).where(*self._of(entity, side), getattr(TieRow.c, name).in_(part))
                for row in sql.execute(query.order_by(TieRow.c.id)):
                    found.setdefault(getattr(row, name), []).append(_seen(row))
        return found

    def joined(self, entities: Sequence[str], ids: Sequence[str]) -> set[str]:
        """Which of the target's records some record of the source was found for, in any of these entities."""
        found: set[str] = set()
        mine = (TieRow.c.tie == self.id, TieRow.c.side == "target", TieRow.c.entity.in_(entities))
        with self.ledger.reading() as sql:
            for part in chunks(ids):
                query = select(TieRow.c.id).where(*mine, TieRow.c.id.in_(part), TieRow.c.other.is_not(None))
                found |= set(sql.execute(query).scalars())
        return found

    def forget(self) -> None:
        """Drop the rows."""
        with self.ledger.writing() as sql:
            sql.execute(delete(TieRow).where(TieRow.c.tie == self.id))

    def _of(self, entity: str, side: Side) -> tuple[Any, ...]:
        return (TieRow.c.tie == self.id, TieRow.c.entity == entity, TieRow.c.side == side)


def _seen(row: Any) -> Seen:
    values = {name: getattr(row, name) for name in _FIELDS}
    if row.problem is not None:
        values["problem"] = Problem(**row.problem)
    return Seen(**values)
