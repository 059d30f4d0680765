"""Consent, renewal and revocation against a token endpoint on loopback."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tieout.api.codec import dumps
from tieout.api.contract import Answer, Connection, Consent, Limits, Tenant
from tieout.api.errors import ConfigError, ReauthNeeded, Refused, Unavailable
from tieout.api.oauth import OAuth
from tieout.api.secret import Secret
from tieout.desk.redirect import receive
from tieout.host.consent import Bearer, authorise, claims, complete, disconnect, renew
from tieout.host.http import HttpClient
from tieout.host.quota import Quota
from tieout.host.vault import Vault
from tieout.ledger import Ledger
from tieout.ledger.tables import ConnectionRow
from tieout.testing import FakeClock

KEY = bytes(range(32))


class Issuer:
    """A token endpoint that rotates: a refresh token works once, an access token until the next one is issued."""

    def __init__(self, system: Any, reply: Any) -> None:
        self.system, self.reply, self.number, self.expires = system, reply, 0, 1800
        system.otherwise = self.answer

    def answer(self, asked: Any) -> Any:
        if asked.path == "/revoke":
            return self.reply()
        if asked.path != "/token":
            good = asked.headers.get("Authorization") == f"Bearer {self.access}"
            return self.reply(body={"ok": True}) if good else self.reply(status=401)
        with self.system.lock:
            if asked.form["grant_type"] == "refresh_token" and asked.form["refresh_token"] != f"rt-{self.number:08}":
                return self.reply(status=400, body={"error": "invalid_grant"})
            self.number += 1
            tokens = {"access_token": self.access, "expires_in": self.expires, "token_type": "Bearer"}
            if asked.form["grant_type"] != "client_credentials":
                tokens["refresh_token"] = f"rt-{self.number:08}"
        return self.reply(body=tokens)

    @property
    def access(self) -> str:
        claims = base64.urlsafe_b64encode(dumps({"n": self.number})).decode().rstrip("=")
        return f"head.{claims}.sign-{self.number:08}"

    def posts(self, path: str = "/token") -> list[Any]:
        return [asked for asked in self.system.asked if asked.path == path]


@pytest.fixture
def issuer(system: Any, reply: Any) -> Issuer:
    return Issuer(system, reply)


@pytest.fixture
def declared(system: Any, monkeypatch: pytest.MonkeyPatch) -> OAuth:
    monkeypatch.setenv("BOOKS_SECRET", "s3cret-of-books")
    return OAuth(
        token_url=f"{system.url}/token",
        authorise_url="https://login.example.com/authorize?prompt=login",
        revoke_url=f"{system.url}/revoke",
        client_id="our-id",
        client_secret=Secret(env="BOOKS_SECRET"),
        scopes=("offline_access", "accounting.contacts"),
        tenants=lambda connection, claims: [
            Tenant(str(claims["n"]), connection.http.read("GET", f"{system.url}/x").text)
        ],
    )


@pytest.fixture
def vault(ledger: Ledger, clock: FakeClock) -> Vault:
    return Vault(ledger, clock, KEY)


@pytest.fixture
def connect(clock: FakeClock, vault: Vault) -> Iterator[Callable[[OAuth], Connection]]:
    made = []

    def make(declared: OAuth) -> Connection:
        quota = Quota("books", Limits(concurrent=5), clock)
        http = HttpClient(
            "books",
            hosts=declared.hosts,
            quota=quota,
            clock=clock,
            authenticate=lambda: Bearer(declared, connection, vault),
        )
        connection = Connection("books", "xero", None, http, clock, {})
        made.append(http)
        return connection

    yield make
    for http in made:
        http.close()


def _answer(consent: Consent, **parameters: str) -> Answer:
    return Answer(consent, {"state": consent.state, **parameters})


def test_a_consent_carries_state_scopes_and_a_challenge(declared: OAuth, connect: Any) -> None:
    consent = authorise(declared, connect(declared), "http://localhost:8713/callback")
    address = urlsplit(consent.url)
    query = {name: values[0] for name, values in parse_qs(address.query).items()}
    challenge = base64.urlsafe_b64encode(hashlib.sha256(consent.verifier.encode()).digest()).decode().rstrip("=")
    assert address.netloc == "login.example.com"
    assert query == {
        "prompt": "login",
        "response_type": "code",
        "client_id": "our-id",
        "redirect_uri": "http://localhost:8713/callback",
        "scope": "offline_access accounting.contacts",
        "state": consent.state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    assert consent.verifier not in consent.url
    again = authorise(declared, connect(declared), "http://localhost:8713/callback")
    assert {again.state, again.verifier}.isdisjoint({consent.state, consent.verifier})


def test_a_code_becomes_tokens_and_tenants(declared: OAuth, connect: Any, vault: Vault, issuer: Issuer) -> None:
    connection = connect(declared)
    consent = authorise(declared, connection, "http://localhost:1/callback")
    tenants = complete(declared, connection, vault, _answer(consent, code="the-code"))
    assert tenants == [Tenant("1", '{"ok": true}')]
    (post,) = issuer.posts()
    assert post.form == {
        "grant_type": "authorization_code",
        "code": "the-code",
        "redirect_uri": "http://localhost:1/callback",
        "code_verifier": consent.verifier,
    }
    assert base64.b64decode(post.headers["Authorization"].removeprefix("Basic ")) == b"our-id:s3cret-of-books"
    tokens = vault.grant("books")
    assert tokens is not None and tokens["refresh_token"] == "rt-00000001"
    assert tokens["expires_at"] == int(connection.clock.now().timestamp()) + 1800


def test_without_a_secret_the_client_names_itself(declared: OAuth, connect: Any, vault: Vault, issuer: Issuer) -> None:
    public = replace(declared, client_secret=None)
    connection = connect(public)
    consent = authorise(public, connection, "http://localhost:1/callback")
    complete(public, connection, vault, _answer(consent, code="the-code"))
    (post,) = issuer.posts()
    assert post.form["client_id"] == "our-id"
    assert "Authorization" not in post.headers


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"code": "c", "state": "forged"}, "does not belong"),
        ({"code": "c", "state": ""}, "does not belong"),
        ({"error": "access_denied"}, "access was not allowed"),
        ({"error": "server_error", "error_description": "try later"}, "try later"),
        ({}, "no code"),
    ],
)
def test_a_bad_answer_asks_for_nothing(
    declared: OAuth, connect: Any, vault: Vault, issuer: Issuer, parameters: dict[str, str], says: str
) -> None:
    connection = connect(declared)
    consent = authorise(declared, connection, "http://localhost:1/callback")
    with pytest.raises(Refused, match=says):
        complete(declared, connection, vault, _answer(consent, **parameters))
    assert issuer.posts() == []
    assert vault.grant("books") is None


def _given(vault: Vault, issuer: Issuer, seconds: int, clock: FakeClock) -> None:
    issuer.number = 1
    ends = int(clock.now().timestamp()) + seconds
    vault.store("books", {"access_token": issuer.access, "refresh_token": "rt-00000001", "expires_at": ends})


@pytest.mark.parametrize(("seconds", "renewals"), [(1800, 0), (121, 0), (120, 1), (-5, 1)])
def test_a_token_is_renewed_shortly_before_its_end(
    declared: OAuth,
    connect: Any,
    vault: Vault,
    issuer: Issuer,
    clock: FakeClock,
    system: Any,
    seconds: int,
    renewals: int,
) -> None:
    _given(vault, issuer, seconds, clock)
    assert connect(declared).http.read("GET", f"{system.url}/Contacts").json() == {"ok": True}
    assert len(issuer.posts()) == renewals


def test_a_refused_token_is_renewed_once(
    declared: OAuth, connect: Any, vault: Vault, issuer: Issuer, clock: FakeClock, system: Any
) -> None:
    _given(vault, issuer, 1800, clock)
    vault.store("books", {**(vault.grant("books") or {}), "access_token": "revoked-by-the-system"})
    connection = connect(declared)
    assert connection.http.write("PUT", f"{system.url}/Contacts", body=[1]).json() == {"ok": True}
    assert [asked.body for asked in issuer.posts("/Contacts")] == [b"[1]", b"[1]"]
    issuer.answer = lambda asked: issuer.reply(status=401)  # type: ignore[method-assign]
    system.otherwise = lambda asked: (
        Issuer.answer(issuer, asked) if asked.path == "/token" else issuer.reply(status=401)
    )
    with pytest.raises(ReauthNeeded):
        connection.http.read("GET", f"{system.url}/Invoices")
    assert len(issuer.posts("/Invoices")) == 2


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ({"Detail": "AuthorizationUnsuccessful"}, {}),
        (b"", {"WWW-Authenticate": 'Bearer error="insufficient_scope"'}),
    ],
)
@pytest.mark.parametrize(
    ("granted", "says"),
    [
        ("offline_access", "does not cover accounting.contacts"),
        ("offline_access accounting.contacts", "is not allowed to GET"),
        (None, "is not allowed to GET"),
    ],
)
def test_a_missing_scope_is_named_and_never_renewed(
    declared: OAuth,
    connect: Any,
    vault: Vault,
    issuer: Issuer,
    clock: FakeClock,
    system: Any,
    *,
    body: Any,
    headers: dict[str, str],
    granted: str | None,
    says: str,
) -> None:
    _given(vault, issuer, 1800, clock)
    vault.store("books", {**(vault.grant("books") or {}), "scope": granted})
    system.otherwise = lambda asked: issuer.reply(status=401, body=body, headers=headers)
    strict = replace(declared, denials=("authorizationunsuccessful", "insufficient_scope"))
    for _ in range(3):
        with pytest.raises(ReauthNeeded, match=says) as error:
            connect(strict).http.read("GET", f"{system.url}/Contacts")
        assert "tieout connect books" in error.value.problem.fix
        assert error.value.problem.said
        assert not error.value.ended
    assert issuer.posts() == []
    assert len(issuer.posts("/Contacts")) == 3


def test_a_grant_is_renewed_before_its_token_ends(
    declared: OAuth, connect: Any, vault: Vault, issuer: Issuer, clock: FakeClock
) -> None:
    _given(vault, issuer, 1800, clock)
    renew(declared, connect(declared), vault)
    assert (vault.grant("books") or {})["refresh_token"] == "rt-00000002"


def test_a_rotated_token_is_durable_before_it_is_used(
    declared: OAuth, connect: Any, vault: Vault, issuer: Issuer, clock: FakeClock, system: Any
) -> None:
    _given(vault, issuer, 0, clock)
    seen = []

    def watching(asked: Any) -> Any:
        if asked.path == "/Contacts":
            seen.append((vault.grant("books") or {})["refresh_token"])
        return issuer.answer(asked)

    system.otherwise = watching
    connect(declared).http.read("GET", f"{system.url}/Contacts")
    assert seen == ["rt-00000002"]


def test_threads_renew_once(
    declared: OAuth, connect: Any, vault: Vault, issuer: Issuer, clock: FakeClock, system: Any
) -> None:
    _given(vault, issuer, 0, clock)
    http = connect(declared).http
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: http.read("GET", f"{system.url}/Contacts").status, range(10)))
    assert answers == [200] * 10
    assert len(issuer.posts()) == 1


WORKER = """
import sys
from tieout.host.consent import Bearer
from tieout.api.clock import Clock
from tieout.api.contract import Connection, Limits
from tieout.api.oauth import OAuth
from tieout.host.http import HttpClient
from tieout.ledger import Ledger
from tieout.host.quota import Quota
from tieout.host.vault import Vault
url, address = sys.argv[1:]
clock = Clock()
vault = Vault(Ledger(address), clock, bytes(range(32)))
declared = OAuth(token_url=url + "/token", client_id="our-id", tenants=lambda connection, claims: [])
http = HttpClient("books", hosts=declared.hosts, quota=Quota("books", Limits(concurrent=5), clock), clock=clock,
    authenticate=lambda: Bearer(declared, connection, vault))
connection = Connection("books", "xero", None, http, clock, {})
print("ready", flush=True)
sys.stdin.readline()
print(http.read("GET", url + "/Contacts").status)
"""


def test_processes_renew_once(ledger: Ledger, vault: Vault, issuer: Issuer, clock: FakeClock, system: Any) -> None:
    _given(vault, issuer, -(10**9), clock)
    command = [sys.executable, "-c", WORKER, system.url, ledger.url]
    pipe = subprocess.PIPE
    workers = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(2)]
    for worker in workers:
        assert worker.stdout is not None and worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    assert [worker.communicate(timeout=60)[0] for worker in workers] == ["200\n", "200\n"]
    assert len(issuer.posts()) == 1


def test_client_credentials_need_no_person(
    declared: OAuth, connect: Any, vault: Vault, issuer: Issuer, clock: FakeClock, system: Any
) -> None:
    custom = replace(declared, grant="client-credentials")
    connection = connect(custom)
    with pytest.raises(Refused, match="needs no consent"):
        authorise(custom, connection, "http://localhost:1/callback")
    for _ in range(2):
        assert connection.http.read("GET", f"{system.url}/Contacts").status == 200
        clock.advance(1700)
    (first, second) = issuer.posts()
    assert first.form == {"grant_type": "client_credentials", "scope": "offline_access accounting.contacts"}
    assert second.form["grant_type"] == "client_credentials"


def test_nobody_connected_yet_names_the_command(declared: OAuth, connect: Any, system: Any) -> None:
    with pytest.raises(ReauthNeeded, match="tieout connect books"):
        connect(declared).http.read("GET", f"{system.url}/Contacts")
    assert system.asked == []


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, {"error": "invalid_grant", "error_description": "revoked"}, ReauthNeeded),
        (401, {"error": "invalid_client"}, ConfigError),
        (400, {"error": "invalid_scope"}, ConfigError),
        (503, {}, Unavailable),
        (200, {"token": "odd"}, Unavailable),
        (200, b"<html>", Unavailable),
        (200, [], Unavailable),
    ],
)
def test_a_failed_renewal_says_what_to_do_and_keeps_the_tokens(
    declared: OAuth,
    connect: Any,
    vault: Vault,
    issuer: Issuer,
    clock: FakeClock,
    system: Any,
    status: int,
    body: Any,
    expected: type[Exception],
) -> None:
    _given(vault, issuer, 0, clock)
    before = vault.grant("books")
    system.otherwise = lambda asked: issuer.reply(status=status, body=body)
    with pytest.raises(expected) as error:
        connect(declared).http.write("PUT", f"{system.url}/Contacts", body=[])
    assert vault.grant("books") == before
    assert "s3cret-of-books" not in str(error.value)
    assert getattr(error.value, "ended", None) == (True if expected is ReauthNeeded else None)
    assert issuer.posts("/Contacts") == []


def test_disconnecting_revokes_and_forgets(
    declared: OAuth, connect: Any, vault: Vault, issuer: Issuer, clock: FakeClock
) -> None:
    _given(vault, issuer, 1800, clock)
    assert disconnect(declared, connect(declared), vault)
    (post,) = issuer.posts("/revoke")
    assert post.form["token"] == "rt-00000001"
    assert vault.grant("books") is None


def test_a_failed_revocation_keeps_the_tokens(
    declared: OAuth, connect: Any, vault: Vault, issuer: Issuer, clock: FakeClock, system: Any
) -> None:
    _given(vault, issuer, 1800, clock)
    system.otherwise = lambda asked: issuer.reply(status=500)
    with pytest.raises(Unavailable):
        disconnect(declared, connect(declared), vault)
    assert vault.grant("books") is not None


def test_a_shared_grant_is_not_revoked(
    declared: OAuth, connect: Any, ledger: Ledger, issuer: Issuer, clock: FakeClock
) -> None:
    vault = Vault(ledger, clock, KEY, {"books": "firm", "more": "firm"})
    _given(vault, issuer, 1800, clock)
    with ledger.writing() as writing:
        ledger.put(writing, ConnectionRow, [{"name": "more", "plugin": "xero", "connected_at": clock.now()}])
    assert not disconnect(declared, connect(declared), vault)
    assert vault.grant("more") is not None
    assert issuer.posts("/revoke") == []


@pytest.mark.parametrize("token", ["opaque", "a.b.c", "a.!!.c", "a.W10.c", "", "a.é.c"])
def test_a_token_that_is_no_jwt_has_no_claims(token: str) -> None:
    assert claims(token) == {}


def test_the_browser_comes_back_once() -> None:
    with receive(0) as receiver:
        assert receiver.redirect.startswith("http://localhost:") and receiver.redirect.endswith("/callback")
        address = receiver.redirect.replace("localhost", "127.0.0.1")
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(address.replace("/callback", "/favicon.ico"))
        for query in ("code=a%20b&state=s", "code=second&state=s"):
            with urllib.request.urlopen(f"{address}?{query}") as page:
                assert b"close this window" in page.read()
        assert receiver.wait(10) == {"code": "a b", "state": "s"}


def test_nobody_comes_back() -> None:
    with receive(0) as receiver, pytest.raises(Refused, match="nobody answered"):
        receiver.wait(0)


def test_a_port_in_use_is_told() -> None:
    with receive(0) as receiver:
        port = int(receiver.redirect.split(":")[2].split("/")[0])
        with pytest.raises(Refused, match=f"port {port}"), receive(port):
            pytest.fail("received twice")
