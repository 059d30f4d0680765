"""Runs: what each run read, decided and sent, in counts that add up."""

from __future__ import annotations

from starlette.responses import Response
from tieout.desk import Counts

from tieout_web.page import Page, Visit, whole

page = Page("Runs", "/runs")

CAME = {"read": "Read", "carried": "Looked at again", "released": "Released", "gone": "Deleted at the source"}
DECIDED = {
    "unchanged": "Unchanged",
    "kept": "Kept as it is there",
    "planned": "Planned",
    "held": "Held",
    "skipped": "Skipped",
}
WENT = {
    "created": "Created",
    "updated": "Updated",
    "voided": "Voided",
    "linked": "Linked",
    "wrong": "Differ after sending",
    "rejected": "Rejected",
    "unknown": "Outcome not known",
    "waiting": "Waiting",
    "stale": "Changed meanwhile",
}


@page.get()
def show(visit: Visit) -> Response:
    """The runs, the newest first."""
    runs = visit.desk.runs.page(visit.pair, visit.number("page"))
    return visit.page("runs.html", runs=runs, alive=visit.desk.glance(visit.pair).at_work is not None)


@page.get("/{number:int}")
def one(visit: Visit) -> Response:
    """One run: per app what came in, what was decided, and what became of it."""
    run = visit.desk.runs.run(visit.pair, whole(visit.step("number")))
    status = visit.desk.glance(visit.pair)
    titles = {flow.entity: flow.title for flow in status.flows}
    return visit.page("run.html", run=run, titles=titles, columns=_columns(run.total), status=status)


def _columns(total: Counts) -> list[tuple[str, dict[str, str]]]:
    """The columns that anything stands in, in three groups; the first two add up to the same."""
    groups = (("Came in", CAME, ("read",)), ("Decided", DECIDED, ("unchanged", "planned")), ("Sent", WENT, ()))
    return [
        (name, {one: words for one, words in known.items() if one in always or getattr(total, one)})
        for name, known, always in groups
    ]
