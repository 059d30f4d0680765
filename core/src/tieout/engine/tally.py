"""Telling what a plan would do, what it did, and what is held: sums over the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import ceil
from typing import Any

from sqlalchemy import Text, func, select, type_coerce

from tieout.api.contract import Tenant
from tieout.api.errors import Problem
from tieout.engine.flow import Flow
from tieout.host.config import PairConfig
from tieout.ledger import Ledger
from tieout.ledger.runs import ChangeRow, PlanRow
from tieout.ledger.tables import HeldRow, LinkRow, LiveRow
from tieout.rules.guard import Taken, objections
from tieout.rules.report import Counts, HoldGroup, PlanView

_DONE = {"create": "created", "update": "updated", "void": "voided", "link": "linked"}
EXAMPLES = 5
_APART = "\x1f"
"""Stands between labels, in none of which it stands."""


@dataclass(frozen=True, slots=True)
class Ends:
    """Both ends of a pair as a plan is told between them; `sizes` are how many steps go in one call, by resource."""

    source: Tenant
    target: Tenant
    title: str
    sizes: Mapping[str, int]


def ends(flows: Sequence[Flow]) -> Ends:
    """Both ends of a pair's flows."""
    first = flows[0]
    source, target = first.source.connection.tenant, first.target.connection.tenant
    assert source is not None and target is not None  # noqa: S101 - flows exist only between known tenants
    sizes = {flow.target.resource.name: flow.target.resource.batch for flow in flows}
    return Ends(source, target, first.target.connector.title, sizes)


def view(ledger: Ledger, plan: int, pair: PairConfig, between: Ends) -> PlanView:
    """A stored plan in short, with what its guard has against it."""
    operations: dict[str, dict[str, int]] = {name: {} for name in pair.entities}
    amounts: dict[str, Decimal] = {}
    back: dict[str, dict[str, Decimal]] = {}
    with ledger.reading() as sql:
        row = sql.execute(select(PlanRow).where(PlanRow.c.id == plan)).one()
        query = select(ChangeRow.c.entity, ChangeRow.c.op, ChangeRow.c.amount, ChangeRow.c.currency).where(
            ChangeRow.c.plan == plan
        )
        for change in sql.execute(query):
            by = operations.setdefault(change.entity, {})
            by[change.op] = by.get(change.op, 0) + 1
            into = {"create": amounts, "void": back.setdefault(change.entity, {})}.get(change.op)
            if into is not None and change.amount is not None:
                currency = change.currency or ""
                into[currency] = into.get(currency, Decimal(0)) + Decimal(change.amount)
        taken = {
            entity: Taken(voids, _linked(sql, row, entity), back[entity])
            for entity, by in operations.items()
            if (voids := by.get("void"))
        }
        tenants = (LiveRow.c.source_tenant == row.source_tenant, LiveRow.c.target_tenant == row.target_tenant)
        live = sql.execute(select(LiveRow.c.at).where(LiveRow.c.pair == row.pair, *tenants)).first() is not None
    return PlanView(
        id=plan,
        pair=row.pair,
        run=row.run,
        source=between.source,
        target=between.target,
        target_title=between.title,
        created=row.created,
        state=row.state,
        expires=row.created + pair.plans_expire,
        undoes=row.undoes,
        approved_by=row.approved_by,
        approved_at=row.approved_at,
        counts={name: Counts(**one) for name, one in (row.counts or {}).items()},
        operations=operations,
        amounts=amounts,
        calls=least_writes(ledger, plan, between.sizes),
        live=live,
        objections=tuple(objections(pair.guard, taken)),
    )


def _linked(sql: Any, plan: Any, entity: str) -> int:
    mine = (
        LinkRow.c.entity == entity,
        LinkRow.c.source_tenant == plan.source_tenant,
        LinkRow.c.target_tenant == plan.target_tenant,
    )
    number: int = sql.execute(select(func.count()).where(*mine)).scalar_one()
    return number


def least_writes(ledger: Ledger, plan: int, sizes: Mapping[str, int]) -> int:
    """The least number of write calls that the plan's changes need: per resource and step, the batches filled up."""
    steps: dict[tuple[str, str, int], int] = {}
    with ledger.reading() as sql:
        query = select(ChangeRow.c.resource, ChangeRow.c.op, ChangeRow.c.state, ChangeRow.c.steps).where(
            ChangeRow.c.plan == plan,
            ChangeRow.c.op != "link",
            ChangeRow.c.state.not_in(("stale", "waiting")),
        )
        for row in sql.execute(query):
            for place, step in enumerate(row.steps):
                key = (row.resource, step["op"], place)
                steps[key] = steps.get(key, 0) + 1
    return sum(ceil(count / sizes.get(resource, 1)) for (resource, _, _), count in steps.items())


def applied(ledger: Ledger, plan: int, counts: dict[str, Counts]) -> None:
    """Add to the counts what became of the plan's changes."""
    with ledger.reading() as sql:
        query = (
            select(ChangeRow.c.entity, ChangeRow.c.op, ChangeRow.c.state, func.count())
            .where(ChangeRow.c.plan == plan)
            .group_by(ChangeRow.c.entity, ChangeRow.c.op, ChangeRow.c.state)
        )
        for entity, op, state, number in sql.execute(query):
            one = counts[entity]
            name = "waiting" if state == "planned" else state
            setattr(one, name, getattr(one, name) + number)
            if state == "done":
                setattr(one, _DONE[op], getattr(one, _DONE[op]) + number)


def holds(ledger: Ledger, pair: str) -> tuple[HoldGroup, ...]:
    """What is held, skipped or noted, grouped by cause, the largest groups first."""
    groups: dict[tuple[str, str, str, str], _Group] = {}
    with ledger.reading() as sql:
        rows = [(sorted(row.labels.split(_APART)), row) for row in sql.execute(_grounds(pair))]
        for examples, row in sorted(rows, key=lambda each: each[0]):
            for place, problem in enumerate(row.problems):
                about = problem["about"] if problem["about"] not in examples else ""
                group = groups.setdefault((row.entity, row.kind, problem["cause"], about), _Group(Problem(**problem)))
                group.count += row.many
                group.examples += examples
                if row.amounts and place == 0:
                    amount = sum(map(Decimal, row.amounts.split()), group.amounts.get(row.currency or "", Decimal(0)))
                    group.amounts[row.currency or ""] = amount
    found = [
        HoldGroup(entity, kind, one.problem, one.count, one.amounts, tuple(sorted(one.examples)[:EXAMPLES]))
        for (entity, kind, _, _), one in groups.items()
    ]
    return tuple(sorted(found, key=lambda group: (group.kind, -group.count, group.entity)))


@dataclass(slots=True)
class _Group:
    problem: Problem
    count: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)
    examples: list[str] = field(default_factory=list)


def _grounds(pair: str) -> Any:
    """All that is held for the same grounds in one row, with the first record's problems and the first labels."""
    one = HeldRow.__table__.alias()  # type: ignore[attr-defined]
    of = [HeldRow.c[name] for name in ("kind", "cause", "entity", "grounds")]
    # the amounts are joined and not summed there: SQLite would add them up as floats
    amounts = func.aggregate_strings(type_coerce(HeldRow.c.amount, Text), " ").label("amounts")
    told = (func.count().label("many"), func.min(HeldRow.c.currency).label("currency"), amounts)
    whole = select(*of, *told).where(HeldRow.c.pair == pair).group_by(*of).subquery()
    mine = (one.c.pair == pair, *(one.c[each.name] == whole.c[each.name] for each in of))
    order = (one.c.label, one.c.source_id)
    problems = select(one.c.problems).where(*mine).order_by(*order).limit(1).scalar_subquery()
    few = select(one.c.label).where(*mine).order_by(*order).limit(EXAMPLES).correlate(whole).subquery()
    labels = select(func.aggregate_strings(few.c.label, _APART)).scalar_subquery()
    return select(whole, problems.label("problems"), labels.label("labels"))
