"""Connections: connect by keys or by consent in the browser, test, and disconnect."""

from __future__ import annotations

from starlette.responses import Response
from tieout import desk
from tieout.desk import ConnectionView, Consent, ReauthNeeded, Refused, Tenant

from tieout_web.page import Page, Visit

page = Page(path="/connections", role="administrator")
callback = Page(path="/callback", role="administrator")


@page.post("/{name}/connect", role="administrator")
def connect(visit: Visit) -> Response:
    """Connect, or connect again: by the keys in the configuration, or on the pages of the other system."""
    view = _view(visit)
    if not view.needs_consent:
        try:
            tenant = visit.desk.connect(view.name)
            return visit.go("/settings#connections", f"Connected to {tenant.name}.")
        except ReauthNeeded:
            if not _view(visit).needs_consent:
                raise
    consent = visit.desk.authorise(view.name, f"{visit.site.address.url}/callback")
    visit.site.consents.begin(visit.session, view.name, consent)
    answer = visit.page("leaving.html", title=view.title, url=consent.url)
    answer.headers["Refresh"] = f"0; url={consent.url}"
    return answer


@callback.get()
def returned(visit: Visit) -> Response:
    """Back from the other system's pages, with or without access."""
    begun = visit.site.consents.take(visit.session, visit.query("state"))
    if begun is None:
        raise Refused(
            "this answer belongs to no consent that you began here",
            why="It was used already, is older than ten minutes, or was begun in another browser.",
            fix="Press Connect again under Settings.",
        )
    given = desk.answer(begun.consent, dict(visit.request.query_params))
    try:
        tenants = visit.desk.complete(begun.connection, given)
    except Refused as error:
        return visit.page("refused.html", 409, name=begun.connection, problem=error.problem)
    if len(tenants) == 1:
        return visit.go("/settings#connections", f"Connected to {tenants[0].name}.")
    return _choose(visit, begun.connection, begun.consent, tuple(tenants))


@page.post("/{name}/tenant", role="administrator")
def pin(visit: Visit) -> Response:
    """Choose one of the organisations that a consent opened."""
    begun = visit.site.consents.take(visit.session, visit.field("state"))
    tenants = {one.id: one for one in begun.tenants} if begun is not None else {}
    if begun is None or begun.connection != visit.step("name") or visit.field("tenant") not in tenants:
        raise Refused("no organisation was chosen", fix="Press Connect again under Settings.")
    tenant = tenants[visit.field("tenant")]
    visit.desk.pin(begun.connection, tenant)
    return visit.go("/settings#connections", f"Connected to {tenant.name}.")


@page.post("/{name}/test", role="resolver")
def test(visit: Visit) -> Response:
    """Prove that a connection still reaches its organisation."""
    view = visit.desk.check(visit.step("name"))
    reached = view.tenant.name if view.tenant else view.title
    return visit.go("/settings#connections", f"{view.title} answers: {reached} is reached.")


@page.post("/{name}/disconnect", role="administrator")
def disconnect(visit: Visit) -> Response:
    """End a connection, once the organisation's name was typed."""
    view = _view(visit)
    if view.tenant is not None and visit.field("confirm").strip() != view.tenant.name:
        told = f"Nothing was done: to disconnect, type {view.tenant.name} exactly."
        return visit.go("/settings#danger", told, "bad")
    visit.desk.disconnect(view.name)
    return visit.go("/settings#connections", f"{view.title} is disconnected. Mappings and links are kept.")


def _choose(visit: Visit, name: str, consent: Consent, tenants: tuple[Tenant, ...]) -> Response:
    visit.site.consents.begin(visit.session, name, consent, tenants)
    return visit.page("tenants.html", name=name, state=consent.state, tenants=tenants)


def _view(visit: Visit) -> ConnectionView:
    name = visit.step("name")
    found = next((view for view in visit.desk.connections() if view.name == name), None)
    if found is None:
        raise Refused(f"there is no connection {name}", fix="The connections are listed under Settings.")
    return found
