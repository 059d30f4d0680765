"""Record: everything that is known of one record, with what can be done about it."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response
from tieout.desk import Refused, Wanted

from tieout_web import causes
from tieout_web.page import Page, Visit
from tieout_web.words import link

page = Page(path="/records")


@page.get()
def show(visit: Visit) -> Response:
    """The whole page, or for htmx the drawer."""
    entity, id = visit.query("entity"), visit.query("id")
    story = visit.desk.records.explain(visit.pair, entity, id)
    wanted = Wanted(entity=entity, records=(story.source_id,))
    found = visit.desk.decisions.held(visit.pair, wanted).records
    asked = visit.desk.decisions.questions(visit.pair, wanted) if found else ()
    decided = [
        one for one in visit.desk.decisions.made(visit.pair) if (one.entity, one.source_id) == (entity, story.source_id)
    ]
    return visit.page(
        "record_part.html" if visit.swaps else "record.html",
        story=story,
        held=found[0] if found else None,
        asked=asked[0] if asked else None,
        skipped=any(one.what == "skip" for one in decided),
        fix=causes.fix,
        conflicts=causes.CONFLICTS,
        title=next((flow.title for flow in visit.desk.glance(visit.pair).flows if flow.entity == entity), entity),
    )


@page.get("/find")
def find(visit: Visit) -> Response:
    """The record that a person names by number, name or id, whichever app it is of."""
    number = visit.query("number").strip()
    for flow in visit.desk.glance(visit.pair).flows:
        try:
            story = visit.desk.records.explain(visit.pair, flow.entity, number)
        except Refused:
            continue
        return RedirectResponse(link("/records", entity=flow.entity, id=story.source_id), 303)
    raise Refused(
        f"there is no {number or 'such'} record",
        why="A record is named by its number, name or code, or by its id on either side.",
        fix="Look at the spelling; a record that was never read is not known here.",
    )
