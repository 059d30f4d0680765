"""The guided start: from nothing to a working pair, for a firm of one's own or for a sample."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from starlette.responses import Response
from tieout import desk
from tieout.desk import PairView, Refused

from tieout_web.page import Page, Visit

page = Page(path="/start", role="administrator")


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what to do, whether it is done, and where it is done.

    `path` is a page of ours, or a form to be sent where `sends` says so.
    """

    title: str
    words: str
    done: bool
    path: str
    button: str
    sends: bool = False


@page.get()
def show(visit: Visit) -> Response:
    """The choice while nothing is configured, then the steps that are left."""
    if not visit.site.config.exists():
        return visit.page("welcome.html")
    if not visit.desk.pairs:
        raise Refused(
            "no pair is ready",
            why="The plugin of one of its connections is off, or the file names no pair.",
            fix=f"Open {visit.site.config} and switch both connectors on under [plugins].",
        )
    status = visit.desk.status(visit.pair)
    steps = list(_steps(visit, status))
    following = next((number for number, step in enumerate(steps) if not step.done), len(steps))
    return visit.page("start.html", steps=steps, following=following, status=status, trial=visit.site.trial.chosen)


@page.post("/own", role="administrator")
def own(visit: Visit) -> Response:
    """Begin with a first, commented configuration."""
    _write(visit.site.config)
    return visit.go("/start", f"{visit.site.config.name} is written. Now connect both sides.")


@page.post("/sample", role="administrator")
def sample(visit: Visit) -> Response:
    """Begin with a sample firm and sample books on this machine."""
    visit.site.trial.begin()
    return visit.go("/start", "The sample firm is ready. Connect both sides as you would with your own.")


def _write(config: Path) -> None:
    try:
        with config.open("x", encoding="utf-8") as file:
            file.write(desk.starter())
    except FileExistsError as error:
        raise Refused(
            f"{config.name} exists already", why="It may hold your settings.", fix="Go on under Settings."
        ) from error


def _steps(visit: Visit, status: PairView) -> Iterator[Step]:
    for view in (status.source, status.target):
        connected = view.tenant is not None and view.state != "reconnect needed"
        told = f"It reaches {view.tenant.name}." if view.tenant else _how(visit, view.needs_consent)
        if connected or visit.site.trial.chosen:
            yield Step(
                f"Connect {view.title}",
                told,
                connected,
                f"/connections/{view.name}/connect",
                f"Connect to {view.title}",
                True,
            )
        else:
            yield Step(f"Connect {view.title}", told, connected, f"/settings/connections/{view.name}", "Enter the keys")
    kept = visit.desk.settings.kept(status.target.name)
    target = status.target.title
    read = kept.read_at is not None
    yield Step(
        f"Sync from {target}",
        f"Reads the accounts and tax rates of {target}.",
        read,
        "/settings/reference",
        f"Sync from {target}",
        True,
    )
    fields = visit.desk.settings.pair(visit.pair).fields
    chosen = [one for one in fields if one.group == "Accounts"]
    done = read and all(one.value or one.usual for one in chosen)
    yield Step("Choose the accounts", "Payment, inventory, sales and purchase.", done, "/settings#accounts", "Choose")
    yield Step("Look at what would be sent", "Nothing is written before you agree.", status.live, "/preview", "Preview")


def _how(visit: Visit, consent: bool) -> str:
    if visit.site.trial.chosen:
        return "The sample needs no keys." if not consent else "Log in with any name, and press Allow access."
    return (
        "Enter the id of your app, then log in and press Allow access." if consent else "Enter its keys, then connect."
    )
