"""What people see: the views of the desk as tables and sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tieout.cli.words import count, moment, money, sums

if TYPE_CHECKING:
    from tieout.desk import (
        ConnectionView,
        Counts,
        Difference,
        HoldGroup,
        PairView,
        PlanView,
        RunReport,
        TieLine,
        TieOut,
    )

_ALWAYS = ("read", "created", "updated", "unchanged", "held")
_ARRIVED = ("carried", "released", "gone")
_WENT = ("voided", "linked", "kept", "skipped", "wrong", "rejected", "unknown", "waiting", "stale")
_BAD = frozenset({"wrong", "rejected", "unknown", "stale"})
_OPEN = frozenset({"missing", "doubled", "different"})
_LISTED = 20
"""Rows of a list that a person is shown; `--json` gives all."""


def table(*columns: str, figures: Iterable[str] = ()) -> Table:
    """A calm table; columns named in `figures` are numbers."""
    made = Table(box=box.SIMPLE, pad_edge=False, header_style="bold", show_edge=False)
    numbers = frozenset(figures)
    for name in columns:
        made.add_column(name, justify="right" if name in numbers else "left", overflow="fold")
    return made


def heading(words: str) -> Text:
    """The title above a table."""
    return Text(f"\n{words}", style="bold")


def counts(by_entity: Mapping[str, Counts]) -> Table:
    """Counts per entity; what nobody has is left out."""
    names = [*_ALWAYS, *(name for name in _ARRIVED + _WENT if any(getattr(one, name) for one in by_entity.values()))]
    made = table("", *(name.capitalize() for name in names), figures=[name.capitalize() for name in names])
    for entity, one in by_entity.items():
        made.add_row(entity, *(_figure(getattr(one, name), "red" if name in _BAD else "") for name in names))
    if len(by_entity) > 1:
        made.add_section()
        totals = (sum(getattr(one, name) for one in by_entity.values()) for name in names)
        made.add_row("all", *(_figure(total) for total in totals), style="bold")
    return made


def holds(groups: Sequence[HoldGroup]) -> RenderableType:
    """What cannot go, by cause: how many, why, and what to do; then what is left out on purpose, with its reason."""
    held = [group for group in groups if group.kind == "hold"]
    parts: list[RenderableType] = []
    if held:
        parts += [heading("Held until the cause is gone"), Text(""), _held(held)]
    if noted := [group for group in groups if group.kind == "note"]:
        parts += [heading("Sent, with something left out"), Text(""), _held(noted)]
    if skipped := [group for group in groups if group.kind == "skip"]:
        parts += [heading("Left out on purpose"), Text(""), _skipped(skipped)]
    return Group(*parts)


def _held(groups: Sequence[HoldGroup]) -> Table:
    made = table("Records", "Of", "Cause and fix", figures=("Records",))
    for group in groups:
        problem = group.problem
        known = (", ".join(group.examples), problem.cause)
        lines = [Text(problem.what, style="bold"), Text(problem.why), Text(problem.fix, style="green")]
        lines += [Text(f'"{problem.said}"' if problem.said else "", style="dim")]
        lines += [Text(" · ".join(words for words in known if words), style="dim")]
        made.add_row(f"{group.count:,}", _what(group), Text("\n").join(line for line in lines if line.plain))
        made.add_row()
    return made


def _skipped(groups: Sequence[HoldGroup]) -> Table:
    made = table("Records", "Of", "Reason", figures=("Records",))
    for group in groups:
        made.add_row(f"{group.count:,}", _what(group), Text(group.problem.what))
    return made


def _what(group: HoldGroup) -> Text:
    amounts = (money(amount, currency) for currency, amount in sorted(group.amounts.items()))
    return Text("\n").join((Text(group.entity), *(Text(amount, style="dim") for amount in amounts)))


def plan(view: PlanView, now: datetime) -> RenderableType:
    """A stored plan: what would be done, where, and what it needs."""
    operations = sorted({name for by in view.operations.values() for name in by}, key=_order)
    rest = [name for name in ("read", "unchanged", "kept", "held", "skipped") if _any(view.counts, name)]
    names = [*(name.capitalize() for name in operations), *(name.capitalize() for name in rest)]
    made = table("", *names, figures=names)
    for entity, one in view.counts.items():
        planned = view.operations.get(entity, {})
        cells = [_figure(planned.get(name, 0), "green") for name in operations]
        made.add_row(entity, *cells, *(_figure(getattr(one, name)) for name in rest))
    facts = [f"Plan {view.id} of {moment(view.created, now)}: {view.source.name} → {view.target.name}."]
    changes = sum(sum(by.values()) for by in view.operations.values())
    facts.append(
        f"It makes {count(changes, 'change')} in {view.target_title} with {count(view.calls, 'write call')}"
        f"{f', documents of {sums(view.amounts)}' if view.amounts else ''}."
        if changes
        else "There is nothing to send."
    )
    warnings = [Text(f"! {words}", style="yellow") for words in view.warnings]
    return Group(heading(f"Plan for {view.pair}"), *(Text(words) for words in facts), *warnings, Text(""), made)


def run(report: RunReport) -> RenderableType:
    """How a run ended, per entity, with the calls that it took."""
    parts: list[RenderableType] = [heading(f"Run {report.run} of {report.pair}: {report.state}")]
    if report.message:
        parts.append(Text(report.message, style="" if report.state == "done" else "yellow"))
    parts += [Text(""), counts(report.counts), Text(""), Text(calls(report), style="dim")]
    return Group(*parts)


def calls(report: RunReport) -> str:
    """The calls of a run by connection, and the least writes that would do."""
    made = (f"{one.connection} {count(one.reads, 'read')} and {count(one.writes, 'write')}" for one in report.calls)
    return f"Calls: {', '.join(made) or 'none'}; the least possible is {count(report.least_writes, 'write')}."


def tie_out(proof: TieOut, view: PairView, now: datetime) -> RenderableType:
    """The proof: per entity and currency, then what does not tie, then what is held or foreign."""
    source, target = view.source.title, view.target.title
    names = ("Records", source, "Held", "Skipped", target, "Variance")
    made = table("", "", *names, figures=names)
    for line in _by_currency(proof.lines):
        made.add_row(f"{line.entity} {line.period}".strip(), line.currency, f"{line.source_count:,}", *_sides(line))
    verdict = (
        Text("It ties out: every record is explained, to the cent.", style="bold green")
        if proof.ties
        else Text("It does not tie out. These records are open:", style="bold red")
    )
    title = f"{proof.source.name} and {proof.target.name}, read {moment(proof.at, now)}"
    parts: list[RenderableType] = [heading(title), Text(""), made, Text(""), verdict]
    open_ones = [one for one in proof.differences if one.state in _OPEN]
    if open_ones:
        parts += [Text(""), _differences(open_ones, source, target)]
    explained = [f"{count(number, 'record')} {words}" for words, number in _explained(proof.differences) if number]
    if explained:
        parts.append(Text(f"Explained: {'; '.join(explained)}. `--json` lists them.", style="dim"))
    return Group(*parts)


def connections(views: Iterable[ConnectionView], now: datetime) -> Table:
    """The connections: which system, which tenant, connected since when and by whom."""
    made = table("Connection", "System", "State", "Reaches", "Since")
    for view in views:
        state = Text(view.state, style={"connected": "green", "paused": "yellow"}.get(view.state, "red"))
        if view.paused_until:
            state.append(f"\nuntil {moment(view.paused_until, now)}", style="dim")
        if view.why:
            state.append(f"\n{view.why}", style="dim")
        since = moment(view.connected_at, now) if view.connected_at else ""
        by = f"\nby {view.connected_by}" if view.connected_by else ""
        made.add_row(view.name, view.title, state, view.tenant.name if view.tenant else "", Text(since + by))
    return made


def pair(view: PairView, now: datetime) -> RenderableType:
    """A pair: its apps, what is linked, held or wrong, and how the last run ended."""
    names = ("Linked", "Held", "Skipped", "Wrong")
    made = table("", *names, figures=names)
    for flow in view.flows:
        cells = [_figure(flow.linked), _figure(flow.held, "yellow"), _figure(flow.skipped), _figure(flow.wrong, "red")]
        made.add_row(flow.title, *cells)
    last = f"Last run {moment(view.last_run, now)}: {view.last_state}." if view.last_run else "It has never run."
    words = [last, view.last_message, "" if view.live else "It is not live yet: nothing was sent."]
    if view.open_plan:
        words.append(f"Plan {view.open_plan} is stored and not carried out yet.")
    title = heading(f"{view.name}: {view.source.title} → {view.target.title}")
    parts: list[RenderableType] = [title, Text(" ".join(word for word in words if word)), Text(""), made]
    return Group(*parts, holds(view.holds))


def accounts(choices: Mapping[str, Any]) -> Table:
    """The four accounts: what is chosen, and how many could be."""
    made = table("Account", "Chosen", "Name", "Candidates", figures=("Candidates",))
    for slot, choice in choices.items():
        named = next((one.name for one in choice.candidates if choice.chosen in (one.code, one.id)), "")
        chosen = choice.chosen or "[yellow]not chosen[/]"
        made.add_row(slot.capitalize(), chosen, escape(named), f"{len(choice.candidates)}")
    return made


def candidates(slot: str, choice: Any) -> Table:
    """The accounts that a slot may be, numbered for picking."""
    made = table("", "Code", f"Account for {slot}", "Type", figures=("",))
    for place, account in enumerate(choice.candidates, start=1):
        mark = " [green](chosen)[/]" if choice.chosen in (account.code, account.id) else ""
        made.add_row(str(place), account.code or "", f"{escape(account.name)}{mark}", account.type)
    return made


def reference(kinds: Mapping[str, Sequence[Any]]) -> Table:
    """The reference data that was read, by kind."""
    made = table("Reference data", "Rows", "Active", "For example", figures=("Rows", "Active"))
    for kind, rows in kinds.items():
        examples = ", ".join(f"{row.code} {row.name}" if row.code else row.name for row in rows[:3])
        active = sum(row.active for row in rows)
        made.add_row(
            kind.capitalize(), f"{len(rows):,}", f"{active:,}", Text(examples, overflow="ellipsis", no_wrap=True)
        )
    return made


def plugins(statuses: Iterable[Any]) -> Table:
    """The plugins: on or off, from which distribution, and why one does not run."""
    made = table("Plugin", "On", "State", "Distribution", "Reason")
    for one in statuses:
        on = "[green]on[/]" if one.on else "[dim]off[/]"
        made.add_row(one.name, on, one.state, f"{one.distribution} {one.version}", escape(one.reason or ""))
    return made


def _figure(number: int, style: str = "") -> Text:
    return Text(f"{number:,}", style=style if number else "dim")


def _any(by_entity: Mapping[str, Counts], name: str) -> bool:
    return name in ("read", "unchanged", "held") or any(getattr(one, name) for one in by_entity.values())


def _order(operation: str) -> tuple[int, str]:
    known = ("create", "update", "link", "void", "remove")
    return (known.index(operation) if operation in known else len(known), operation)


def _differences(items: Sequence[Difference], source: str, target: str) -> RenderableType:
    made = table("", "State", "Record", source, target, "Why", figures=(source, target))
    for one in items[:_LISTED]:
        sides = [
            money(total, one.currency) if total is not None else "–" for total in (one.source_total, one.target_total)
        ]
        made.add_row(one.entity, Text(one.state, style="red"), Text(one.label), *sides, Text(one.why))
    more = len(items) - _LISTED
    return Group(made, Text(f"and {more:,} more; `--json` lists them all", style="dim")) if more > 0 else made


def _explained(items: Sequence[Difference]) -> Iterable[tuple[str, int]]:
    for state, words in (
        ("held", "held with a cause"),
        ("skipped", "skipped with a reason"),
        ("foreign", "in the books that Tieout neither made nor linked"),
    ):
        yield words, sum(one.state == state for one in items)


def _sides(line: TieLine) -> Iterator[Text]:
    """Both sides, what stays between them and what is unexplained: money, or records where there is no money."""
    what = "total" if line.currency else "count"
    for part in ("source", "held", "skipped", "target"):
        yield _amount(getattr(line, f"{part}_{what}"))
    left = _amount(line.variance if line.currency else line.count_variance)
    if line.currency and line.count_variance:
        left.append(f" and {count(abs(line.count_variance), 'record')}")
    left.stylize("green" if _clear(line) else "bold red")
    yield left


def _amount(value: Decimal | int) -> Text:
    return Text(f"{value:,.2f}" if isinstance(value, Decimal) else f"{value:,}")


def _clear(line: TieLine) -> bool:
    return line.variance == 0 and line.count_variance == 0


def _by_currency(lines: Iterable[TieLine]) -> list[TieLine]:
    """Periods that tie, added up per entity and currency; one that does not stays alone, so nothing hides it."""
    found: dict[tuple[str, str, str], TieLine] = {}
    for line in lines:
        key = (line.entity, line.currency, "" if _clear(line) else line.period)
        found[key] = _add(found[key], line) if key in found else replace(line, period=key[2])
    return list(found.values())


def _add(one: TieLine, other: TieLine) -> TieLine:
    added = {
        f"{part}_{what}": getattr(one, f"{part}_{what}") + getattr(other, f"{part}_{what}")
        for part in ("source", "held", "skipped", "target")
        for what in ("count", "total")
    }
    return replace(one, **added)
