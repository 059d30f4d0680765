"""Conflicts: what both sides changed, side by side, and whose value stands."""

from __future__ import annotations

from starlette.responses import Response
from tieout.desk import Wanted

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
    asked = visit.desk.decisions.questions(visit.pair, _WANTED)
    told = {(one.entity, one.source_id): _problem(visit, one.entity, one.source_id) for one in asked[:_SHOWN]}
    titles = {flow.entity: flow.title for flow in status.flows}
    return visit.page(
        "conflicts.html", status=status, asked=asked[:_SHOWN], more=len(asked[_SHOWN:]), titles=titles, told=told
    )


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


def _problem(visit: Visit, entity: str, id: str) -> object:
    found = visit.desk.decisions.held(visit.pair, Wanted(entity=entity, record=id)).records
    return found[0].problems[0] if found and found[0].problems else None
