"""Home: how fresh everything is, what needs a person, and the buttons for the day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from starlette.responses import Response
from tieout.desk import PairView, Wanted

from tieout_web.causes import WAITS
from tieout_web.page import Page, Visit
from tieout_web.runs import Run
from tieout_web.schedule import due

page = Page("Home", "")

_TOP = 4
"""Causes that are named on the first page."""


@dataclass(frozen=True, slots=True)
class State:
    """How the pair stands in one word; `tone` colours it."""

    words: str
    tone: Literal["good", "busy", "warn", "bad", "off"]


@page.get()
def show(visit: Visit) -> Response:
    """The page; before there is a configuration, the guided start."""
    if not visit.site.config.exists() or not visit.desk.pairs:
        return visit.go("/start")
    return visit.page("home.html", **_values(visit))


@page.get("/home/now")
def now(visit: Visit) -> Response:
    """The part that changes while a run goes on."""
    return visit.page("home_now.html", **_values(visit))


def _values(visit: Visit) -> dict[str, object]:
    status = visit.desk.status(visit.pair)
    run = visit.site.runs.of(visit.pair)
    waiting = visit.desk.decisions.count(visit.pair, Wanted(kind="hold", first=WAITS))
    held = sum(flow.held for flow in status.flows)
    going = run is not None and run.going
    return {
        "status": status,
        "state": state(status, run),
        "run": run if going else None,
        "next": due(visit.desk.every(visit.pair), status),
        "waiting": waiting,
        "attention": held - waiting,
        "synced": sum(flow.linked for flow in status.flows),
        "groups": [group for group in status.holds if group.kind == "hold" and group.problem.cause not in WAITS][:_TOP],
        "sides": (status.source, status.target),
    }


def state(status: PairView, run: Run | None) -> State:
    """What a person should know first."""
    sides = (status.source, status.target)
    if run is not None and run.going:
        return State("Syncing" if run.what in ("sync", "apply") else "Looking", "busy")
    if any(side.state == "reconnect needed" for side in sides):
        return State("Reconnect needed", "bad")
    if any(side.state == "not connected" for side in sides):
        return State("Not connected", "off")
    if any(side.state == "paused" for side in sides) or status.last_state == "paused":
        return State("Paused", "warn")
    if not status.live:
        return State("Not live yet", "off")
    return State("Up to date", "good") if status.last_state == "done" else State("Ready", "good")
