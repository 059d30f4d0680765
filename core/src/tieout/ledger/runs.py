"""The tables of runs: what was planned, what was sent, and what came back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field, Index

from tieout.ledger.row import Json, Row


class RunRow(Row, table=True):
    """One run of a pair: when, how it ended, its counts, and the plan that it carried out."""

    __tablename__ = "run"
    __table_args__ = (Index("run_pair", "pair", "id"),)
    id: int | None = Field(default=None, primary_key=True)
    pair: str
    plan: int | None = None
    started: datetime
    ended: datetime | None = None
    state: str
    counts: Any = Field(default=None, nullable=True, sa_type=Json)
    calls: Any = Field(default=None, nullable=True, sa_type=Json)
    message: str | None = None


class PlanRow(Row, table=True):
    """A stored plan: the tenants and terms it was made for, who approved it, and the run that it `undoes`."""

    __tablename__ = "plan"
    __table_args__ = (Index("plan_state", "pair", "state"), Index("plan_run", "run"))
    id: int | None = Field(default=None, primary_key=True)
    pair: str
    run: int
    created: datetime
    source_tenant: str
    target_tenant: str
    digests: Any = Field(sa_type=Json)
    counts: Any = Field(default=None, nullable=True, sa_type=Json)
    state: str
    approved_by: str | None = None
    approved_at: datetime | None = None
    undoes: int | None = None


class ChangeRow(Row, table=True):
    """One thing to do in the target, with the very wires to be sent.

    `before` is the record as last sent, but for the fields that an update leaves alone: what differs is what changes.
    """

    __tablename__ = "change"
    __table_args__ = (
        Index("change_record", "plan", "entity", "source_id"),
        Index("change_source", "entity", "source_id"),
        Index("change_label", "entity", "label"),
    )
    plan: int = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    entity: str
    resource: str
    source_id: str
    op: str
    label: str
    amount: Any = Field(default=None, nullable=True, sa_type=Json)
    currency: str | None = None
    source_digest: str
    target_id: str | None = None
    target_key: str | None = None
    expected: str | None = None
    origin: str
    record: Any = Field(sa_type=Json)
    before: Any = Field(default=None, nullable=True, sa_type=Json)
    steps: Any = Field(sa_type=Json)
    step: int = 0
    needs: Any = Field(default=None, nullable=True, sa_type=Json)
    state: str
    problems: Any = Field(default=None, nullable=True, sa_type=Json)


class BatchRow(Row, table=True):
    """Steps that go in one call, stored with their idempotency key before it is sent."""

    __tablename__ = "batch"
    __table_args__ = (Index("batch_plan", "plan", "state"),)
    id: str = Field(primary_key=True)
    plan: int
    resource: str
    op: str
    steps: Any = Field(sa_type=Json)
    body_digest: str
    idempotency_key: str
    stored_at: datetime
    sent_at: datetime | None = None
    state: str


class ReceiptRow(Row, table=True):
    """The answer to one step of a batch."""

    __tablename__ = "receipt"
    __table_args__ = (Index("receipt_key", "key"),)
    batch: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    outcome: str
    target_id: str | None = None
    problems: Any = Field(default=None, nullable=True, sa_type=Json)
    at: datetime
