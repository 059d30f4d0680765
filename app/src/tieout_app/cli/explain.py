"""The command that tells what happened to one record, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from tieout_app.cli import screens
from tieout_app.cli.holds import Entity, Number
from tieout_app.cli.listing import WORK
from tieout_app.cli.options import Json, Pair, examples, opened, speaker
from tieout_app.cli.plans import difference
from tieout_app.cli.words import moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tieout.desk import Moment, Story

commands = typer.Typer()

_STYLES = {"held": "yellow", "gone": "yellow", "answered": "green", "linked": "green", "approved": "bold"}
_LINES = 12
"""So many fields of one moment are shown on a terminal; --json gives them all."""


@commands.command(
    rich_help_panel=WORK,
    epilog=examples(
        "tieout explain invoices INV-1007",
        'tieout explain customers "Harbour Cafe"',
        "tieout explain invoices INV-1007 --json | jq '.moments[] | {at, words}'",
    ),
)
def explain(ctx: typer.Context, entity: Entity, number: Number, pair: Pair = None, as_json: Json = False) -> None:
    """Tell the story of one record: read, edited, held, planned, approved, sent, answered, and who decided what.

    The record is named by its number, name or code, or by its id on either side. Calls neither system.
    """
    terminal = speaker(ctx)
    with opened(terminal) as (desk, _):
        story = desk.records.explain(desk.pair(pair), entity, number)
    terminal.show(story, _story(story, terminal.clock.now()))


def _story(story: Story, now: datetime) -> RenderableType:
    there = f" {story.target_id} in {story.target_title}" if story.target_id else ""
    origin = f" ({story.origin})" if story.origin else ""
    parts: list[RenderableType] = [
        screens.heading(f"{story.label} of {story.entity}: {story.standing}"),
        Text(f"{story.source_id} in {story.source_title}{f', linked to{there}{origin}' if there else ''}."),
    ]
    if story.mapping:
        made = screens.table("", story.source_title, story.target_title)
        for one in story.mapping:
            made.add_row(one.what.capitalize(), Text(one.source), Text(one.target))
        parts += [Text(""), made]
    parts.append(Text(""))
    for each in story.moments:
        parts.append(
            Text(f"{moment(each.at, now)}  ", style="dim").append(each.words, style=_STYLES.get(each.what, "default"))
        )
        parts += [Padding(line, (0, 0, 0, 4), expand=False) for line in _details(each)]
    return Group(*parts)


def _details(each: Moment) -> Iterator[Text]:
    fresh = each.facts.get("op") == "create"
    for one in each.fields[:_LINES]:
        yield difference(one, fresh=fresh)
    if len(each.fields) > _LINES:
        yield Text(f"and {len(each.fields) - _LINES} more", style="dim")
    for problem in each.problems:
        yield Text(" ".join(words for words in (problem.what, problem.why, problem.fix) if words), style="yellow")
        if problem.said:
            yield Text(f'"{problem.said}"', style="dim")
    known = {
        name: each.facts[name] for name in ("run", "batch", "idempotency_key", "target_id") if each.facts.get(name)
    }
    if known:
        yield Text(", ".join(f"{name.replace('_', ' ')} {value}" for name, value in known.items()), style="dim")
