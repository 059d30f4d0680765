"""How far a run is, as a person wants to know it: what it does now, how much of it, and how long it takes yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tieout.desk import Desk, Event

from tieout_web.runs import Run

_ENOUGH = 5.0
"""Seconds of sending after which the time left can be told."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """One app's part in a run: how many of its records are done."""

    title: str
    done: int
    of: int


@dataclass(frozen=True, slots=True)
class Progress:
    """A run under way. `left` is in seconds, None while it cannot be told; `calls` were made so far."""

    phase: str
    read: int
    apps: tuple[Stretch, ...]
    done: int
    of: int
    calls: int
    left: float | None
    waiting: str
    stopping: bool


def progress(desk: Desk, run: Run, now: datetime) -> Progress:
    """How far it is now, from what it told and what stands in the ledger."""
    events = list(run.events)
    last: dict[tuple[str, Any], Mapping[str, Any]] = {}
    for event in events:
        about = event.data.get("resource") or event.data.get("entity")
        last[event.name, (event.data.get("connection"), about)] = event.data
    titles = {flow.entity: flow.title for flow in desk.glance(run.pair).flows}
    plan = next((event for event in reversed(events) if event.name == "plan.stored"), None)
    number = plan.data["plan"] if plan is not None else run.plan
    sending = run.what in ("sync", "apply", "undo") and number is not None and (plan is not None or _sent(events))
    if sending and number is not None:
        states = desk.plans.progress(run.pair, number)
        apps = tuple(
            Stretch(titles.get(entity, entity), sum(by.values()) - by.get("planned", 0), sum(by.values()))
            for entity, by in sorted(
                states.items(), key=lambda item: list(titles).index(item[0]) if item[0] in titles else 99
            )
        )
    else:
        apps = tuple(
            Stretch(titles.get(entity, entity), data["done"], data["of"])
            for (name, (_, entity)), data in last.items()
            if name == "entity.decided"
        )
    read = sum(data["total"] for (name, _), data in last.items() if name == "page.read")
    read += sum(data["records"] for (name, _), data in last.items() if name == "tie.read")
    done, of = sum(one.done for one in apps), sum(one.of for one in apps)
    waiting = events[-1].data["why"] if events and events[-1].name == "run.waiting" else ""
    return Progress(
        phase=_phase(run, events, sending=sending, done=done, of=of),
        read=read,
        apps=apps,
        done=done,
        of=of,
        calls=sum(event.name in ("page.read", "tie.read", "batch.sent") for event in events),
        left=_left(events, done, of, now) if sending else None,
        waiting=waiting,
        stopping=run.stop.is_set(),
    )


def _sent(events: list[Event]) -> bool:
    return any(event.name == "batch.sent" for event in events)


def _phase(run: Run, events: list[Event], *, sending: bool, done: int, of: int) -> str:
    if run.what == "reconcile":
        return "Reading both sides afresh"
    if sending:
        return "Sending" if done < of else "Finishing"
    if any(event.name == "entity.decided" for event in events):
        return "Deciding what to send"
    return "Reading both sides"


def _left(events: list[Event], done: int, of: int, now: datetime) -> float | None:
    """Seconds until everything is sent, at the speed so far."""
    begun = next((event.at for event in events if event.name == "batch.sent"), None)
    if begun is None or not done:
        return None
    spent = (now - begun).total_seconds()
    return spent / done * (of - done) if spent >= _ENOUGH else None
