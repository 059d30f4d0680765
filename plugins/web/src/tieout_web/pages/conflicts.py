"""Conflicts: what both sides changed, side by side, and whose value stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from starlette.responses import Response
from tieout.desk import Asked, Problem, Wanted

from tieout_web.causes import CONFLICTS
from tieout_web.page import Page, Visit

_WANTED = Wanted(kind="hold", asks=CONFLICTS)
_SHOWN = 50


def count(visit: Visit) -> int:
    """How many wait for an answer."""
    return visit.desk.decisions.count(visit.pair, _WANTED) if visit.desk.pairs else 0


page = Page("Conflicts", "/conflicts", count=count)


@page.get()
def show(visit: Visit) -> Response:
    """Every conflict, the largest amounts first."""
    status = visit.desk.glance(visit.pair)
    asked = visit.desk.decisions.questions(visit.pair, _WANTED, _SHOWN)
    told = {(one.entity, one.source_id): None for one in asked} | dict(_problems(visit, asked))
    titles = {flow.entity: flow.title for flow in status.flows}
    more = max(count(visit) - len(asked), 0)
    return visit.page("conflicts.html", status=status, asked=asked, more=more, titles=titles, told=told)


@page.post("/answer", role="resolver")
def answer(visit: Visit) -> Response:
    """Keep one side's value, for all fields or field by field."""
    fields = {
        name.removeprefix("field."): value
        for name, value in visit.form.items()
        if name.startswith("field.") and isinstance(value, str)
    }
    one = (visit.pair, visit.field("entity"), visit.field("id"))
    option = visit.field("option")
    if option == "skip":
        visit.desk.decisions.skip(*one, visit.field("reason"))
    else:
        visit.desk.decisions.answer(*one, option or None, fields if not option else None)
    return visit.go("/conflicts", f"{visit.field('label') or 'It'}: answered. The next sync carries it out.")


def _problems(visit: Visit, asked: Sequence[Asked]) -> Iterator[tuple[tuple[str, str], Problem | None]]:
    """The first problem of each record that is asked about, by entity and source id."""
    for entity in {one.entity for one in asked}:
        wanted = Wanted(entity=entity, records=tuple(one.source_id for one in asked if one.entity == entity))
        for held in visit.desk.decisions.held(visit.pair, wanted).records:
            yield (entity, held.source_id), next(iter(held.problems), None)
