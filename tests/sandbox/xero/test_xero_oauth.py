"""Sign-in, tokens, scopes and connections (docs/facts/xero.md, "Consent", "Tokens", "Connections", "Scopes")."""

import re
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

REDIRECT = "http://localhost:5555/callback"
SCOPE = "openid profile email offline_access accounting.invoices accounting.contacts.read"
VERIFIER = "v" * 64
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


def ask(xero: Any, **query: str) -> httpx.Response:
    given = {
        "response_type": "code",
        "client_id": xero.credentials["client-id"],
        "redirect_uri": REDIRECT,
        "scope": SCOPE,
        "state": "s-1",
    }
    return xero.http.get("/identity/connect/authorize", params=given | query)


def consent(xero: Any, decision: str = "allow", tenant: str = "", **query: str) -> dict[str, str]:
    """What the application gets back after a person went through the pages."""
    ticket = re.search(r'name="request" value="([^"]+)"', ask(xero, **query).text)
    assert ticket
    form = {"request": ticket[1], "email": "alex.demo@example.com", "password": "x"}
    page = xero.http.post("/identity/login", data=form)
    assert "Allow access" in page.text
    assert "Demo Company (AU)" in page.text
    given = {"request": ticket[1], "decision": decision, "tenant": tenant or xero.credentials["tenant-id"]}
    answer = xero.http.post("/identity/consent", data=given)
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(f"{REDIRECT}?")
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def token(xero: Any, path: str = "/connect/token", **form: str) -> httpx.Response:
    keys = (xero.credentials["client-id"], xero.credentials["client-secret"])
    return xero.http.post(path, data=form, auth=keys)


def exchange(xero: Any, code: str, **more: str) -> httpx.Response:
    return token(xero, grant_type="authorization_code", code=code, redirect_uri=REDIRECT, **more)


def claims(xero: Any, text: str) -> dict[str, Any]:
    keys = KeySet.import_key_set(xero.http.get("/.well-known/openid-configuration/jwks").json())
    return jwt.decode(text, keys).claims


def test_code_flow_with_secret_gives_the_tokens_and_claims_of_xero(xero: Any) -> None:
    back = consent(xero)
    assert back["state"] == "s-1"
    answer = exchange(xero, back["code"]).json()
    assert (answer["expires_in"], answer["token_type"], answer["scope"]) == (1800, "Bearer", SCOPE)
    access = claims(xero, answer["access_token"])
    assert access["exp"] - access["nbf"] == 1800
    assert access["scope"] == SCOPE.split()
    assert access.keys() >= {"iss", "aud", "client_id", "sub", "auth_time", "idp", "xero_userid", "jti", "amr"}
    assert access.keys() >= {"global_session_id", "authentication_event_id"}
    identity = claims(xero, answer["id_token"])
    assert identity["exp"] - identity["nbf"] == 300
    assert (identity["email"], identity["aud"]) == ("alex.demo@example.com", xero.credentials["client-id"])
    assert identity.keys() >= {"given_name", "family_name", "preferred_username", "sid", "at_hash"}


def test_code_flow_with_pkce_needs_no_secret_but_the_verifier(xero: Any) -> None:
    form = {"grant_type": "authorization_code", "redirect_uri": REDIRECT, "client_id": xero.credentials["client-id"]}
    code = consent(xero, code_challenge=CHALLENGE, code_challenge_method="S256")["code"]
    answer = xero.http.post("/identity/connect/token", data=form | {"code": code, "code_verifier": VERIFIER})
    assert answer.status_code == 200
    refreshed = {"grant_type": "refresh_token", "refresh_token": answer.json()["refresh_token"]}
    again = xero.http.post("/connect/token", data=refreshed | {"client_id": xero.credentials["client-id"]})
    assert again.status_code == 200
    code = consent(xero, code_challenge=CHALLENGE, code_challenge_method="S256")["code"]
    wrong = xero.http.post("/identity/connect/token", data=form | {"code": code, "code_verifier": "w" * 64})
    assert (wrong.status_code, wrong.json()) == (400, {"error": "invalid_grant"})
    code = consent(xero)["code"]
    bare = xero.http.post("/identity/connect/token", data=form | {"code": code})
    assert bare.json() == {"error": "invalid_client"}


def test_plain_challenge_is_refused(xero: Any) -> None:
    answer = ask(xero, code_challenge=VERIFIER, code_challenge_method="plain")
    assert (answer.status_code, "invalid_request" in answer.text) == (400, True)


def test_cancel_sends_access_denied_and_state_back(xero: Any) -> None:
    assert consent(xero, decision="cancel") == {"error": "access_denied", "state": "s-1"}


def test_code_is_good_once_and_for_five_minutes_and_for_its_own_redirect(xero: Any) -> None:
    code = consent(xero)["code"]
    assert exchange(xero, code).status_code == 200
    assert exchange(xero, code).json() == {"error": "invalid_grant"}
    late = consent(xero)["code"]
    xero.clock.advance(301)
    assert exchange(xero, late).json() == {"error": "invalid_grant"}
    other = consent(xero)["code"]
    answer = token(xero, grant_type="authorization_code", code=other, redirect_uri="http://localhost:1/callback")
    assert answer.json() == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    "redirect", ["http://127.0.0.1:5555/callback", "https://example.com/callback", "http://localhost:5555/elsewhere"]
)
def test_redirect_must_be_one_of_localhost_callback(xero: Any, redirect: str) -> None:
    answer = ask(xero, redirect_uri=redirect)
    assert answer.status_code == 400
    assert "redirect_uri" in answer.text


@pytest.mark.parametrize("scope", ["accounting.transactions", "accounting.reports.read", "accounting.nonsense", ""])
def test_broad_and_unknown_scopes_are_refused(xero: Any, scope: str) -> None:
    answer = ask(xero, scope=scope)
    assert (answer.status_code, "invalid_scope" in answer.text) == (400, True)


def test_wrong_client_and_secret_are_refused(xero: Any) -> None:
    assert ask(xero, client_id="nobody").status_code == 400
    form = {"grant_type": "refresh_token", "refresh_token": "x"}
    answer = xero.http.post("/connect/token", data=form, auth=(xero.credentials["client-id"], "wrong"))
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_client"})


def test_refresh_rotates_with_thirty_minutes_of_grace(xero: Any) -> None:
    first = xero.credentials["authorised"]["refresh-token"]
    second = token(xero, grant_type="refresh_token", refresh_token=first).json()["refresh_token"]
    assert second != first
    xero.clock.advance(29 * 60)
    assert token(xero, grant_type="refresh_token", refresh_token=first).status_code == 200
    xero.clock.advance(2 * 60)
    answer = token(xero, grant_type="refresh_token", refresh_token=first)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_grant"})
    assert token(xero, grant_type="refresh_token", refresh_token=second).status_code == 200


def test_refresh_token_dies_after_sixty_days_unused(xero: Any) -> None:
    xero.clock.advance(60 * 86_400 + 1)
    answer = token(xero, grant_type="refresh_token", refresh_token=xero.credentials["authorised"]["refresh-token"])
    assert answer.json() == {"error": "invalid_grant"}


def custom(xero: Any, **form: str) -> httpx.Response:
    keys = xero.credentials["custom-connection"]
    return xero.http.post("/connect/token", data=form, auth=(keys["client-id"], keys["client-secret"]))


def test_custom_connection_reaches_its_organisation_without_naming_it(xero: Any) -> None:
    answer = custom(xero, grant_type="client_credentials", scope="accounting.settings.read").json()
    assert answer.keys() == {"access_token", "expires_in", "token_type", "scope"}
    bearer = {"Authorization": f"Bearer {answer['access_token']}"}
    name = xero.http.get("/api.xro/2.0/Organisation", headers=bearer).json()["Organisations"][0]["Name"]
    assert name == "Demo Company (AU)"
    assert [each["tenantName"] for each in xero.http.get("/connections", headers=bearer).json()] == [name]


def test_each_kind_of_application_has_its_own_grants(xero: Any) -> None:
    assert token(xero, grant_type="client_credentials").json() == {"error": "unauthorized_client"}
    assert custom(xero, grant_type="refresh_token", refresh_token="x").json() == {"error": "unauthorized_client"}
    assert token(xero, grant_type="password").json() == {"error": "unsupported_grant_type"}
    broad = custom(xero, grant_type="client_credentials", scope="accounting.transactions")
    assert broad.json() == {"error": "invalid_scope"}


def test_connections_are_filtered_by_the_event_of_the_consent(xero: Any) -> None:
    page = ask(xero).text
    assert "Second Company (AU)" not in page
    other = next(iter(set(organisations(xero)) - {xero.credentials["tenant-id"]}))
    answer = exchange(xero, consent(xero, tenant=other)["code"]).json()
    bearer = {"Authorization": f"Bearer {answer['access_token']}"}
    assert len(xero.http.get("/connections", headers=bearer).json()) == 2
    event = claims(xero, answer["access_token"])["authentication_event_id"]
    found = xero.http.get("/connections", headers=bearer, params={"authEventId": event}).json()
    assert [each["tenantId"] for each in found] == [other]
    assert found[0].keys() == {
        *("id", "authEventId", "tenantId", "tenantType", "tenantName"),
        *("createdDateUtc", "updatedDateUtc"),
    }


def organisations(xero: Any) -> list[str]:
    ticket = re.search(r'name="request" value="([^"]+)"', ask(xero).text)
    assert ticket
    form = {"request": ticket[1], "email": "alex.demo@example.com", "password": "x"}
    return re.findall(r'<option value="([^"]+)"', xero.http.post("/identity/login", data=form).text)


def test_reconnecting_keeps_the_connection_and_moves_its_update_time(xero: Any) -> None:
    before = xero.http.get("/connections", headers=xero.headers).json()[0]
    xero.clock.advance(5)
    consent(xero)
    after = xero.http.get("/connections", headers=xero.headers).json()[0]
    assert after["id"] == before["id"]
    assert after["createdDateUtc"] == before["createdDateUtc"]
    assert after["updatedDateUtc"] > before["updatedDateUtc"]


def test_connection_is_deleted_by_its_own_id_only(xero: Any) -> None:
    connection = xero.http.get("/connections", headers=xero.headers).json()[0]
    delete = lambda identity: xero.http.delete(f"/connections/{identity}", headers=xero.headers).status_code  # noqa: E731
    assert delete(connection["tenantId"]) == 403
    assert delete("00000000-0000-0000-0000-000000000001") == 404
    assert delete(connection["id"]) == 204
    assert xero.http.get("/connections", headers=xero.headers).json() == []
    answer = xero.call("GET", "Organisation")
    assert (answer.status_code, answer.json()["Detail"]) == (403, "AuthenticationUnsuccessful")


def test_person_in_xero_can_disconnect_the_organisation(xero: Any) -> None:
    connection = xero.http.get("/connections", headers=xero.headers).json()[0]
    assert xero.edit(collection="Connections", id=connection["id"], delete=True).status_code == 200
    assert xero.call("GET", "Organisation").status_code == 403


def test_revocation_ends_the_grant_and_its_connections(xero: Any) -> None:
    refresh = xero.credentials["authorised"]["refresh-token"]
    answer = token(xero, "/identity/connect/revocation", token=refresh)
    assert (answer.status_code, answer.content) == (200, b"")
    assert token(xero, grant_type="refresh_token", refresh_token=refresh).json() == {"error": "invalid_grant"}
    assert xero.http.get("/connections", headers=xero.headers).json() == []


def test_expired_token_says_when(xero: Any) -> None:
    xero.clock.advance(1801)
    answer = xero.call("GET", "Organisation")
    body = answer.json()
    assert (answer.status_code, body["Title"], body["Status"]) == (401, "Unauthorized", 401)
    assert re.fullmatch(r"TokenExpired: token expired at \d\d/\d\d/\d{4} \d\d:\d\d:\d\d", body["Detail"])
    assert body.keys() == {"Type", "Title", "Status", "Detail", "Instance", "Extensions"}


def test_missing_scope_is_refused_and_read_scope_only_reads(xero: Any) -> None:
    access = exchange(xero, consent(xero)["code"]).json()["access_token"]
    bearer = {"Authorization": f"Bearer {access}"}
    assert xero.call("GET", "Contacts", headers=bearer).status_code == 200
    for method, path in (("PUT", "Contacts"), ("GET", "Accounts"), ("GET", "Payments")):
        answer = xero.call(method, path, headers=bearer)
        assert (answer.status_code, answer.json()["Detail"]) == (401, "AuthorizationUnsuccessful")
        assert "insufficient_scope" in answer.headers["www-authenticate"]


def test_tenant_id_must_be_that_of_a_connection(xero: Any) -> None:
    connection = xero.http.get("/connections", headers=xero.headers).json()[0]
    for wrong in (connection["id"], ""):
        answer = xero.call("GET", "Organisation", headers={"Xero-Tenant-Id": wrong})
        assert (answer.status_code, answer.json()["Detail"]) == (403, "AuthenticationUnsuccessful")


def test_call_without_user_agent_gets_a_page(xero: Any) -> None:
    answer = xero.call("GET", "Organisation", headers={"User-Agent": ""})
    assert (answer.status_code, answer.headers["content-type"][:9]) == (403, "text/html")


def test_discovery_names_the_endpoints(xero: Any) -> None:
    found = xero.http.get("/.well-known/openid-configuration").json()
    assert found["issuer"] == xero.credentials["identity-url"]
    assert found["token_endpoint"].endswith("/connect/token")
    assert xero.credentials["api-url"].endswith("/api.xro/2.0")


def test_connections_are_found_in_the_case_of_the_openapi_file_too(xero: Any) -> None:
    small, capital = (xero.http.get(path, headers=xero.headers).json() for path in ("/connections", "/Connections"))
    assert small == capital != []
