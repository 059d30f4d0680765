"""The proof that both sides agree: its lines, its records with their states, and the months that it is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, get_args

from tieout.api.contract import Tenant
from tieout.api.errors import Problem, Refused
from tieout.rules.report import Calls

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")

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
        return not period or ((self.first or "") <= period and (self.last is None or period <= self.last))


EVER = Months()
"""Every month, and what has no date."""


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

    @property
    def difference(self) -> Decimal | None:
        """The source's total less the target's, in `currency`; None where only one of them states money."""
        if self.source_total is None or self.target_total is None:
            return None
        return self.source_total - self.target_total


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
        return all(line.clear for line in self.lines) and not self.unexplained()

    def in_order(self, lines: Iterable[TieLine]) -> list[TieLine]:
        """Lines as people read them: by entity, the base currency before the others, then by month."""
        entities = list(self.titles)
        return sorted(
            lines,
            key=lambda line: (entities.index(line.entity), line.currency != self.base, line.currency, line.period),
        )

    def unexplained(self) -> tuple[TieRecord, ...]:
        """The records that neither tie nor have a reason."""
        return tuple(one for one in self.differences if one.state in OPEN)
