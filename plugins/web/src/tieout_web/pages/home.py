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

_ENDED = {"died": "Cut off", "stopped": "Stopped"}
"""Ends of a run after which something may be left undone."""
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
    if not visit.desk.pairs:
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
    wrong = sum(flow.wrong for flow in status.flows)
    going = run is not None and run.going
    return {
        "status": status,
        "state": state(status, run, held - waiting + wrong, waiting),
        "run": run if going else None,
        "next": due(visit.desk.every(visit.pair), status, visit.now),
        "waiting": waiting,
        "attention": held - waiting,
        "wrong": wrong,
        "synced": sum(flow.linked for flow in status.flows),
        "groups": [group for group in status.holds if group.kind == "hold" and group.problem.cause not in WAITS][:_TOP],
        "sides": (status.source, status.target),
    }


def state(status: PairView, run: Run | None, attention: int, waiting: int) -> State:
    """What a person should know first; it is good when nothing at all is held, asked or left undone."""
    sides = (status.source, status.target)
    if run is not None and run.going:
        return State("Syncing" if run.what in ("sync", "apply") else "Looking", "busy")
    if status.at_work is not None:
        return State("Another process is at it", "busy")
    if any(side.state == "reconnect needed" for side in sides):
        return State("Reconnect needed", "bad")
    if any(side.state == "not connected" for side in sides):
        return State("Not connected", "off")
    if any(side.state == "paused" for side in sides) or status.last_state == "paused":
        return State("Paused", "warn")
    if not status.live:
        return State("Not live yet", "off")
    if attention:
        return State(f"{attention:,} {'needs' if attention == 1 else 'need'} attention", "warn")
    if status.last_state in _ENDED:
        return State(_ENDED[status.last_state], "warn")
    if waiting:
        return State(f"{waiting:,} waiting", "busy")
    return State("Everything is in sync", "good") if status.last_state == "done" else State("Preview ready", "off")
