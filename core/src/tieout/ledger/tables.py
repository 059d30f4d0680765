"""The tables of what is known: of connections, of both sides' records and links, and of what people decided."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import LargeBinary, text
from sqlmodel import Field, Index

from tieout.ledger.row import Json, Row


class LeaseRow(Row, table=True):
    """Who may write about a tenant or refresh a grant; `token` grows with every holder."""

    __tablename__ = "lease"
    name: str = Field(primary_key=True)
    holder: str
    token: int
    expires: datetime


class SecretRow(Row, table=True):
    """A sealed secret: the tokens of a grant, and when they were given."""

    __tablename__ = "secret"
    name: str = Field(primary_key=True)
    sealed: bytes = Field(sa_type=LargeBinary)
    given_at: datetime | None = None


class ConnectionRow(Row, table=True):
    """What is known of a connection: the tenant it is pinned to, its plugin's memory, and what keeps it from working.

    It is `paused` until a time, for everybody or for the schedule alone (scope `reserve`), or was `refused`: a person
    has to connect again.
    """

    __tablename__ = "connection"
    name: str = Field(primary_key=True)
    plugin: str
    tenant_id: str | None = None
    tenant_name: str | None = None
    connected_at: datetime | None = None
    connected_by: str | None = None
    memory: Any = Field(default=None, nullable=True, sa_type=Json)
    paused_until: datetime | None = None
    paused_why: str | None = None
    paused_scope: str | None = None
    refused_at: datetime | None = None
    refused_why: str | None = None


class UsageRow(Row, table=True):
    """The calls of a connection within the minute that begins at `slot`, and how many of the day were left after it."""

    __tablename__ = "usage"
    connection: str = Field(primary_key=True)
    slot: datetime = Field(primary_key=True)
    calls: int
    left: int | None = None
    left_at: datetime | None = None


class ReferenceRow(Row, table=True):
    """Reference data of one kind as last read."""

    __tablename__ = "reference"
    tenant: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    read_at: datetime
    rows: Any = Field(sa_type=Json)


class CursorRow(Row, table=True):
    """Where reading a resource stands: `next` inside a pass, `resume` for the next one."""

    __tablename__ = "cursor"
    tenant: str = Field(primary_key=True)
    resource: str = Field(primary_key=True)
    next: Any = Field(default=None, nullable=True, sa_type=Json)
    resume: Any = Field(default=None, nullable=True, sa_type=Json)


class InboxRow(Row, table=True):
    """A record of either side as last read; `gone` once its deletion is proved, `inside` the record that holds it."""

    __tablename__ = "inbox"
    __table_args__ = (Index("inbox_inside", "tenant", "resource", "inside"), Index("inbox_id", "resource", "id"))
    tenant: str = Field(primary_key=True)
    resource: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    digest: str
    version: str | None = None
    wire: Any = Field(sa_type=Json)
    gone: bool = False
    run: int
    inside: str | None = None


class KeyRow(Row, table=True):
    """By what a target's record can be recognised: a field (or several, joined) and its normalised value."""

    __tablename__ = "key"
    __table_args__ = (Index("key_value", "tenant", "shape", "field", "value"),)
    tenant: str = Field(primary_key=True)
    shape: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    field: str = Field(primary_key=True)
    value: str


class DueRow(Row, table=True):
    """A source record that waits for its flow's decision, and why."""

    __tablename__ = "due"
    pair: str = Field(primary_key=True)
    entity: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    why: str


class FlowRow(Row, table=True):
    """A flow that has run between two tenants: the digests of its settings, and of what its source is read by."""

    __tablename__ = "flow"
    pair: str = Field(primary_key=True)
    entity: str = Field(primary_key=True)
    source_tenant: str = Field(primary_key=True)
    target_tenant: str = Field(primary_key=True)
    settings: str
    reading: str


_WRONG = text("wrong IS NOT NULL")


class LinkRow(Row, table=True):
    """Record S of the source is record T of the target; `sent` and `came` are its past."""

    __tablename__ = "link"
    __table_args__ = (
        Index("link_target", "target_tenant", "resource", "target_id"),
        Index("link_id", "entity", "target_id"),
        Index("link_key", "entity", "target_key"),
        Index("link_flow", "source_tenant", "target_tenant", "entity"),
        Index("link_wrong", "source_tenant", "target_tenant", "entity", sqlite_where=_WRONG, postgresql_where=_WRONG),
    )
    entity: str = Field(primary_key=True)
    source_tenant: str = Field(primary_key=True)
    source_id: str = Field(primary_key=True)
    target_tenant: str = Field(primary_key=True)
    resource: str
    target_id: str
    target_key: str | None = None
    origin: str
    is_primary: bool = True
    sent: Any = Field(default=None, nullable=True, sa_type=Json)
    came: Any = Field(default=None, nullable=True, sa_type=Json)
    version: str | None = None
    wrong: Any = Field(default=None, nullable=True, sa_type=Json)
    at: datetime


_ASKS = text("asks IS NOT NULL")


class HeldRow(Row, table=True):
    """What a person is told of a source record: a hold with its problems, a skip with its reason, or a note.

    `cause` is that of the first problem; records with the same `grounds`, a digest, stand in one group. `question` is
    what a person has to decide, `asks` its kind; `refused` is the digest of what the target refused, in `tries` tries.
    """

    __tablename__ = "held"
    __table_args__ = (
        # the groups, their sums and examples are told from this index alone
        Index("held_group", "pair", "kind", "cause", "entity", "grounds", "label", "source_id", "amount", "currency"),
        Index("held_listed", "pair", "entity", "label", "source_id"),
        Index("held_asks", "pair", "asks", "kind", sqlite_where=_ASKS, postgresql_where=_ASKS),
    )
    pair: str = Field(primary_key=True)
    entity: str = Field(primary_key=True)
    source_id: str = Field(primary_key=True)
    kind: str
    cause: str
    grounds: str
    problems: Any = Field(sa_type=Json)
    label: str
    amount: Any = Field(default=None, nullable=True, sa_type=Json)
    currency: str | None = None
    since: datetime
    asks: str | None = None
    question: Any = Field(default=None, nullable=True, sa_type=Json)
    tries: int = 0
    refused: str | None = None


class DecisionRow(Row, table=True):
    """What a person decided about a record, for the very values that `for_digest` stands for (empty: for good)."""

    __tablename__ = "decision"
    pair: str = Field(primary_key=True)
    entity: str = Field(primary_key=True)
    source_id: str = Field(primary_key=True)
    what: str = Field(primary_key=True)
    for_digest: str = Field(primary_key=True)
    label: str
    value: Any = Field(sa_type=Json)
    by: str
    at: datetime
    withdrawn_at: datetime | None = None


class BackRow(Row, table=True):
    """What a back flow last wrote onto a source's record: `seen` is the digest of what it told."""

    __tablename__ = "back"
    pair: str = Field(primary_key=True)
    entity: str = Field(primary_key=True)
    of: str = Field(primary_key=True)
    source_id: str = Field(primary_key=True)
    seen: str
    state: str
    at: datetime


class EnclosureRow(Row, table=True):
    """A file that went along with a document, by its name, or a mark about the document's files and note."""

    __tablename__ = "enclosure"
    pair: str = Field(primary_key=True)
    entity: str = Field(primary_key=True)
    source_id: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    size: int
    at: datetime


class BackfillRow(Row, table=True):
    """Documents dated before the start date that are in scope; taken up in the order of ids, so far up to `cursor`."""

    __tablename__ = "backfill"
    pair: str = Field(primary_key=True)
    entity: str = Field(primary_key=True)
    first: date = Field(primary_key=True)
    last: date = Field(primary_key=True)
    cursor: str = ""
    done: bool = False
    at: datetime
    by: str


class LiveRow(Row, table=True):
    """A person let this pair go live between these two tenants."""

    __tablename__ = "live"
    pair: str = Field(primary_key=True)
    source_tenant: str = Field(primary_key=True)
    target_tenant: str = Field(primary_key=True)
    at: datetime
    by: str


class TieRow(Row, table=True):
    """One record of either side as a tie-out read it; `other` is the record of the other side that it belongs to."""

    __tablename__ = "tie"
    __table_args__ = (Index("tie_mark", "tie", "entity", "side", "mark"),)
    tie: str = Field(primary_key=True)
    entity: str = Field(primary_key=True)
    side: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    label: str
    mark: str | None = None
    external: str | None = None
    key: str | None = None
    period: str
    currency: str
    total: Any = Field(default=None, sa_type=Json, nullable=True)
    standing: str
    problem: Any = Field(default=None, sa_type=Json, nullable=True)
    other: str | None = None


class AuditRow(Row, table=True):
    """Something a person did."""

    __tablename__ = "audit"
    id: int | None = Field(default=None, primary_key=True)
    at: datetime
    who: str
    what: str
    data: Any = Field(default=None, nullable=True, sa_type=Json)
