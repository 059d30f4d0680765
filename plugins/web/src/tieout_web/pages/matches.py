"""Matches to review: records that may be there already, or whose number is taken."""

from __future__ import annotations

from starlette.responses import Response
from tieout.desk import Wanted

from tieout_web.causes import MATCHES
from tieout_web.page import Page, Visit

_WANTED = Wanted(kind="hold", asks=MATCHES)
_SHOWN = 50


def count(visit: Visit) -> int:
    """How many wait for an answer."""
    return visit.desk.decisions.count(visit.pair, _WANTED) if visit.desk.pairs else 0


page = Page("Matches to review", "/matches", count=count)


@page.get()
def show(visit: Visit) -> Response:
    """Every open question, the largest amounts first."""
    status = visit.desk.glance(visit.pair)
    asked = visit.desk.decisions.questions(visit.pair, _WANTED, _SHOWN)
    titles = {flow.entity: flow.title for flow in status.flows}
    more = max(count(visit) - len(asked), 0)
    return visit.page("matches.html", status=status, asked=asked, more=more, titles=titles)


@page.post("/answer", role="resolver")
def answer(visit: Visit) -> Response:
    """Link it to what is there, or send it as a record of its own, under a free name where that is needed."""
    decisions, option = visit.desk.decisions, visit.field("option")
    one = (visit.pair, visit.field("entity"), visit.field("id"))
    if option.startswith("link:"):
        decisions.link(*one, option.removeprefix("link:"))
    elif option == "skip":
        decisions.skip(*one, visit.field("reason"))
    else:
        decisions.answer(*one, option, None, visit.field("called"))
    return visit.go("/matches", f"{visit.field('label') or 'It'}: answered. The next sync goes on with it.")
