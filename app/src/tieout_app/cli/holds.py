"""Commands about what cannot go: list it by cause, look at single records, try again, leave out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from tieout_app.cli import screens
from tieout_app.cli.listing import WORK
from tieout_app.cli.options import Json, Pair, examples, opened, speaker
from tieout_app.cli.words import count, moment, money

if TYPE_CHECKING:
    from datetime import datetime

    from tieout.desk import HeldPage, HeldRecord

commands = typer.Typer()

Entity = Annotated[str, typer.Argument(metavar="APP", help="The app, for example invoices.", show_default=False)]
Number = Annotated[
    str, typer.Argument(metavar="NUMBER", help="The record's number, name or code, or its id.", show_default=False)
]
_NEXT = {
    "next-run": "is decided anew in the next run",
    "change": "goes again once the record, its mapping or the target has changed, or with `tieout retry`",
    "unskip": "stays out until `tieout unskip`, or until its reason is gone",
}


@commands.command(
    rich_help_panel=WORK,
    epilog=examples(
        "tieout holds",
        "tieout holds --cause tax-unmapped",
        "tieout holds --entity invoices --page 2",
        "tieout holds --json | jq '.groups[] | {cause: .problem.cause, count}'",
    ),
)
def holds(
    ctx: typer.Context,
    cause: Annotated[str | None, typer.Option("--cause", metavar="CODE", help="The records of one cause.")] = None,
    entity: Annotated[str | None, typer.Option("--entity", metavar="APP", help="The records of one app.")] = None,
    page: Annotated[int, typer.Option("--page", min=1, help="Which page of records.")] = 1,
    pair: Pair = None,
    as_json: Json = False,
) -> None:
    """Show what cannot go and why, by cause with counts and money; or the records of one cause or app.

    Calls neither system. A hold is released by itself in the next run once its cause is gone.
    """
    from tieout.desk import Wanted

    terminal = speaker(ctx)
    with opened(terminal) as (desk, _):
        name = desk.pair(pair)
        if cause is None and entity is None:
            groups = desk.status(name).holds
            terminal.show({"groups": groups}, screens.holds(groups) if groups else Text("Nothing is held."))
            if groups:
                terminal.say(f"[dim]The records of one cause:[/] {terminal.command('holds --cause CODE')}")
            return
        found = desk.decisions.held(name, Wanted(cause=cause or "", entity=entity or ""), page)
    terminal.show(found, _page(found, terminal.clock.now()))


@commands.command(
    rich_help_panel=WORK,
    epilog=examples("tieout retry invoices INV-1007", "tieout retry --cause period-locked", "tieout sync"),
)
def retry(
    ctx: typer.Context,
    entity: Annotated[str | None, typer.Argument(metavar="APP", help="The app.", show_default=False)] = None,
    number: Annotated[
        str | None, typer.Argument(metavar="NUMBER", help="The record's number, name or id.", show_default=False)
    ] = None,
    cause: Annotated[str | None, typer.Option("--cause", metavar="CODE", help="All records of one cause.")] = None,
    pair: Pair = None,
    as_json: Json = False,
) -> None:
    """Try a held record, or all of one cause, again: first thing in the next run."""
    terminal = speaker(ctx)
    if (number is None) == (cause is None):
        raise typer.BadParameter("name one record (APP NUMBER), or a cause (--cause CODE)")
    with opened(terminal) as (desk, _):
        name = desk.pair(pair)
        if cause is not None:
            due = desk.decisions.retry_cause(name, cause, entity)
        else:
            desk.decisions.retry(name, entity or "", number or "")
            due = 1
    words = f"{count(due, 'record')} {'goes' if due == 1 else 'go'} first in the next run: {terminal.command('sync')}"
    terminal.show({"due": due}, Text(words))


@commands.command(
    rich_help_panel=WORK, epilog=examples('tieout skip invoices INV-1007 --reason "Entered by hand in the books."')
)
def skip(
    ctx: typer.Context,
    entity: Entity,
    number: Number,
    reason: Annotated[str, typer.Option("--reason", metavar="WORDS", help="Why; it is listed from then on.")],
    pair: Pair = None,
    as_json: Json = False,
) -> None:
    """Leave a record out, with a reason; what hangs on it waits. `tieout unskip` takes it back."""
    terminal = speaker(ctx)
    with opened(terminal) as (desk, _):
        desk.decisions.skip(desk.pair(pair), entity, number, reason)
    done = {"entity": entity, "number": number, "skipped": True, "reason": reason}
    terminal.show(done, Text(f"{number} is left out: {reason}"))


@commands.command(rich_help_panel=WORK, epilog=examples("tieout unskip invoices INV-1007"))
def unskip(ctx: typer.Context, entity: Entity, number: Number, pair: Pair = None, as_json: Json = False) -> None:
    """Take a skip back: the record is decided anew in the next run."""
    terminal = speaker(ctx)
    with opened(terminal) as (desk, _):
        desk.decisions.unskip(desk.pair(pair), entity, number)
    done = {"entity": entity, "number": number, "skipped": False}
    terminal.show(done, Text(f"{number} is decided anew in the next run."))


def _page(found: HeldPage, now: datetime) -> RenderableType:
    made = screens.table("Record", "Of", "Amount", "Since", "Why and what to do", figures=("Amount",))
    for record in found.records:
        worth = money(record.amount, record.currency) if record.amount is not None else ""
        made.add_row(
            Text(f"{record.label}\n{record.source_id}"), record.entity, worth, moment(record.since, now), _why(record)
        )
        made.add_row()
    told = f"{count(found.total, 'record')}; page {found.page} of {max(found.pages, 1)}."
    return Group(made, Text(told, style="dim"))


def _why(record: HeldRecord) -> Text:
    lines = []
    for problem in record.problems:
        lines += [Text(problem.what, style="bold"), Text(problem.why), Text(problem.fix, style="green")]
        lines += [Text(f'"{problem.said}"' if problem.said else "", style="dim"), Text(problem.cause, style="dim")]
    tried = f"Refused {count(record.tries, 'time')}; it " if record.tries else "It "
    lines.append(Text(f"{tried}{_NEXT[record.next_try]}.", style="dim"))
    return Text("\n").join(line for line in lines if line.plain)
