"""The tables of what is over: what a record was, and what kept it from going."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary
from sqlmodel import Field, Index

from tieout.ledger.row import Json, Row


class VersionRow(Row, table=True):
    """A record of either side as it was read, found or answered in a run: its wire, compressed, for `explain`."""

    __tablename__ = "version"
    __table_args__ = (Index("version_at", "tenant", "at"),)
    tenant: str = Field(primary_key=True)
    resource: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    run: int = Field(primary_key=True)
    digest: str = Field(primary_key=True)
    at: datetime
    wire: bytes = Field(sa_type=LargeBinary)


class ReleasedRow(Row, table=True):
    """What a person was told of a source record, once that is over: from when until when it held."""

    __tablename__ = "released"
    pair: str = Field(primary_key=True)
    entity: str = Field(primary_key=True)
    source_id: str = Field(primary_key=True)
    since: datetime = Field(primary_key=True)
    until: datetime
    problems: Any = Field(sa_type=Json)
