"""Commands about what only a person can decide: the questions, their answers, and what was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from tieout_app.cli import screens
from tieout_app.cli.holds import Entity, Number
from tieout_app.cli.listing import WORK
from tieout_app.cli.options import Json, Pair, examples, opened, speaker
from tieout_app.cli.words import count, moment, money

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tieout.desk import Asked, Decision

commands = typer.Typer()

_ASKS = {
    "conflict": "Changed on both sides",
    "match": "The same as one in the target?",
    "number-taken": "Its number is taken",
    "twin": "Two would become one",
    "deletion": "Deleted in the source",
}


@commands.command(
    rich_help_panel=WORK, epilog=examples("tieout questions", "tieout questions --json | jq '.[].question.kind'")
)
def questions(ctx: typer.Context, pair: Pair = None, as_json: Json = False) -> None:
    """Show what waits for your answer: conflicts, likely matches, taken numbers, twins, deletions."""
    terminal = speaker(ctx)
    with opened(terminal) as (desk, _):
        found = desk.decisions.questions(desk.pair(pair))
    terminal.show(found, _questions(found) if found else Text("Nothing waits for your answer."))
    if found:
        terminal.say(f"[dim]To answer:[/] {terminal.command('answer APP NUMBER ANSWER')}")


@commands.command(
    rich_help_panel=WORK,
    epilog=examples(
        "tieout answer invoices INV-1007 keep-source",
        "tieout answer invoices INV-1007 keep-target --field due=source",
        'tieout answer customers "Harbour Cafe" create --as "Harbour Cafe (Perth)"',
        "tieout answer contacts 4711 link",
    ),
)
def answer(
    ctx: typer.Context,
    entity: Entity,
    number: Number,
    option: Annotated[
        str | None,
        typer.Argument(metavar="[ANSWER]", help="keep-source, keep-target, create or link.", show_default=False),
    ] = None,
    fields: Annotated[
        list[str] | None,
        typer.Option("--field", metavar="FIELD=SIDE", help="One field alone: source or target; may be repeated."),
    ] = None,
    called: Annotated[
        str | None, typer.Option("--as", metavar="TEXT", help="The name, number or code to create it under.")
    ] = None,
    pair: Pair = None,
    as_json: Json = False,
) -> None:
    """Answer a question about a record; the answer holds for the values shown, and goes out in the next run.

    keep-source sends the source's value, keep-target leaves the target's; create makes a new record although others are
    like it, link takes the one suggested.
    """
    terminal = speaker(ctx)
    chosen = dict(_field(one) for one in fields or ())
    if option is None and not chosen:
        raise typer.BadParameter("name an answer, or a field: --field due=source")
    with opened(terminal) as (desk, _):
        desk.decisions.answer(desk.pair(pair), entity, number, option, chosen, called)
    done = {"entity": entity, "number": number, "answer": option, "fields": chosen}
    terminal.show(done, Text(f"Noted. It is carried out in the next run: {terminal.command('sync')}"))


@commands.command(
    rich_help_panel=WORK,
    epilog=examples(
        'tieout link customers "Harbour Cafe" "Harbour Café Pty Ltd"',
        "tieout link invoices INV-1007 0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
    ),
)
def link(
    ctx: typer.Context,
    entity: Entity,
    number: Number,
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="The target's record: number, name or id.", show_default=False)
    ],
    pair: Pair = None,
    as_json: Json = False,
) -> None:
    """Say which record of the target a record is: the target is asked, and nothing there is rewritten by linking."""
    terminal = speaker(ctx)
    with opened(terminal) as (desk, _):
        found = desk.decisions.link(desk.pair(pair), entity, number, target)
    done = {"entity": entity, "number": number, "target": found}
    terminal.show(done, Text(f"{number} is {target} there ({found}). It is linked in the next run."))


@commands.command(rich_help_panel=WORK, epilog=examples("tieout decisions", "tieout decisions --json"))
def decisions(ctx: typer.Context, pair: Pair = None, as_json: Json = False) -> None:
    """Show what people decided and did not take back: skips, links, answers, with who and when."""
    terminal = speaker(ctx)
    with opened(terminal) as (desk, _):
        found = desk.decisions.made(desk.pair(pair))
    shown = _decisions(found, terminal.clock.now()) if found else Text("Nothing was decided yet.")
    terminal.show(found, shown)


def _field(text: str) -> tuple[str, str]:
    name, separator, side = text.partition("=")
    if not (separator and name and side):
        raise typer.BadParameter(f"{text!r} is not FIELD=SIDE, for example due=source", param_hint="--field")
    return name, side


def _questions(found: Sequence[Asked]) -> RenderableType:
    made = screens.table("Record", "Of", "Amount", "Question", "Answers", figures=("Amount",))
    for one in found:
        question = one.question
        worth = money(one.amount, one.currency) if one.amount is not None else ""
        lines = [Text(_ASKS[question.kind], style="bold")]
        lines += [
            Text(f"{each.name}: {_value(each.source)} here, {_value(each.target)} there, last sent {_value(each.last)}")
            for each in question.fields
        ]
        lines += [
            Text(f"{each.label} ({each.score} %): {', '.join(each.reasons)}\n  {each.target_id}")
            for each in question.suggestions
        ]
        if question.proposal:
            lines.append(Text(f"Proposal: {question.proposal}", style="green"))
        made.add_row(
            Text(f"{one.label}\n{one.source_id}"),
            one.entity,
            worth,
            Text("\n").join(lines),
            "\n".join(question.options),
        )
        made.add_row()
    return Group(screens.heading(f"{count(len(found), 'question')} to answer"), Text(""), made)


def _decisions(found: Sequence[Decision], now: datetime) -> RenderableType:
    made = screens.table("Record", "Of", "Decided", "", "By", "When")
    for one in found:
        made.add_row(one.label, one.entity, one.what, Text(_value(one.value)), one.by, moment(one.at, now))
    return made


def _value(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return str(value.get("target", value))
    if isinstance(value, list | tuple):
        return count(len(value), "entry").replace("entrys", "entries")
    return "" if value is True else str(value)
