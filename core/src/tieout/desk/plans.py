"""Stored plans as people read them before and after they are carried out: told from the ledger, without a call."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from tieout.api.contract import Tenant
from tieout.api.errors import Problem, Refused
from tieout.desk.diff import FieldDiff, diff
from tieout.desk.forecast import Forecast, forecast
from tieout.engine.tally import Ends, view
from tieout.host.config import Config, PairConfig
from tieout.host.connections import Connections
from tieout.host.plugins import Plugins
from tieout.ledger import Ledger
from tieout.ledger.runs import ChangeRow, PlanRow
from tieout.rules.report import PlanView

PAGE = 50
NEWEST = 20
"""So many plans are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedChange:
    """One change of a plan: what is done with one record, field by field; `amount` is in `currency`.

    `op` is create, update, void or link, `state` how it stands (planned, done, wrong, rejected, stale, waiting),
    `problems` why it did not go. `calls` is how many steps it takes.
    """

    seq: int
    entity: str
    source_id: str
    label: str
    op: str
    state: str
    amount: Decimal | None
    currency: str
    target_id: str | None
    calls: int
    fields: tuple[FieldDiff, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class ChangePage:
    """One page of a plan's changes, counted from 1, of `total` changes on `pages` pages."""

    changes: tuple[PlannedChange, ...]
    page: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class Plans:
    """The stored plans of one configuration."""

    ledger: Ledger
    config: Config
    plugins: Plugins
    connections: Connections

    def newest(self, pair: str) -> tuple[PlanView, ...]:
        """A pair's newest plans, the newest first."""
        query = select(PlanRow.c.id).where(PlanRow.c.pair == pair, PlanRow.c.state != "making")
        with self.ledger.reading() as sql:
            found = list(sql.execute(query.order_by(PlanRow.c.id.desc()).limit(NEWEST)).scalars())
        return tuple(self._view(self.config.pairs[pair], one) for one in found)

    def plan(self, pair: str, number: int) -> PlanView:
        """One plan in short. Raises `Refused` when the pair has none of this number."""
        with self.ledger.reading() as sql:
            where = (PlanRow.c.id == number, PlanRow.c.pair == pair, PlanRow.c.state != "making")
            known = sql.execute(select(PlanRow.c.id).where(*where)).first() is not None
        if not known:
            raise Refused(f"there is no plan {number} of {pair}", fix="The plans are listed by: tieout plans")
        return self._view(self.config.pairs[pair], number)

    def changes(self, pair: str, number: int, entity: str | None = None, page: int = 1) -> ChangePage:
        """One page of a plan's changes, of one entity or all, in the order in which they are carried out."""
        self.plan(pair, number)
        mine = [ChangeRow.c.plan == number, *([ChangeRow.c.entity == entity] if entity else [])]
        query = select(ChangeRow).where(*mine).order_by(ChangeRow.c.seq).limit(PAGE).offset((page - 1) * PAGE)
        with self.ledger.reading() as sql:
            total = sql.execute(select(func.count()).select_from(ChangeRow).where(*mine)).scalar_one()
            changes = tuple(told(row) for row in sql.execute(query))
        return ChangePage(changes, page, -(-total // PAGE), total)

    def progress(self, pair: str, number: int) -> dict[str, dict[str, int]]:
        """How many of a plan's changes have each state, by entity: what is not `planned` any more was worked on."""
        query = (
            select(ChangeRow.c.entity, ChangeRow.c.state, func.count())
            .join(PlanRow, PlanRow.c.id == ChangeRow.c.plan)
            .where(ChangeRow.c.plan == number, PlanRow.c.pair == pair)
            .group_by(ChangeRow.c.entity, ChangeRow.c.state)
        )
        found: dict[str, dict[str, int]] = {}
        with self.ledger.reading() as sql:
            for entity, state, many in sql.execute(query):
                found.setdefault(entity, {})[state] = many
        return found

    def forecast(self, pair: str, calls: int) -> Forecast:
        """What so many write calls mean at the day's quota of the pair's target."""
        return forecast(self.connections, self.config.pairs[pair].target, calls)

    def _view(self, pair: PairConfig, number: int) -> PlanView:
        connector = self.plugins.connectors[self.config.connections[pair.target].plugin]
        sizes = {resource.name: resource.batch for resource in connector.resources}
        ends = Ends(self._tenant(pair.source), self._tenant(pair.target), connector.title, sizes)
        return view(self.ledger, number, pair, ends)

    def _tenant(self, name: str) -> Tenant:
        return self.connections.open(name).tenant or Tenant("", name)


def told(row: Any) -> PlannedChange:
    """A stored change as people read it."""
    return PlannedChange(
        seq=row.seq,
        entity=row.entity,
        source_id=row.source_id,
        label=row.label,
        op=row.op,
        state=row.state,
        amount=None if row.amount is None else Decimal(row.amount),
        currency=row.currency or "",
        target_id=row.target_id,
        calls=len(row.steps),
        fields=diff(row.before, row.record),
        problems=tuple(Problem(**one) for one in row.problems or ()),
    )
