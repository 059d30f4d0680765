"""How alembic reaches the ledger: over the connection, and in the transaction, of whoever opens it."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlmodel import AutoString
from sqlmodel.sql.sqltypes import UTCDateTime

from tieout.ledger import archive, runs, tables
from tieout.ledger.row import Json, Row

TABLES = (archive, runs, tables)
"""Where tables are declared: they are known once these are imported."""
PLAIN = {AutoString: "sa.String()", UTCDateTime: "sa.DateTime(timezone=True)", Json: "sa.Text()"}


def _render(kind: str, item: object, _: Any) -> str | Literal[False]:
    """Write a column's own type as the plain one behind it: a revision outlives the code that it was made from."""
    return PLAIN.get(type(item), False) if kind == "type" else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    render_as_batch=True,
    render_item=_render,
)
context.run_migrations()
