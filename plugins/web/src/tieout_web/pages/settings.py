"""Settings: connections, apps, accounts, taxes and everything else that is chosen once."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from re import findall

from starlette.responses import Response
from tieout.desk import App, ConnectionView, Field, FlowView, Form, Kept, Refused

from tieout_web import forms
from tieout_web.page import Page, Visit

page = Page("Settings", "/settings")


@dataclass(frozen=True, slots=True)
class AppRow:
    """An app with what its last run told; `flow` is None for one that is off or goes back."""

    app: App
    flow: FlowView | None


@dataclass(frozen=True, slots=True)
class Side:
    """A connection with the firm or organisation behind it, as last read."""

    view: ConnectionView
    kept: Kept


@page.get()
def show(visit: Visit) -> Response:
    """The whole page."""
    return _page(visit, forms.NONE)


@page.post("/form/{name}", role="administrator")
def save(visit: Visit) -> Response:
    """Save one form; what is wrong stands at its field, and nothing that was typed is lost."""
    name = visit.step("name")
    trouble = forms.save(visit, name)
    if trouble is None:
        return visit.go(_home(name), "Saved.")
    shown = _options if ".flows." in name else _reaching if name.startswith("connections.") else _page
    return shown(visit, trouble)


@page.post("/apps/{name}", role="administrator")
def switch(visit: Visit) -> Response:
    """Switch an app on or off."""
    on = visit.field("on") == "true"
    visit.desk.settings.switch(visit.pair, visit.step("name"), on)
    told = "on from the next sync." if on else "off. Its settings and links are kept."
    return visit.go("/settings#apps", f"{visit.field('title') or visit.step('name')}: {told}")


@page.get("/apps/{name}")
def options(visit: Visit) -> Response:
    """The settings of one app."""
    return _options(visit, forms.Trouble(f"pairs.{visit.pair}.flows.{visit.step('name')}"))


@page.get("/connections/{name}")
def reaching(visit: Visit) -> Response:
    """How a system is reached."""
    return _reaching(visit, forms.Trouble(f"connections.{visit.step('name')}"))


@page.post("/reference", role="administrator")
def reference(visit: Visit) -> Response:
    """Sync from Xero: read its accounts, tax rates and the like afresh."""
    found = visit.desk.reference(visit.pair)
    title = visit.desk.status(visit.pair).target.title
    told = ", ".join(
        f"{len(rows)} {kind}" for kind, rows in found.items() if kind in ("accounts", "taxes", "currencies")
    )
    return visit.go("/settings#accounts", f"Read from {title}: {told}.")


@page.post("/mail", role="administrator")
def mail(visit: Visit) -> Response:
    """Send a test message to those who are told by e-mail."""
    told = ", ".join(visit.desk.mail.test(visit.pair))
    return visit.go("/settings#rules", f"A test message is on its way to {told}.")


def _home(form: str) -> str:
    if form.startswith("connections."):
        return "/settings#connections"
    return "/settings#apps" if ".flows." in form else "/settings"


def _page(visit: Visit, trouble: forms.Trouble) -> Response:
    if not visit.desk.pairs:
        raise Refused("no pair is configured", why="A pair says what goes where.", fix="Begin with the guided start.")
    status = visit.desk.glance(visit.pair)
    settings = visit.desk.settings
    form = settings.pair(visit.pair)
    flows = {flow.entity: flow for flow in status.flows}
    return visit.page(
        "settings.html",
        409 if trouble.form else 200,
        status=status,
        sides=[Side(view, settings.kept(view.name)) for view in (status.source, status.target)],
        apps=[AppRow(app, flows.get(app.name)) for app in settings.apps(visit.pair)],
        form=form,
        accounts=[one for one in form.fields if one.pick is not None and one.pick.kind == "accounts"],
        taxes=[one for one in form.fields if one.sort == "table"],
        rules=_rules(form),
        trouble=trouble,
        differs=differs,
    )


def _rules(form: Form) -> list[tuple[str, str, list[Field]]]:
    """All other fields by the group that they stand in, with what the group is about."""
    groups: dict[str, tuple[str, list[Field]]] = {}
    for one in form.fields:
        if one.sort != "table" and (one.pick is None or one.pick.kind != "accounts"):
            groups.setdefault(one.group, (one.about, []))[1].append(one)
    return [(group, about, fields) for group, (about, fields) in groups.items()]


def differs(name: str, rate: Decimal | None) -> bool:
    """Whether the percentages in the name of a tax (`GST 10% + WET 29%`) add up to another rate than its own."""
    told = [Decimal(one) for one in findall(r"(\d+(?:\.\d+)?)\s*%", name)]
    return rate is not None and bool(told) and sum(told) != rate


def _options(visit: Visit, trouble: forms.Trouble) -> Response:
    form = visit.desk.settings.form(trouble.form)
    return visit.page("options.html", 409 if trouble.words else 200, form=form, trouble=trouble, back="/settings#apps")


def _reaching(visit: Visit, trouble: forms.Trouble) -> Response:
    form = visit.desk.settings.form(trouble.form)
    return visit.page(
        "options.html", 409 if trouble.words else 200, form=form, trouble=trouble, back="/settings#connections"
    )
