"""What people and programs are told: counts that add up, plans, holds, and the proof."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, get_args

from tieout.contract import Tenant
from tieout.errors import Problem, Refused

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@dataclass(slots=True)
class Counts:
    """Each record once per flow and run.

    read + carried + released + gone = unchanged + kept + planned + held + skipped, and
    planned = done + wrong + rejected + unknown + waiting + stale once a plan was applied.
    `created`, `updated`, `voided` and `linked` tell what `done` is made of.
    """

    read: int = 0
    carried: int = 0
    released: int = 0
    gone: int = 0
    unchanged: int = 0
    kept: int = 0
    planned: int = 0
    held: int = 0
    skipped: int = 0
    done: int = 0
    wrong: int = 0
    rejected: int = 0
    unknown: int = 0
    waiting: int = 0
    stale: int = 0
    created: int = 0
    updated: int = 0
    voided: int = 0
    linked: int = 0

    def add(self, other: Counts) -> None:
        """Add another flow's counts to these."""
        for name in (item.name for item in fields(self)):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def problem(self) -> str:
        """Why these counts do not add up, or nothing."""
        given = self.read + self.carried + self.released + self.gone
        decided = self.unchanged + self.kept + self.planned + self.held + self.skipped
        return "" if given == decided else f"{given} records came in and {decided} were decided"


@dataclass(frozen=True, slots=True)
class HoldGroup:
    """The records that one cause concerns: `kind` is hold, skip, or note (it goes, with something left out)."""

    entity: str
    kind: str
    problem: Problem
    count: int
    amounts: Mapping[str, Decimal]
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """A stored plan in short: what it would do, and what that needs.

    `operations` counts per entity and operation, `amounts` sums the documents to be created per currency, `calls` is
    how many write calls the plan needs and `warnings` what a person should know before going live.
    """

    id: int
    pair: str
    source: Tenant
    target: Tenant
    target_title: str
    created: datetime
    counts: Mapping[str, Counts]
    operations: Mapping[str, Mapping[str, int]]
    amounts: Mapping[str, Decimal]
    calls: int
    live: bool
    warnings: tuple[str, ...] = ()

    def question(self) -> str:
        """The sentence that a person confirms, with numbers and money."""
        parts = [f"{sum(by.values()):,} {entity.replace('-', ' ')}" for entity, by in self.operations.items() if by]
        money = ", ".join(f"{currency} {amount:,.2f}" for currency, amount in sorted(self.amounts.items()))
        listed = ", ".join(parts) or "nothing"
        return f"Send {listed}{f' ({money})' if money else ''} to {self.target.name}?"


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls made on one connection during a run."""

    connection: str
    reads: int
    writes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """How a run ended: `state` is done, planned (waiting for go-live), paused or stopped; `message` says why."""

    run: int
    plan: int | None
    pair: str
    state: str
    started: datetime
    ended: datetime
    counts: Mapping[str, Counts]
    holds: tuple[HoldGroup, ...]
    calls: tuple[Calls, ...]
    least_writes: int
    message: str = ""


TieState = Literal[
    "matched",
    "missing-here",
    "missing-there",
    "doubled",
    "amount-differs",
    "period-differs",
    "status-differs",
    "voided-there",
    "held",
    "skipped",
    "foreign",
]
"""What a tie-out says of a record. `here` is the source and `there` the target; foreign is what Tieout neither made nor
linked."""

OPEN: frozenset[TieState] = frozenset(get_args(TieState)) - {"matched", "held", "skipped", "foreign"}
"""The states that nothing explains: with one of them the sides do not tie."""


@dataclass(frozen=True, slots=True)
class Months:
    """A span of months, written YYYY-MM, both inclusive; None leaves that end open. Raises `Refused` for others."""

    first: str | None = None
    last: str | None = None

    def __post_init__(self) -> None:
        for month in (self.first, self.last):
            if month is not None and not _MONTH.fullmatch(month):
                raise Refused(f"{month!r} is no month", fix="Write year and month, for example 2026-07.")
        if self.first and self.last and self.first > self.last:
            raise Refused(f"{self.first} is after {self.last}", fix="Name the earlier month first.")

    @property
    def whole(self) -> bool:
        """Whether every month is in it, and what has no date too."""
        return self.first is None and self.last is None

    def __contains__(self, period: str) -> bool:
        """Whether a record of that month is in it; one whose month is not known always is."""
        return not period or (self.first or "") <= period and (self.last is None or period <= self.last)


@dataclass(frozen=True, slots=True)
class TieLine:
    """One entity, period (month, YYYY-MM) and currency: counts and totals of both sides, and what is left unexplained.

    variance = source in scope - held - skipped - target, in `currency`; entities without money tie by count. What is
    void counts nowhere, and what is foreign in the target is listed apart.
    """

    entity: str
    period: str
    currency: str
    source_count: int = 0
    held_count: int = 0
    skipped_count: int = 0
    target_count: int = 0
    source_total: Decimal = Decimal(0)
    held_total: Decimal = Decimal(0)
    skipped_total: Decimal = Decimal(0)
    target_total: Decimal = Decimal(0)

    @property
    def count_variance(self) -> int:
        """Records of the source in scope that are neither held, skipped nor in the target."""
        return self.source_count - self.held_count - self.skipped_count - self.target_count

    @property
    def variance(self) -> Decimal:
        """The money that is not explained."""
        return self.source_total - self.held_total - self.skipped_total - self.target_total

    @property
    def clear(self) -> bool:
        """Whether nothing is left unexplained."""
        return self.variance == 0 and self.count_variance == 0

    def plus(self, other: TieLine) -> TieLine:
        """The sum of two lines, under this one's names."""
        names = [item.name for item in fields(self)[3:]]
        return replace(self, **{name: getattr(self, name) + getattr(other, name) for name in names})


@dataclass(frozen=True, slots=True, kw_only=True)
class TieRecord:
    """One record of a tie-out, or two that belong together, with its state.

    `period` and `currency` are the source's where it has one, and so is `label`. `problem` says what is the matter and
    what to do; None for what is matched.
    """

    entity: str
    state: TieState
    label: str
    period: str = ""
    currency: str = ""
    source_id: str | None = None
    target_id: str | None = None
    source_total: Decimal | None = None
    target_total: Decimal | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TieOut:
    """The proof: both sides read afresh and compared, record by record and to the cent.

    `counts` tells per entity how many records have each state, `differences` lists those that are not matched. `by` is
    who asked, `base` the base currency of the books (empty where they have none), `titles` what people call each
    entity. `since` is the pair's start date: what is older is skipped.
    """

    pair: str
    at: datetime
    by: str
    source: Tenant
    target: Tenant
    source_title: str
    target_title: str
    base: str
    since: date
    months: Months
    titles: Mapping[str, str]
    lines: tuple[TieLine, ...]
    counts: Mapping[str, Mapping[str, int]]
    differences: tuple[TieRecord, ...]
    calls: tuple[Calls, ...] = ()

    @property
    def ties(self) -> bool:
        """Whether everything is explained to the cent."""
        return all(line.clear for line in self.lines) and not self.open

    @property
    def open(self) -> tuple[TieRecord, ...]:
        """The records that nothing explains."""
        return tuple(one for one in self.differences if one.state in OPEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionView:
    """A connection as a person sees it: `state` is connected, not connected or paused."""

    name: str
    plugin: str
    title: str
    state: str
    tenant: Tenant | None = None
    connected_at: datetime | None = None
    connected_by: str | None = None
    paused_until: datetime | None = None
    why: str = ""
    needs_consent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowView:
    """One app of a pair: whether it is on, how many records are linked, held and skipped, and its last counts."""

    entity: str
    title: str
    linked: int = 0
    held: int = 0
    skipped: int = 0
    wrong: int = 0
    last: Counts = field(default_factory=Counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairView:
    """A pair as a person sees it."""

    name: str
    source: ConnectionView
    target: ConnectionView
    live: bool
    flows: tuple[FlowView, ...]
    holds: tuple[HoldGroup, ...]
    last_run: datetime | None = None
    last_state: str = ""
    last_message: str = ""
    open_plan: int | None = None
