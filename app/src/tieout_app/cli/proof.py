"""What people see of a tie-out on a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from tieout_app.cli.screens import heading, table
from tieout_app.cli.words import count, moment, money

if TYPE_CHECKING:
    from tieout.desk import TieLine, TieOut, TieRecord

_LISTED = 20
"""Records that a person is shown; `--json`, `--csv` and `--html` give all."""

_EXPLAINED = (
    ("held", "held with a cause"),
    ("skipped", "skipped with a reason"),
    ("foreign", "in the books that Tieout neither made nor linked"),
)


def tie_out(proof: TieOut, now: datetime) -> RenderableType:
    """The proof: per entity and currency, then what does not tie, then what is held or foreign."""
    source, target = proof.source_title, proof.target_title
    names = ("Records", source, "Held", "Skipped", target, "Variance")
    made = table("", "", *names, figures=names)
    for line in proof.in_order(_by_currency(proof.lines)):
        made.add_row(f"{line.entity} {line.period}".strip(), line.currency, f"{line.source_count:,}", *_sides(line))
    verdict = (
        Text("It ties out: every record is explained, to the cent.", style="bold green")
        if proof.ties
        else Text("It does not tie out. These records are open:", style="bold red")
    )
    title = f"{proof.source.name} and {proof.target.name}{_span(proof)}, read {moment(proof.at, now)}"
    parts: list[RenderableType] = [heading(title), Text(""), made, Text(""), verdict]
    if unexplained := proof.unexplained():
        parts += [Text(""), _records(unexplained, source, target)]
    states: Counter[str] = Counter(one.state for one in proof.differences)
    explained = [f"{count(states[state], 'record')} {words}" for state, words in _EXPLAINED if states[state]]
    if explained:
        parts.append(Text(f"Explained: {'; '.join(explained)}. `--html FILE` lists them.", style="dim"))
    return Group(*parts)


def _span(proof: TieOut) -> str:
    months = proof.months
    if months.first == months.last:
        return f", {months.first}" if months.first else ""
    return f", {f'from {months.first}' if months.first else ''}{f' to {months.last}' if months.last else ''}"


def _records(items: Sequence[TieRecord], source: str, target: str) -> RenderableType:
    made = table("", "State", "Record", source, target, "Why and what to do", figures=(source, target))
    for one in items[:_LISTED]:
        sides = [
            money(total, one.currency) if total is not None else "–" for total in (one.source_total, one.target_total)
        ]
        words = Text(one.problem.what if one.problem else "")
        if one.problem and one.problem.fix:
            words.append(f"\n{one.problem.fix}", style="green")
        made.add_row(one.entity, Text(one.state, style="red"), Text(one.label), *sides, words)
    more = len(items) - _LISTED
    listed = f"and {more:,} more; `--json`, `--csv FILE` and `--html FILE` list them all"
    return Group(made, Text(listed, style="dim")) if more > 0 else made


def _sides(line: TieLine) -> Iterator[Text]:
    """Both sides, what stays between them and what is unexplained: money, or records where there is no money."""
    what = "total" if line.currency else "count"
    for part in ("source", "held", "skipped", "target"):
        yield _amount(getattr(line, f"{part}_{what}"))
    left = _amount(line.variance if line.currency else line.count_variance)
    if line.currency and line.count_variance:
        left.append(f" and {count(abs(line.count_variance), 'record')}")
    left.stylize("green" if line.clear else "bold red")
    yield left


def _amount(value: Decimal | int) -> Text:
    return Text(f"{value:,.2f}" if isinstance(value, Decimal) else f"{value:,}")


def _by_currency(lines: Iterable[TieLine]) -> list[TieLine]:
    """Periods that tie, added up per entity and currency; one that does not stays alone, so nothing hides it."""
    found: dict[tuple[str, str, str], TieLine] = {}
    for line in lines:
        key = (line.entity, line.currency, "" if line.clear else line.period)
        found[key] = found[key].plus(line) if key in found else replace(line, period=key[2])
    return list(found.values())
