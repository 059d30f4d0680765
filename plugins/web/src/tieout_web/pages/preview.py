"""Preview: the stored plan as a person reads it, and the confirmation that sends it."""

from __future__ import annotations

from starlette.responses import Response
from tieout.desk import Desk

from tieout_web.page import Page, Visit, whole
from tieout_web.progress import progress

page = Page("Preview", "/preview")


@page.get()
def show(visit: Visit) -> Response:
    """The plan that can be carried out now, or a button that makes one."""
    status = visit.desk.status(visit.pair)
    run = visit.site.runs.of(visit.pair)
    if run is not None and run.going:
        return visit.page(
            "preview.html",
            status=status,
            plan=None,
            run=run,
            failed=None,
            progress=progress(visit.desk, run, visit.now),
        )
    failed = run.problem if run is not None and run.what == "plan" else None
    number = visit.query("plan") or status.open_plan
    if number is None:
        return visit.page("preview.html", status=status, plan=None, run=None, failed=failed)
    plans = visit.desk.plans
    plan = plans.plan(visit.pair, whole(str(number)))
    entity = visit.query("entity")
    return visit.page(
        "preview.html",
        status=status,
        run=None,
        failed=failed,
        plan=plan,
        total=sum(sum(by.values()) for by in plan.operations.values()),
        ready=plan.state == "open" and (plan.expires is None or plan.expires > visit.now),
        forecast=plans.forecast(visit.pair, plan.calls),
        changes=plans.changes(visit.pair, plan.id, entity or None, max(whole(visit.query("page") or "1"), 1)),
        entity=entity,
        titles={flow.entity: flow.title for flow in status.flows},
        held=[group for group in status.holds if group.kind == "hold"],
    )


@page.post("/plan", role="resolver")
def plan(visit: Visit) -> Response:
    """Read both sides and store a plan; nothing is sent."""
    pair = visit.pair
    visit.site.runs.start(pair, "plan", visit.person.name, lambda desk: desk.plan(pair))
    return visit.go("/preview")


@page.post("/apply", role="administrator")
def apply(visit: Visit) -> Response:
    """Go live with exactly what was shown."""
    pair, number = visit.pair, whole(visit.field("plan"))

    def act(desk: Desk) -> object:
        return desk.apply(pair, number)

    visit.site.runs.start(pair, "apply", visit.person.name, act, plan=number)
    return visit.go("/sync")
