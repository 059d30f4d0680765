"""The report of a tie-out as one page of HTML: self-contained, without script, made to be printed, signed and filed."""

from __future__ import annotations

import re
from calendar import month_name
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tieout import __version__
from tieout.api.errors import Problem
from tieout.desk.filing.chart import HEIGHT, WIDTH, charts
from tieout.host.paper import written
from tieout.rules.proof import TieLine, TieOut, TieRecord

_COMMAND = re.compile("`([^`]+)`")
_FOREIGN = 200
"""Records of the target alone that the page lists; the trail has all."""


@dataclass(frozen=True, slots=True)
class Reason:
    """The records of one entity that stay behind for one reason, with their sums by currency."""

    entity: str
    problem: Problem
    records: tuple[TieRecord, ...]
    sums: dict[str, Decimal]


def write_report(path: Path, proof: TieOut) -> None:
    """Write the report to a file. Raises `OSError` when that is refused."""
    with written(path) as file:
        file.write(page(proof))


def page(proof: TieOut) -> str:
    """The report as HTML; everything that came from either system is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    house = Environment(
        loader=PackageLoader("tieout.desk.filing", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    house.filters |= {"money": _money, "month": _month, "moment": _moment, "px": _px, "pieces": _pieces}
    by_state: dict[str, list[TieRecord]] = {}
    for record in proof.differences:
        by_state.setdefault(record.state, []).append(record)
    foreign = by_state.get("foreign", [])
    return house.get_template("page.html").render(
        proof=proof,
        version=__version__,
        span=_span(proof),
        summary=summary(proof),
        variances=_variances(proof.lines, proof.base),
        compared=sum(sum(states.values()) for states in proof.counts.values()),
        matched=sum(states.get("matched", 0) for states in proof.counts.values()),
        months=[line for line in proof.lines if line.period],
        charts=charts(proof.in_order(proof.lines)),
        width=WIDTH,
        height=HEIGHT,
        open=proof.unexplained(),
        states=states(proof),
        held=_reasons(by_state.get("held", [])),
        skipped=_reasons(by_state.get("skipped", [])),
        foreign=foreign[:_FOREIGN],
        foreign_more=len(foreign[_FOREIGN:]),
        foreign_sums=_foreign_sums(foreign),
    )


def summary(proof: TieOut) -> list[TieLine]:
    """All months of an entity and currency in one line, the base currency first."""
    found: dict[tuple[str, str], TieLine] = {}
    for line in proof.lines:
        key = (line.entity, line.currency)
        found[key] = found[key].plus(line) if key in found else replace(line, period="")
    return proof.in_order(found.values())


def _variances(lines: Iterable[TieLine], base: str) -> dict[str, Decimal]:
    """What is unexplained per currency, whatever its sign: a plus of one month never hides a minus of another."""
    found: dict[str, Decimal] = {}
    for line in lines:
        if line.currency:
            found[line.currency] = found.get(line.currency, Decimal(0)) + abs(line.variance)
    return dict(sorted(found.items(), key=lambda item: (item[0] != base, item[0])))


def _reasons(records: Iterable[TieRecord]) -> list[Reason]:
    grouped: dict[tuple[str, str, str, str], list[TieRecord]] = {}
    for record in records:
        problem = record.problem or Problem(cause="", what="")
        grouped.setdefault((record.entity, problem.cause, problem.what, problem.fix), []).append(record)
    found = [
        Reason(entity, many[0].problem or Problem(cause="", what=""), tuple(many), _sums(many))
        for (entity, *_), many in grouped.items()
    ]
    return sorted(found, key=lambda reason: -len(reason.records))


def _sums(records: Iterable[TieRecord]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for record in records:
        if record.source_total is not None:
            found[record.currency] = found.get(record.currency, Decimal(0)) + record.source_total
    return found


def _foreign_sums(records: Iterable[TieRecord]) -> list[tuple[str, str, int, Decimal]]:
    """Per entity and currency: how many records stand in the target alone, and their sum."""
    found: dict[tuple[str, str], tuple[int, Decimal]] = {}
    for record in records:
        count, total = found.get((record.entity, record.currency), (0, Decimal(0)))
        found[record.entity, record.currency] = (count + 1, total + (record.target_total or 0))
    return [(entity, currency, count, total) for (entity, currency), (count, total) in found.items()]


def states(proof: TieOut) -> dict[str, str]:
    """The states in the words of a bookkeeper, with the systems by their names."""
    here, there = proof.source_title, proof.target_title
    return {
        "missing-here": f"Not in {here}",
        "missing-there": f"Not in {there}",
        "doubled": f"Doubled in {there}",
        "amount-differs": "Amount differs",
        "period-differs": "Month differs",
        "status-differs": "Status differs",
        "voided-there": f"Voided in {there}",
    }


def _span(proof: TieOut) -> str:
    months = proof.months
    if months.first and months.first == months.last:
        return _month(months.first)
    if months.first and months.last:
        return f"{_month(months.first)} to {_month(months.last)}"
    if months.first:
        return f"from {_month(months.first)}"
    return f"up to {_month(months.last)}" if months.last else "all months"


def _month(period: str) -> str:
    """July 2026 for 2026-07."""
    return f"{month_name[int(period[5:])]} {period[:4]}" if period else ""


def _moment(at: datetime) -> str:
    return f"{at.day} {month_name[at.month]} {at.year}, {at:%H:%M} UTC"


def _pieces(text: str) -> list[str]:
    """A sentence cut up: every second piece is a command that stands in it between backticks."""
    return _COMMAND.split(text)


def _money(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:,.2f}"


def _px(length: Any) -> str:
    return f"{length:.1f}"
