"""Sync: one button, then how far it is; the page may be left and come back to."""

from __future__ import annotations

from starlette.responses import Response
from tieout.desk import Desk, RunReport

from tieout_web.page import Page, Visit
from tieout_web.progress import progress

page = Page("Sync", "/sync")


@page.get()
def show(visit: Visit) -> Response:
    """The page."""
    return visit.page("sync.html", **_values(visit))


@page.get("/progress")
def part(visit: Visit) -> Response:
    """The part that changes while a run goes on."""
    return visit.page("sync_progress.html", **_values(visit))


@page.post("/start", role="resolver")
def start(visit: Visit) -> Response:
    """Sync now; a pair that never went live is planned first, for somebody to look at."""
    pair, who = visit.pair, visit.person.name
    if not visit.desk.glance(pair).live:
        visit.site.runs.start(pair, "plan", who, lambda desk: desk.plan(pair))
        return visit.go("/preview", "Nothing was ever sent. Look at what would be, then go live.", "note")

    def act(desk: Desk) -> object:
        return desk.sync(pair, lambda view: False)

    visit.site.runs.start(pair, "sync", who, act)
    return visit.go("/sync")


@page.post("/stop", role="resolver")
def stop(visit: Visit) -> Response:
    """Let the run end after the batch at hand."""
    visit.site.runs.stop(visit.pair)
    return visit.go("/sync", "It stops after the batch at hand. Nothing is lost: the next sync goes on.", "note")


def _values(visit: Visit) -> dict[str, object]:
    status = visit.desk.glance(visit.pair)
    run = visit.site.runs.of(visit.pair)
    going = run is not None and run.going
    ended = run if run is not None and not going and run.what in ("sync", "apply", "undo") else None
    newest = visit.desk.runs.page(visit.pair).runs
    return {
        "status": status,
        "run": run if going else None,
        "progress": progress(visit.desk, run, visit.now) if run is not None and going else None,
        "ended": ended,
        "report": ended.result if ended is not None and isinstance(ended.result, RunReport) else None,
        "last": newest[0] if newest else None,
        "titles": {flow.entity: flow.title for flow in status.flows},
    }
