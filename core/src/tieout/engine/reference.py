"""Reference data: what a system's drop-downs and pre-flight are fed with, kept for as long as it stays fresh."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from tieout.api.clock import Clock
from tieout.api.contract import Connection
from tieout.api.model import Account, Currency, Lock, Organisation, Permission, Reference, TaxRate, Tracking
from tieout.engine.flow import tenant_key
from tieout.host.plugins import Plugins
from tieout.ledger import Ledger
from tieout.ledger.tables import ReferenceRow

_ROWS: Mapping[str, type[Reference]] = {
    "accounts": Account,
    "taxes": TaxRate,
    "currencies": Currency,
    "tracking": Tracking,
    "branding": Reference,
    "locks": Lock,
    "organisation": Organisation,
    "permissions": Permission,
}


@dataclass(frozen=True, slots=True)
class ReferenceData:
    """The reference data of all connections, in the ledger."""

    ledger: Ledger
    plugins: Plugins
    clock: Clock

    def stored(self, connection: Connection) -> dict[str, tuple[Reference, ...]]:
        """A connection's rows by kind as they were last read, however long ago."""
        with self.ledger.reading() as sql:
            query = select(ReferenceRow).where(ReferenceRow.c.tenant == tenant_key(connection))
            rows = list(sql.execute(query))
        return {row.kind: tuple(_ROWS[row.kind].model_validate(one) for one in row.rows) for row in rows}

    def of(self, connection: Connection, *kinds: str) -> dict[str, tuple[Reference, ...]]:
        """A connection's rows by kind; `kinds` are read afresh, the others when they are too old."""
        connector = self.plugins.connectors[connection.plugin]
        tenant = tenant_key(connection)
        found: dict[str, tuple[Reference, ...]] = {}
        for kind, seconds in connector.reference.items():
            with self.ledger.reading() as sql:
                where = (ReferenceRow.c.tenant == tenant, ReferenceRow.c.kind == kind)
                row = sql.execute(select(ReferenceRow).where(*where)).first()
            if row is None or kind in kinds or row.read_at + timedelta(seconds=seconds) <= self.clock.now():
                rows = tuple(self.plugins.facade.reference(connection, kind))
                fresh = {
                    "tenant": tenant,
                    "kind": kind,
                    "read_at": self.clock.now(),
                    "rows": [one.model_dump(mode="json", exclude_defaults=True) for one in rows],
                }
                with self.ledger.writing() as sql:
                    self.ledger.put(sql, ReferenceRow, [fresh])
                found[kind] = rows
            else:
                found[kind] = tuple(_ROWS[kind].model_validate(one) for one in row.rows)
        return found

    def kept(self, tenant: str, *kinds: str) -> tuple[dict[str, tuple[Reference, ...]], datetime | None]:
        """The rows by kind as last read, without a call, and when the oldest of them were read (UTC)."""
        with self.ledger.reading() as sql:
            where = (ReferenceRow.c.tenant == tenant, ReferenceRow.c.kind.in_(kinds))
            found = sql.execute(select(ReferenceRow).where(*where)).all()
        rows = {row.kind: tuple(_ROWS[row.kind].model_validate(one) for one in row.rows) for row in found}
        return rows, min((row.read_at for row in found), default=None)
