"""Versions: what was read of every record, compressed, for as long as its pair keeps it."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection as Sql
from sqlalchemy import delete, select

from tieout.api.codec import dumps, loads
from tieout.api.contract import Wire
from tieout.ledger.archive import VersionRow
from tieout.ledger.lease import Lease
from tieout.ledger.ledger import Ledger

_COLUMNS = ("tenant", "resource", "id", "run", "digest")


@dataclass(frozen=True, slots=True)
class Version:
    """A record as a run saw it at a time (UTC); `wire` is None once it was gone."""

    run: int
    at: datetime
    wire: Wire | None


def keep(ledger: Ledger, sql: Sql, rows: Iterable[Mapping[str, Any]], at: datetime) -> None:
    """Keep rows of the inbox as versions: what was read, found, or came back as an answer."""
    kept = [
        {**{name: row[name] for name in _COLUMNS}, "at": at, "wire": zlib.compress(dumps(row["wire"]), 6)}
        for row in rows
    ]
    ledger.put(sql, VersionRow, kept)


def keep_gone(ledger: Ledger, sql: Sql, tenant: str, resource: str, ids: Sequence[str], run: int, at: datetime) -> None:
    """Keep that records were found to be gone."""
    base = {"tenant": tenant, "resource": resource, "run": run, "digest": "", "wire": None}
    keep(ledger, sql, [{**base, "id": one} for one in ids], at)


def versions(sql: Sql, tenant: str, resource: str, one: str) -> list[Version]:
    """All versions of one record that are still kept, oldest first."""
    mine = (VersionRow.c.tenant == tenant, VersionRow.c.resource == resource, VersionRow.c.id == one)
    query = select(VersionRow).where(*mine).order_by(VersionRow.c.at, VersionRow.c.run)
    return [Version(row.run, row.at, loads(zlib.decompress(row.wire))) for row in sql.execute(query)]


def drop(ledger: Ledger, leases: Sequence[Lease], tenants: Iterable[str], before: datetime) -> None:
    """Let go of the versions of these tenants that are older than a time."""
    with ledger.writing(*leases) as sql:
        old = (VersionRow.c.tenant.in_(list(tenants)), VersionRow.c.at < before)
        sql.execute(delete(VersionRow).where(*old))
