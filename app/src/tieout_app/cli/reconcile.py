"""The command `tieout reconcile`: the proof, on the terminal and as files to keep."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from tieout_app.cli import proof
from tieout_app.cli.listing import WORK
from tieout_app.cli.options import Json, Pair, examples, opened, speaker
from tieout_app.cli.terminal import STOPPED

commands = typer.Typer()

_Month = Annotated[str | None, typer.Option("--month", metavar="YYYY-MM", help="Compare what is dated in one month.")]
_From = Annotated[str | None, typer.Option("--from", metavar="YYYY-MM", help="Compare from this month on.")]
_To = Annotated[str | None, typer.Option("--to", metavar="YYYY-MM", help="Compare up to this month.")]
_Csv = Annotated[
    Path | None, typer.Option("--csv", metavar="FILE", help="Write every record with its state, for a spreadsheet.")
]
_Html = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="Write the report to file or print, as one page.")
]


@commands.command(
    rich_help_panel=WORK,
    epilog=examples(
        "tieout reconcile",
        "tieout reconcile --month 2026-07 --html july.html --csv july.csv",
        "tieout reconcile --json | jq '.differences[] | select(.state == \"missing-there\")'",
    ),
)
def reconcile(
    ctx: typer.Context,
    month: _Month = None,
    first: _From = None,
    last: _To = None,
    csv: _Csv = None,
    html: _Html = None,
    pair: Pair = None,
    as_json: Json = False,
) -> None:
    """Read both sides afresh and tie them out, record by record and to the cent.

    With months, documents and payments dated in them are compared, and records without a date are not. Exit code 0
    says that the sides tie, 3 that they do not; the records concerned are named.
    """
    from tieout.desk import Months
    from tieout.desk.filing import ready, trail, write_report

    if month and (first or last):
        raise typer.BadParameter("name either one month or a span", param_hint="--month")
    months = Months(month or first, month or last)
    terminal = speaker(ctx)
    for path in filter(None, (csv, html)):
        ready(path)
    with ExitStack() as stack:
        desk, _ = stack.enter_context(opened(terminal))
        told = stack.enter_context(trail(csv)) if csv else None
        found = desk.reconcile(desk.pair(pair), months, told)
        if terminal.stop.is_set():
            terminal.say_stopped()
            raise typer.Exit(STOPPED)
    if html:
        write_report(html, found)
    terminal.show(found, proof.tie_out(found, terminal.clock.now()))
    for path in filter(None, (csv, html)):
        terminal.say(f"[dim]Written:[/] {path}")
    raise typer.Exit(0 if found.ties else 3)
