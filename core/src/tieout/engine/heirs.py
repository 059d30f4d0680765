"""Heirs: links follow a record of the target that was merged into another one.

What a person merged there is one record from then on. It was there in its own right, so that its link counts as
matched: nothing of it is overwritten because of the merge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection as Sql
from sqlalchemy import select, update

from tieout.api.contract import Resource, Wire
from tieout.ledger import chunks
from tieout.ledger.tables import InboxRow, LinkRow


def follow(sql: Sql, tenant: str, resource: Resource, wires: Mapping[str, Wire]) -> None:
    """Move the links of merged records among `wires` to what they were merged into, be it several times over."""
    if resource.heir is None:
        return
    merged = {one: heir for one, wire in wires.items() if (heir := resource.heir(wire))}
    known = dict(merged)
    while beyond := sorted(set(known.values()) - known.keys() - wires.keys()):
        found = _heirs(sql, tenant, resource, beyond)
        known |= found
        if not found:
            break
    for loser in merged:
        _relink(sql, tenant, resource, loser, _last(loser, known))


def _heirs(sql: Sql, tenant: str, resource: Resource, ids: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in chunks(list(ids)):
        here = (InboxRow.c.tenant == tenant, InboxRow.c.resource == resource.name, InboxRow.c.id.in_(part))
        for row in sql.execute(select(InboxRow.c.id, InboxRow.c.wire).where(*here)):
            if resource.heir is not None and (heir := resource.heir(row.wire)):
                found[row.id] = heir
    return found


def _last(one: str, heirs: Mapping[str, str]) -> str:
    passed = {one}
    while (heir := heirs.get(one)) and heir not in passed:
        passed.add(heir)
        one = heir
    return one


def _relink(sql: Sql, tenant: str, resource: Resource, loser: str, heir: str) -> None:
    there = (LinkRow.c.target_tenant == tenant, LinkRow.c.resource == resource.name)
    taken = sql.execute(select(LinkRow.c.entity).where(*there, LinkRow.c.target_id == heir).limit(1)).first()
    here = (InboxRow.c.tenant == tenant, InboxRow.c.resource == resource.name, InboxRow.c.id == heir)
    came: Any = sql.execute(select(InboxRow.c.wire).where(*here)).scalar()
    values: dict[str, Any] = {"target_id": heir, "origin": "matched", "came": came}
    if taken is not None:
        values["is_primary"] = False
    sql.execute(update(LinkRow).where(*there, LinkRow.c.target_id == loser).values(**values))
