"""Consent: the scopes that are asked for, the organisation that was chosen, and whether it is still connected."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tieout.api.contract import Connection, Tenant
from tieout.api.errors import ReauthNeeded, Unavailable
from tieout_xero import XERO, check, consent, fetch
from tieout_xero.consent import oauth, tenants
from tieout_xero.settings import ConnectionSettings

from . import made
from .conftest import Served, Told, Xero


def row(number: int, **changes: Any) -> dict[str, Any]:
    given = {
        "id": f"c-{number}",
        "authEventId": f"e-{number}",
        "tenantId": f"org-{number}",
        "tenantName": f"Org {number}",
    }
    return {**given, "tenantType": "ORGANISATION", **changes}


def settings(**keys: Any) -> ConnectionSettings:
    return ConnectionSettings.model_validate({"client-id": "app", **keys})


@pytest.mark.parametrize(
    ("resources", "scopes"),
    [
        ((), ("accounting.settings.read",)),
        (("Contacts",), ("accounting.settings.read", "accounting.contacts")),
        (("Items",), ("accounting.settings.read", "accounting.settings", "accounting.invoices")),
        (("Invoices", "PurchaseOrders"), ("accounting.settings.read", "accounting.invoices")),
        (("Payments",), ("accounting.settings.read", "accounting.payments")),
        (("attachments",), ("accounting.settings.read", "accounting.attachments")),
    ],
)
def test_scopes_follow_what_is_in_use(resources: tuple[str, ...], scopes: tuple[str, ...]) -> None:
    asked = oauth(settings(), frozenset(resources))
    assert asked.scopes == ("openid", "profile", "email", "offline_access", *scopes)
    assert (asked.grant, asked.client_secret) == ("authorization-code", None)
    assert asked.lasts == 60 * 24 * 60 * 60
    assert asked.authorise_url == "https://login.xero.com/identity/connect/authorize"
    assert asked.token_url == "https://identity.xero.com/connect/token"
    assert asked.revoke_url == "https://identity.xero.com/connect/revocation"


def test_a_custom_connection_asks_without_a_person() -> None:
    asked = oauth(settings(consent="custom-connection", **{"client-secret": {"env": "S"}}), frozenset({"Contacts"}))
    assert (asked.grant, asked.lasts) == ("client-credentials", 0)
    assert asked.scopes == ("accounting.settings.read", "accounting.contacts")


def test_the_organisation_is_the_one_of_the_consents_own_event(xero: Xero, connection: Connection) -> None:
    xero.answer(200, [row(1), row(2), row(2, tenantId="practice", tenantType="PRACTICE")])
    assert tenants(connection, {"authentication_event_id": "e-2"}) == [Tenant("org-2", "Org 2")]
    assert xero.calls[0].params == {"authEventId": "e-2"}
    assert "Xero-Tenant-Id" not in xero.calls[0].headers


def test_without_an_event_one_organisation_is_certain_and_several_are_not(xero: Xero, connection: Connection) -> None:
    xero.answer(200, [row(1)])
    assert tenants(connection, {}) == [Tenant("org-1", "Org 1")]
    xero.answer(200, [row(1), row(2)])
    with pytest.raises(ReauthNeeded, match="does not tell which"):
        tenants(connection, {})


def test_a_consent_without_an_organisation_says_so(xero: Xero, connection: Connection) -> None:
    xero.answer(200, [])
    with pytest.raises(ReauthNeeded, match="tieout connect books"):
        tenants(connection, {"authentication_event_id": "e-1"})


def test_the_check_names_the_organisation_and_its_currency(xero: Xero, connection: Connection) -> None:
    xero.answer(200, [row(2), row(1, tenantName="Acme (renamed)")])
    xero.answer(200, {"Organisations": [{"OrganisationID": "o", "Name": "Acme", "BaseCurrency": "AUD"}]})
    checked = check(connection)
    assert checked is not None
    assert checked.tenant == Tenant("org-1", "Acme (renamed)")
    assert checked.organisation is not None
    assert checked.organisation.currency == "AUD"
    assert xero.calls[1].headers["Xero-Tenant-Id"] == "org-1"


def test_before_the_first_check_the_only_organisation_is_taken(xero: Xero, connection: Connection) -> None:
    first = replace(connection, tenant=None)
    xero.answer(200, [row(5)])
    xero.answer(200, {"Organisations": [{"BaseCurrency": "AUD"}]})
    checked = check(first)
    assert checked is not None
    assert checked.tenant.id == "org-5"
    assert xero.calls[1].headers["Xero-Tenant-Id"] == "org-5"


@pytest.mark.parametrize("rows", [[], [row(2)], [row(1, tenantType="PRACTICE")]])
def test_an_organisation_that_was_disconnected_is_told(
    xero: Xero, connection: Connection, rows: list[dict[str, Any]]
) -> None:
    xero.answer(200, rows)
    with pytest.raises(ReauthNeeded, match="Acme Books is not connected"):
        check(connection)


def test_connections_that_cannot_be_read_are_unavailable(xero: Xero, connection: Connection) -> None:
    xero.answer(404, b"<html>")
    with pytest.raises(Unavailable):
        check(connection)


def test_the_connector_declares_its_limits_and_their_headers() -> None:
    assert (XERO.limits.minute, XERO.limits.day, XERO.limits.concurrent) == (60, 5_000, 5)
    assert XERO.limits.problem_header == "X-Rate-Limit-Problem"


def test_a_consent_tells_how_long_it_lives_unused() -> None:
    person = ConnectionSettings.model_validate({"client-id": "app"})
    assert consent.oauth(person, frozenset()).lasts == 60 * 86_400
    assert "offline_access" in consent.oauth(person, frozenset()).scopes


def test_the_tenant_is_named_by_its_own_id(xero: Xero, connection: Connection) -> None:
    row = {"id": "connection-9", "tenantId": "org-1", "tenantType": "ORGANISATION", "tenantName": "Acme Books"}
    xero.answer(200, [row])
    (tenant,) = consent.tenants(connection, {})
    assert tenant.id == "org-1"
    fetch(connection, made.CONTACTS, None)
    assert xero.calls[-1].headers["Xero-Tenant-Id"] == "org-1"


def test_a_tenant_that_went_away_is_told(xero: Xero, connection: Connection, books: Connection, served: Served) -> None:
    refusal = {"Type": None, "Title": "Forbidden", "Status": 403, "Detail": "AuthenticationUnsuccessful"}
    served.answers["/api/Contacts"] = [Told(403, refusal)]
    with pytest.raises(ReauthNeeded, match=r"Acme Books is not connected to this app any more.*tieout connect books"):
        fetch(books, made.CONTACTS, None)
    xero.answer(200, [{"tenantId": "org-2", "tenantType": "ORGANISATION", "tenantName": "Other"}])
    with pytest.raises(ReauthNeeded, match="is not connected to this app any more"):
        check(connection)


def test_a_missing_scope_is_told_and_no_token_is_asked_for(books: Connection, served: Served) -> None:
    refusal = {"Type": None, "Title": "Unauthorized", "Status": 401, "Detail": "AuthorizationUnsuccessful"}
    served.answers["/api/Contacts"] = [Told(401, refusal)]
    with pytest.raises(ReauthNeeded, match="does not cover this"):
        fetch(books, made.CONTACTS, None)
    assert served.paths() == ["/api/Contacts"]


def test_scopes_are_granular() -> None:
    everything = consent.scopes(frozenset(resource.name for resource in XERO.resources))
    assert "accounting.invoices" in everything
    assert not {"accounting.transactions", "accounting.transactions.read", "accounting.reports.read"} & set(everything)


def test_two_uncertified_apps_are_named_as_a_reason(xero: Xero, connection: Connection) -> None:
    xero.answer(200, [])
    with pytest.raises(ReauthNeeded, match="takes two apps that Xero has not certified"):
        consent.tenants(connection, {"authentication_event_id": "e"})
