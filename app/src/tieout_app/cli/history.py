"""Commands about what lies behind: take a run back, send what is older than the start date."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from tieout_app.cli import screens
from tieout_app.cli.listing import WORK
from tieout_app.cli.options import Json, Pair, examples, opened, speaker, unless_stopped
from tieout_app.cli.words import count, moment, sums

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tieout.desk import Backfill, BackfillCount, Undoing

commands = typer.Typer()


@commands.command(
    rich_help_panel=WORK,
    epilog=examples("tieout undo 41", "tieout undo 41 --yes", "tieout undo 41 --json | jq '.left[].problem.what'"),
)
def undo(
    ctx: typer.Context,
    run: Annotated[int, typer.Argument(help="The number of the run, as `tieout sync` told it.", show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Carry the plan out without being asked.")] = False,
    pair: Pair = None,
    as_json: Json = False,
) -> None:
    """Take back what a run created and nobody touched since; what was touched is listed and left.

    It stores a plan of its own first, and asks. Documents and payments are voided or deleted as their status allows;
    contacts and items stay. What is taken back is never sent again by itself.
    """
    from tieout_app.runner import outcome

    terminal = speaker(ctx)
    with opened(terminal) as (desk, told):
        name = desk.pair(pair)
        undoing = desk.undo.plan(name, run)
        unless_stopped(terminal)
        plan = undoing.plan
        if terminal.interactive and plan is not None and not yes:
            with told.quiet():
                terminal.say(_undoing(undoing, terminal.clock.now()), "")
                yes = terminal.ask(plan.question())
        report = desk.apply(name, plan.id) if plan is not None and yes else None
    if report is None:
        terminal.show(undoing, _undoing(undoing, terminal.clock.now()))
        if plan is not None:
            terminal.say("", f"[yellow]Nothing was sent.[/] To carry it out: {terminal.command(f'apply {plan.id}')}")
        raise typer.Exit(3 if plan is not None else 0)
    terminal.show({"undoing": undoing, "report": report}, screens.run(report))
    unless_stopped(terminal)
    raise typer.Exit(outcome(report))


@commands.command(
    rich_help_panel=WORK,
    epilog=examples(
        "tieout backfill",
        "tieout backfill --from 2026-01-01 --to 2026-06-30",
        "tieout backfill --from 2026-01-01 --to 2026-06-30 --entity invoices --yes",
    ),
)
def backfill(
    ctx: typer.Context,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], metavar="DATE", help="The first day.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], metavar="DATE", help="The last day.")
    ] = None,
    entity: Annotated[str | None, typer.Option("--entity", metavar="APP", help="The documents of one app.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Begin without being asked.")] = False,
    pair: Pair = None,
    as_json: Json = False,
) -> None:
    """Send documents that are older than the start date: counted first, then taken up run by run.

    The start date stays as it is. It counts what was read so far, so sync once before. Without dates it lists the
    backfills that were asked for, and what each has still to take up.
    """
    terminal = speaker(ctx)
    if (first is None) != (last is None):
        raise typer.BadParameter("name both days: --from 2026-01-01 --to 2026-06-30")
    with opened(terminal) as (desk, told):
        name = desk.pair(pair)
        if first is None or last is None:
            asked = desk.backfills.asked(name)
            terminal.show(asked, _asked(asked, terminal.clock.now()) if asked else Text("No backfill was asked for."))
            return
        found = desk.backfills.count(name, first.date(), last.date(), entity)
        if terminal.interactive and found.total and not yes:
            with told.quiet():
                terminal.say(_count(found), "")
                yes = terminal.ask(found.question())
        begun = bool(found.total and yes)
        if begun:
            desk.backfills.begin(name, first.date(), last.date(), entity)
    terminal.show({"count": found, "begun": begun}, _count(found))
    if begun:
        terminal.say("", f"It goes out with the next runs, after what is fresh: {terminal.command('sync')}")
    elif found.total:
        terminal.say("", "[yellow]Nothing is sent.[/] To begin: add --yes")
        raise typer.Exit(3)


def _undoing(undoing: Undoing, now: datetime) -> RenderableType:
    parts: list[RenderableType] = []
    if undoing.plan is not None:
        parts.append(screens.plan(undoing.plan, now))
        parts += [Text(words, style="yellow") for words in undoing.plan.objections]
    else:
        parts.append(Text(f"Nothing of run {undoing.run} can be taken back."))
    if undoing.left:
        made = screens.table("Records", "Of", "Left, and why", figures=("Records",))
        for group in undoing.left:
            problem = group.problem
            lines = (Text(problem.what, style="bold"), Text(problem.why), Text(problem.fix, style="green"))
            examples_ = Text(", ".join(group.examples), style="dim")
            made.add_row(
                f"{group.count:,}", group.entity, Text("\n").join(one for one in (*lines, examples_) if one.plain)
            )
        parts += [screens.heading("Left as it is"), Text(""), made]
    return Group(*parts)


def _count(found: BackfillCount) -> RenderableType:
    made = screens.table("", "Documents", figures=("Documents",))
    for entity, number in found.counts.items():
        made.add_row(entity, f"{number:,}")
    told = f"{count(found.total, 'document')} of {found.first} to {found.last}"
    worth = f", {sums(found.amounts)}" if found.amounts else ""
    calls = f"At least {count(found.forecast.calls, 'write call')}. {found.forecast}" if found.total else ""
    return Group(screens.heading("Backfill"), Text(f"{told}{worth}."), Text(calls), Text(""), made)


def _asked(found: Sequence[Backfill], now: datetime) -> RenderableType:
    made = screens.table("App", "From", "To", "Still to take up", "Asked by", "When", figures=("Still to take up",))
    for one in found:
        made.add_row(one.entity, f"{one.first}", f"{one.last}", f"{one.left:,}", one.by, moment(one.at, now))
    return made
