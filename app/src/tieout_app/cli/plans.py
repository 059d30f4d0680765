"""Commands about plans: make one, read it field by field, carry it out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from tieout_app.cli import screens
from tieout_app.cli.listing import WORK
from tieout_app.cli.options import Json, Pair, examples, opened, speaker, unless_stopped
from tieout_app.cli.plain import plain
from tieout_app.cli.words import count, moment, money, sums

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tieout.desk import ChangePage, FieldDiff, Forecast, PlannedChange, PlanView

    from tieout_app.cli.progress import Told
    from tieout_app.cli.terminal import Terminal

commands = typer.Typer()

_STATES = {"applying": "cut off half way", "unsettled": "an outcome is not known yet", "superseded": "replaced"}
_LINES = 12
"""So many fields of one change are shown on a terminal; --json gives them all."""


@commands.command(
    rich_help_panel=WORK,
    epilog=examples(
        "tieout plan",
        "tieout plan --show 12",
        "tieout plan --show 12 --entity invoices --page 2",
        "tieout plan --json | jq .operations",
        "tieout plan --show 12 --json | jq '.changes.changes[] | {label, op, fields}'",
    ),
)
def plan(
    ctx: typer.Context,
    show: Annotated[
        int | None, typer.Option("--show", metavar="NUMBER", min=1, help="Read a stored plan, change by change.")
    ] = None,
    entity: Annotated[
        str | None, typer.Option("--entity", metavar="APP", help="The changes of one app, with --show.")
    ] = None,
    page: Annotated[int, typer.Option("--page", min=1, help="Which page of changes, with --show.")] = 1,
    pair: Pair = None,
    as_json: Json = False,
) -> None:
    """Read both sides and store what a sync would do; nothing is written to either side.

    With --show it reads a stored plan instead and calls neither system: every change, field by field, old and new.
    """
    terminal = speaker(ctx)
    with opened(terminal) as (desk, _):
        name = desk.pair(pair)
        view = desk.plan(name) if show is None else desk.plans.plan(name, show)
        forecast = desk.plans.forecast(name, view.calls)
        changes = desk.plans.changes(name, view.id, entity, page) if show is not None else None
    document = {**plain(view), "forecast": forecast, **({"changes": changes} if changes else {})}
    now = terminal.clock.now()
    terminal.show(
        document, screens.plan(view, now), _stands(view, forecast, now), *(_changes(changes) if changes else ())
    )
    unless_stopped(terminal)
    if show is None and any(view.operations.values()):
        terminal.say("", f"[dim]To read it:[/] {terminal.command(f'plan --show {view.id}')}")
        terminal.say(f"[dim]To carry it out:[/] {terminal.command(f'apply {view.id}')}")


@commands.command(rich_help_panel=WORK, epilog=examples("tieout plans", "tieout plans --json | jq '.[0].id'"))
def plans(ctx: typer.Context, pair: Pair = None, as_json: Json = False) -> None:
    """List the newest plans: what each would do or did, how it stands, and who approved it."""
    terminal = speaker(ctx)
    with opened(terminal) as (desk, _):
        found = desk.plans.newest(desk.pair(pair))
    terminal.show(found, _plans(found, terminal.clock.now()) if found else Text("No plan was made yet."))
    if found:
        terminal.say(f"[dim]To read one:[/] {terminal.command('plan --show NUMBER')}")


@commands.command(
    rich_help_panel=WORK,
    epilog=examples("tieout plan", "tieout apply 12", "tieout apply 12 --yes", "tieout apply 12 --json"),
)
def apply(
    ctx: typer.Context,
    plan: Annotated[int, typer.Argument(help="The number of the plan, as `tieout plan` told it.", show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Approve it without being asked.")] = False,
    pair: Pair = None,
    as_json: Json = False,
) -> None:
    """Carry out a stored plan exactly as it was shown; what moved since is left for the next one.

    On a terminal it asks first where the plan is the first one, or takes back much. Whoever carries it out approves it,
    by name; `tieout plans` tells who did.
    """
    from tieout_app.runner import outcome

    terminal = speaker(ctx)
    with opened(terminal) as (desk, told):
        name = desk.pair(pair)
        view = desk.plans.plan(name, plan)
        asks = terminal.interactive and not yes and (view.objections or not view.live)
        if asks and not agreed_to(terminal, told, view):
            terminal.say("[yellow]Nothing was sent.[/]")
            raise typer.Exit(3)
        report = desk.apply(name, plan)
    terminal.show(report, screens.run(report))
    unless_stopped(terminal)
    raise typer.Exit(outcome(report))


def agreed_to(terminal: Terminal, told: Told, view: PlanView) -> bool:
    """Whether a person confirms a plan, by the sentence with its numbers and money."""
    with told.quiet():
        terminal.say(screens.plan(view, terminal.clock.now()), "")
        for objection in view.objections:
            terminal.say(Text(objection, style="yellow"))
        if not view.live:
            terminal.say("[dim]This is the first time that anything is sent between these two.[/]")
        return terminal.ask(view.question())


def _stands(view: PlanView, forecast: Forecast, now: datetime) -> RenderableType:
    """How a plan stands: its quota, its end, and who approved it."""
    lines = [Text(str(forecast), style="" if forecast.fits else "yellow")] if view.calls else []
    lines += [Text(words, style="yellow") for words in view.objections]
    if view.undoes is not None:
        lines.append(Text(f"It undoes run {view.undoes}."))
    if view.state != "open":
        lines.append(Text(f"It is {_STATES.get(view.state, view.state)}."))
    elif view.expires is not None:
        ended = view.expires <= now
        words = f"It {'has expired' if ended else 'expires'}: {moment(view.expires, now)}."
        lines.append(Text(words, style="yellow" if ended else "dim"))
    if view.approved_by and view.approved_at:
        lines.append(Text(f"Approved by {view.approved_by}, {moment(view.approved_at, now)}."))
    return Group(*lines)


def _plans(found: Sequence[PlanView], now: datetime) -> RenderableType:
    made = screens.table("Plan", "Made", "Changes", "Creates", "State", "Approved", figures=("Plan", "Changes"))
    for view in found:
        changes = sum(sum(by.values()) for by in view.operations.values())
        expired = view.state == "open" and view.expires is not None and view.expires <= now
        state = "expired" if expired else _STATES.get(view.state, view.state)
        purpose = f"\nundoes run {view.undoes}" if view.undoes is not None else ""
        by = f"{view.approved_by}\n{moment(view.approved_at, now)}" if view.approved_by and view.approved_at else ""
        made.add_row(
            str(view.id), moment(view.created, now), f"{changes:,}", sums(view.amounts), Text(state + purpose), Text(by)
        )
    return made


def _changes(found: ChangePage) -> tuple[RenderableType, ...]:
    made = screens.table("Record", "Of", "Change", "Amount", "Field by field", figures=("Amount",))
    for one in found.changes:
        worth = money(one.amount, one.currency) if one.amount is not None else ""
        state = "" if one.state == "planned" else f"\n{one.state}"
        made.add_row(Text(f"{one.label}\n{one.source_id}"), one.entity, Text(one.op + state), worth, _fields(one))
        made.add_row()
    told = f"{count(found.total, 'change')}; page {found.page} of {max(found.pages, 1)}."
    return (Text(""), made, Text(told, style="dim"))


def _fields(one: PlannedChange) -> Text:
    lines = [difference(each, fresh=one.op == "create") for each in one.fields[:_LINES]]
    if len(one.fields) > _LINES:
        lines.append(Text(f"and {count(len(one.fields) - _LINES, 'field')} more", style="dim"))
    lines += [Text(problem.what, style="yellow") for problem in one.problems]
    return Text("\n").join(lines)


def difference(one: FieldDiff, *, fresh: bool) -> Text:
    """One field in a line: old and new value, or the value alone where the record is new."""
    name = f"{one.path.replace('_', ' ').replace('.', ' ')}: "
    if fresh:
        return Text(f"{name}{one.new}")
    old, new = ("nothing" if value is None else str(value) for value in (one.old, one.new))
    return Text(name).append(old, style="red").append(" → ", style="dim").append(new, style="green")
