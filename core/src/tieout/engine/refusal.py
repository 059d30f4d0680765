"""Refusals: what the target refused is not sent again until something about it has changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection as Sql
from sqlalchemy import select

from tieout.api.codec import digest
from tieout.engine.flow import Flow
from tieout.ledger import chunks
from tieout.ledger.tables import InboxRow
from tieout.rules.references import texts

_ID_LENGTH = 64


def refusal(sql: Sql, flow: Flow, steps: Iterable[dict[str, Any]], expected: str | None) -> str:
    """The digest of all that a refusal depends on: the wires sent, the terms, and the target's records they name."""
    bodies = [step["body"] for step in steps]
    named = sorted({text for _, text in texts(bodies) if 0 < len(text) <= _ID_LENGTH})
    around: list[list[str]] = []
    for part in chunks(named):
        query = select(InboxRow.c.resource, InboxRow.c.id, InboxRow.c.digest).where(
            InboxRow.c.tenant == flow.target.tenant, InboxRow.c.id.in_(part)
        )
        around += [list(row) for row in sql.execute(query)]
    return digest([bodies, expected, flow.target.terms.digest(), sorted(around)])
