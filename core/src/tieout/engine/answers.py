"""What people decided, as the ledger keeps it: answers by record, each for the very values that were asked about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection as Sql
from sqlalchemy import select

from tieout.ledger import chunks
from tieout.ledger.tables import DecisionRow
from tieout.rules.questions import Answers


def answers(sql: Sql, pair: str, entity: str, ids: Sequence[str]) -> dict[str, Answers]:
    """What was decided about these source records and not withdrawn since, by source id."""
    found: dict[str, dict[tuple[str, str], Any]] = {}
    for part in chunks(ids):
        query = select(DecisionRow).where(
            DecisionRow.c.pair == pair,
            DecisionRow.c.entity == entity,
            DecisionRow.c.source_id.in_(part),
            DecisionRow.c.withdrawn_at.is_(None),
        )
        for row in sql.execute(query):
            found.setdefault(row.source_id, {})[row.what, row.for_digest] = row.value
    return {one: Answers(given) for one, given in found.items()}
