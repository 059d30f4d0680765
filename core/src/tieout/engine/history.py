"""History: what the start date alone keeps out, and the portions of it that a backfill takes up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Any

from sqlalchemy import select, update

from tieout.api.model import Record
from tieout.engine.due import HELD
from tieout.engine.flow import Flow
from tieout.engine.inbox import wires
from tieout.ledger import Ledger
from tieout.ledger.lease import Lease
from tieout.ledger.tables import BackfillRow, DueRow, HeldRow
from tieout.rules.plan import BEFORE

PORTION = 1000
"""So many documents of one app are taken up in one run."""
_PAGE = 200


def older(ledger: Ledger, flow: Flow, first: date, last: date, after: str = "") -> Iterator[Any]:
    """What the start date alone keeps out, of these dates and behind a cursor, in the order of ids: rows of holds."""
    skipped = (HeldRow.c.pair == flow.pair, HeldRow.c.entity == flow.entity.name, HeldRow.c.kind == "skip")
    while True:
        query = select(HeldRow).where(*skipped, HeldRow.c.source_id > after).order_by(HeldRow.c.source_id).limit(_PAGE)
        with ledger.reading() as sql:
            rows = list(sql.execute(query))
            kept = [row for row in rows if any(problem["cause"] == BEFORE for problem in row.problems)]
            there = wires(sql, flow.source.connection, flow.source.resource, [row.source_id for row in kept])
        kept = [row for row in kept if row.source_id in there]
        lifted = flow.source.lift([there[row.source_id].wire for row in kept])
        for row, record in zip(kept, lifted, strict=True):
            dated = getattr(record, "date", None) if isinstance(record, Record) else None
            if dated is not None and first <= dated <= last:
                yield row
        if len(rows) < _PAGE:
            return
        after = rows[-1].source_id


def take_up(ledger: Ledger, leases: Sequence[Lease], flows: Sequence[Flow]) -> None:
    """Make the next portion of every open backfill due; its cursor moves in the same transaction."""
    known = {flow.entity.name: flow for flow in flows}
    query = select(BackfillRow).where(BackfillRow.c.pair == flows[0].pair, BackfillRow.c.done.is_(False))
    with ledger.reading() as sql:
        rows = [row for row in sql.execute(query) if row.entity in known]
    for row in rows:
        found = older(ledger, known[row.entity], row.first, row.last, row.cursor)
        ids = [held.source_id for held in islice(found, PORTION)]
        due = [{"pair": row.pair, "entity": row.entity, "id": one, "why": HELD} for one in ids]
        mine = [BackfillRow.c[name] == getattr(row, name) for name in ("pair", "entity", "first", "last")]
        values = {"cursor": ids[-1] if ids else row.cursor, "done": len(ids) < PORTION}
        with ledger.writing(*leases) as sql:
            if due:
                sql.execute(ledger.insert(DueRow).on_conflict_do_nothing(), due)
            sql.execute(update(BackfillRow).where(*mine).values(**values))
