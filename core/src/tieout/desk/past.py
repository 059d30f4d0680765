"""The runs of the past: when each was, how it ended, and what became of every record; told from the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from tieout.api.errors import Refused
from tieout.ledger import Ledger
from tieout.ledger.runs import PlanRow, RunRow
from tieout.rules.report import Calls, Counts

PAGE = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """One run of a pair: `state` is running, planned, done, paused, stopped, or died when its process did.

    `counts` are by entity, `plan` is what it made or carried out, approved by `approved_by`. All times are UTC.
    """

    number: int
    state: str
    started: datetime
    ended: datetime | None
    counts: Mapping[str, Counts]
    calls: tuple[Calls, ...]
    message: str
    plan: int | None
    approved_by: str | None

    @property
    def total(self) -> Counts:
        """The counts of all entities together."""
        total = Counts()
        for one in self.counts.values():
            total.add(one)
        return total


@dataclass(frozen=True, slots=True)
class RunPage:
    """One page of runs, the newest first, counted from 1, of `total` runs on `pages` pages."""

    runs: tuple[PastRun, ...]
    page: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class PastRuns:
    """The runs that one ledger knows of."""

    ledger: Ledger

    def page(self, pair: str, number: int = 1) -> RunPage:
        """One page of a pair's runs; one behind the last is empty."""
        number = max(number, 1)
        mine = RunRow.c.pair == pair
        query = _QUERY.where(mine).order_by(RunRow.c.id.desc()).limit(PAGE).offset((number - 1) * PAGE)
        with self.ledger.reading() as sql:
            total = sql.execute(select(func.count()).select_from(RunRow).where(mine)).scalar_one()
            runs = tuple(_run(row) for row in sql.execute(query))
        return RunPage(runs, number, -(-total // PAGE), total)

    def run(self, pair: str, number: int) -> PastRun:
        """One run. Raises `Refused` when the pair has none of this number."""
        with self.ledger.reading() as sql:
            row = sql.execute(_QUERY.where(RunRow.c.pair == pair, RunRow.c.id == number)).first()
        if row is None:
            raise Refused(f"there is no run {number} of {pair}", fix="Choose one from the list of runs.")
        return _run(row)


_OWN = PlanRow.__table__.alias()  # type: ignore[attr-defined]
_MADE = select(func.max(_OWN.c.id)).where(_OWN.c.run == RunRow.c.id).correlate(RunRow).scalar_subquery()
_PLAN = func.coalesce(RunRow.c.plan, _MADE)
_COLUMNS = (*RunRow.__table__.c, PlanRow.c.approved_by, _PLAN.label("shown"))  # type: ignore[attr-defined]
_QUERY = select(*_COLUMNS).select_from(RunRow).outerjoin(PlanRow, PlanRow.c.id == _PLAN)
"""A run with the plan that it carried out, else with the one that it made."""


def _run(row: Any) -> PastRun:
    return PastRun(
        number=row.id,
        state=row.state,
        started=row.started,
        ended=row.ended,
        counts={name: Counts(**one) for name, one in (row.counts or {}).items()},
        calls=tuple(Calls(*one) for one in row.calls or ()),
        message=row.message or "",
        plan=row.shown,
        approved_by=row.approved_by,
    )
