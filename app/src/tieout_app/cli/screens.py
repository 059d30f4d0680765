"""What people see: the views of the desk as tables and sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tieout_app.cli.words import count, moment, money, sums

if TYPE_CHECKING:
    from tieout.desk import (
        ConnectionView,
        Counts,
        HoldGroup,
        PairView,
        PlanView,
        RunReport,
    )

_ALWAYS = ("read", "created", "updated", "unchanged", "held")
_ARRIVED = ("carried", "released", "gone")
_WENT = ("voided", "linked", "kept", "skipped", "wrong", "rejected", "unknown", "waiting", "stale")
_BAD = frozenset({"wrong", "rejected", "unknown", "stale"})
_OLD = timedelta(hours=1)
"""Age from which it is said when something was learnt."""


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
    parts += [Text(f"! {notice}", style="yellow") for notice in report.notices]
    parts += [Text(""), counts(report.counts), Text(""), Text(calls(report), style="dim")]
    return Group(*parts)


def calls(report: RunReport) -> str:
    """The calls of a run by connection, and the least writes that would do."""
    made = (f"{one.connection} {count(one.reads, 'read')} and {count(one.writes, 'write')}" for one in report.calls)
    return f"Calls: {', '.join(made) or 'none'}; the least possible is {count(report.least_writes, 'write')}."


def connections(views: Iterable[ConnectionView], now: datetime) -> Table:
    """The connections: which system, which tenant, connected since when and by whom, and the calls of the day."""
    made = table("Connection", "System", "State", "Reaches", "Since", "Calls in 24 h", figures=("Calls in 24 h",))
    for view in views:
        state = Text(view.state, style={"connected": "green", "paused": "yellow"}.get(view.state, "red"))
        if view.paused_until:
            state.append(f"\nuntil {moment(view.paused_until, now)}", style="dim")
        if view.why:
            state.append(f"\n{view.why}", style="dim")
        if view.grant_ends:
            state.append(f"\nthe consent ends {moment(view.grant_ends, now)} if it is not used", style="yellow")
        since = moment(view.connected_at, now) if view.connected_at else ""
        by = f"\nby {view.connected_by}" if view.connected_by else ""
        reaches = view.tenant.name if view.tenant else ""
        made.add_row(view.name, view.title, state, reaches, Text(since + by), _used(view, now))
    return made


def _used(view: ConnectionView, now: datetime) -> Text:
    """Calls used of calls allowed; none is coloured before four fifths are used up."""
    if view.calls_known_at is None:
        return Text("–", style="dim")
    if view.calls_allowed is None:
        return Text(f"{view.calls_used:,}")
    style = "yellow" if view.calls_used * 5 >= view.calls_allowed * 4 else ""
    found = Text(f"{view.calls_used:,} of {view.calls_allowed:,}", style=style)
    old = now - view.calls_known_at > _OLD
    return found.append(f"\nknown {moment(view.calls_known_at, now)}", style="dim") if old else found


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
    """The accounts by purpose: what is chosen, or counts where nothing is, and how many could be."""
    made = table("Account", "Chosen", "Name", "Candidates", figures=("Candidates",))
    for slot, choice in choices.items():
        named = next((one.name for one in choice.candidates if choice.chosen in (one.code, one.id)), "")
        usual = f"[dim]{escape(choice.usual)}[/]" if choice.usual else "[yellow]not chosen[/]"
        chosen = choice.chosen or usual
        made.add_row(slot.capitalize(), chosen, escape(named), f"{len(choice.candidates)}")
    return made


def candidates(slot: str, choice: Any) -> Table:
    """The accounts that a slot may be, numbered for picking."""
    made = table("", "Code", f"Account for {slot}", "Type", figures=("",))
    for place, account in enumerate(choice.candidates, start=1):
        mark = " [green](chosen)[/]" if choice.chosen in (account.code, account.id) else ""
        made.add_row(str(place), account.code or "", f"{escape(account.name)}{mark}", account.kind or account.type)
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
