"""The doctor: what a tenant's own shape is, whether it is understood, and where that is kept."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tieout_app.cli.listing import SET_UP
from tieout_app.cli.options import Json, examples, opened, speaker
from tieout_app.cli.words import count

if TYPE_CHECKING:
    from tieout.desk import Finding, Proposal

    from tieout_app.cli.terminal import Terminal

commands = typer.Typer()

_MARKS = {"good": ("✓", "green"), "unsure": ("?", "yellow"), "bad": ("✗", "red")}


@commands.command(
    rich_help_panel=SET_UP,
    epilog=examples(
        "tieout doctor crm", "tieout doctor crm --write", "tieout doctor crm --json | jq '.findings[] | select(.fix)'"
    ),
)
def doctor(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The connection's name in plugins.toml, for example crm.")
    ],
    write: Annotated[
        bool, typer.Option("--write", help="Write the profile beside the configuration without asking.")
    ] = False,
    scratch: Annotated[
        str | None,
        typer.Option(
            "--scratch", metavar="APP/ID", help="A record that may be written to, to learn how writing works."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Find out a firm's own shape, and prove that it is understood before anything is moved.

    It only reads, shows what it found with samples in which persons are masked, and writes the profile that it
    proposes beside the configuration when you agree. It ends with exit code 3 while something is not understood.
    """
    terminal = speaker(ctx)
    with opened(terminal) as (desk, told):
        terminal.say(f"[dim]Asking {escape(name)} about each of its apps, at the pace that its limits allow ...[/]")
        proposal = desk.probe(name, scratch)
        with told.quiet():
            if not terminal.structured:
                terminal.out.print(*_told(proposal), sep="\n")
            agreed = write or (terminal.interactive and terminal.ask(_question(proposal)))
        written = desk.keep(name, proposal) if agreed else ()
    if terminal.structured:
        terminal.print_json(
            {
                "good": proposal.good,
                "findings": proposal.findings,
                "files": proposal.files,
                "settings": proposal.settings,
                "written": [str(path) for path in written],
            }
        )
    else:
        terminal.out.print(*_ending(terminal, name, proposal, [path.name for path in written]), sep="\n")
    raise typer.Exit(0 if proposal.good else 3)


def _told(proposal: Proposal) -> Iterator[RenderableType]:
    """The findings by topic; what a person has to do stands below each."""
    for topic, findings in groupby(proposal.findings, lambda one: one.topic):
        yield Text(f"\n{topic}", "bold")
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(width=3)
        for one in findings:
            mark, style = _MARKS[one.state]
            table.add_row(Text(f" {mark}", style), _words(one))
        yield table


def _words(one: Finding) -> RenderableType:
    words = Text(one.what)
    if one.sample:
        words.append(f"  {one.sample}", "dim")
    if one.fix:
        words.append(f"\n{one.fix}", "yellow" if one.state == "unsure" else "bold")
    return words


def _question(proposal: Proposal) -> str:
    return f"Write {' and '.join(proposal.files)} beside the configuration?"


def _ending(terminal: Terminal, name: str, proposal: Proposal, written: list[str]) -> Iterator[RenderableType]:
    open_ = [one for one in proposal.findings if one.state == "bad"]
    yield Text("")
    if proposal.good:
        yield Text("This firm is understood.", "bold green")
    else:
        yield Text(
            f"This firm is not understood yet: {count(len(open_), 'thing')} to put right, marked ✗ above.", "bold red"
        )
    if written:
        yield Padding(f"Written: {escape(', '.join(written))}.", (0, 0, 0, 2))
    elif proposal.files:
        yield Padding(f"To keep it: {escape(terminal.command(f'doctor {name} --write'))}", (0, 0, 0, 2))
