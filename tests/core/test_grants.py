"""Grants: one person's, behind two connections, through core's own client and a system that counts its calls."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from tieout.api.contract import Connection, Limits
from tieout.api.errors import OutcomeUnknown, ReauthNeeded
from tieout.api.oauth import OAuth
from tieout.api.secret import redact
from tieout.host.consent import Bearer, disconnect, renew
from tieout.host.http import HttpClient
from tieout.host.quota import Quota
from tieout.host.vault import Vault
from tieout.ledger import Ledger
from tieout.ledger.tables import ConnectionRow
from tieout.testing import FakeClock

KEY = bytes(range(32))
DAY = 86_400


class Issuer:
    """A system whose refresh tokens work once, whose access tokens end, and that may refuse one of its calls."""

    def __init__(self, system: Any, reply: Any) -> None:
        self.system, self.reply, self.number = system, reply, 1
        self.refusal: Any = None
        system.otherwise = self.answer

    def answer(self, asked: Any) -> Any:
        if asked.path == "/token":
            with self.system.lock:
                if asked.form["refresh_token"] != f"rt-number-{self.number}":
                    return self.reply(status=400, body={"error": "invalid_grant"})
                self.number += 1
            return self.reply(body=self.tokens | {"expires_in": 1800})
        if self.refusal is not None:
            return self.refusal
        good = asked.headers.get("Authorization") == f"Bearer at-number-{self.number}"
        return self.reply(body=[]) if good else self.reply(status=401, body={"Detail": "TokenExpired"})

    @property
    def tokens(self) -> dict[str, Any]:
        return {"access_token": f"at-number-{self.number}", "refresh_token": f"rt-number-{self.number}"}

    def paths(self) -> list[str]:
        return [asked.path for asked in self.system.asked]


@pytest.fixture
def issuer(system: Any, reply: Any) -> Issuer:
    return Issuer(system, reply)


@pytest.fixture
def vault(ledger: Ledger, clock: FakeClock, issuer: Issuer) -> Vault:
    vault = Vault(ledger, clock, KEY, {"books": "alex", "more": "alex"})
    vault.store("books", issuer.tokens)
    return vault


@pytest.fixture
def declared(system: Any) -> OAuth:
    return OAuth(
        token_url=f"{system.url}/token",
        client_id="our-id",
        scopes=("accounting.contacts", "accounting.payments"),
        lasts=60 * DAY,
        denials=("authorizationunsuccessful",),
        tenants=lambda connection, claims: [],
    )


@contextmanager
def _connected(declared: OAuth, vault: Vault, clock: FakeClock, name: str = "books") -> Iterator[Connection]:
    quota = Quota(name, Limits(concurrent=5), clock)
    with HttpClient(
        name,
        hosts=declared.hosts,
        quota=quota,
        clock=clock,
        authenticate=lambda: Bearer(declared, connection, vault),
    ) as http:
        connection = Connection(name, "xero", None, http, clock, {})
        yield connection


def test_parallel_calls_with_a_worn_token_refresh_it_once(
    declared: OAuth, vault: Vault, clock: FakeClock, issuer: Issuer, system: Any
) -> None:
    vault.store("books", {**issuer.tokens, "access_token": "at-worn-12345"})
    with _connected(declared, vault, clock) as one, _connected(declared, vault, clock, "more") as other:
        reads = [connection.http.read for connection in (one, other)] * 5
        with ThreadPoolExecutor(5) as pool:
            answers = list(pool.map(lambda read: read("GET", f"{system.url}/Contacts").status, reads))
    assert answers == [200] * 10
    assert issuer.paths().count("/token") == 1
    stored = vault.grant("books") or {}
    assert stored["refresh_token"] == "rt-number-2"


def test_a_grant_that_nobody_uses_is_renewed_long_before_it_dies(
    declared: OAuth, vault: Vault, clock: FakeClock, issuer: Issuer
) -> None:
    clock.advance(31 * DAY)
    with _connected(declared, vault, clock) as connection:
        renew(declared, connection, vault)
    assert (vault.grant("more") or {})["refresh_token"] == "rt-number-2"


def test_tokens_belong_to_the_person_and_not_to_an_organisation(
    declared: OAuth, vault: Vault, clock: FakeClock, issuer: Issuer, system: Any
) -> None:
    vault.store("books", {**issuer.tokens, "expires_at": 0})
    with _connected(declared, vault, clock, "books") as one, _connected(declared, vault, clock, "more") as other:
        one.http.read("GET", f"{system.url}/Contacts")
        other.http.read("GET", f"{system.url}/Contacts")
    assert issuer.paths() == ["/token", "/Contacts", "/Contacts"]
    assert vault.grant("books") == vault.grant("more")


def test_an_organisation_that_went_away_is_no_reason_to_refresh(
    declared: OAuth, vault: Vault, clock: FakeClock, issuer: Issuer, system: Any, reply: Any
) -> None:
    issuer.refusal = reply(status=403, body={"Title": "Forbidden", "Detail": "AuthenticationUnsuccessful"})
    with (
        _connected(declared, vault, clock) as connection,
        pytest.raises(ReauthNeeded, match="tieout connect books") as error,
    ):
        connection.http.write("PUT", f"{system.url}/Contacts", body=[])
    assert "AuthenticationUnsuccessful" in error.value.problem.said
    assert issuer.paths() == ["/Contacts"]


def test_a_missing_scope_is_named_and_no_reason_to_refresh(
    declared: OAuth, vault: Vault, clock: FakeClock, issuer: Issuer, system: Any, reply: Any
) -> None:
    vault.store("books", {**issuer.tokens, "scope": "openid accounting.contacts"})
    issuer.refusal = reply(status=401, body={"Title": "Unauthorized", "Detail": "AuthorizationUnsuccessful"})
    with _connected(declared, vault, clock) as connection:
        for _ in range(3):
            with pytest.raises(ReauthNeeded, match=r"does not cover accounting\.payments"):
                connection.http.read("GET", f"{system.url}/Payments")
    assert issuer.paths() == ["/Payments"] * 3


def test_every_call_names_the_program_the_one_for_tokens_too(
    declared: OAuth, vault: Vault, clock: FakeClock, issuer: Issuer, system: Any
) -> None:
    vault.store("books", {**issuer.tokens, "expires_at": 0})
    with _connected(declared, vault, clock) as connection:
        connection.http.read("GET", f"{system.url}/Contacts")
    assert {asked.headers["User-Agent"].partition("/")[0] for asked in system.asked} == {"tieout"}
    assert issuer.paths() == ["/token", "/Contacts"]


def test_a_grant_is_not_revoked_while_another_organisation_needs_it(
    declared: OAuth, vault: Vault, ledger: Ledger, clock: FakeClock, system: Any
) -> None:
    """An organisation takes two apps; giving one back must not take the other connection with it."""
    with ledger.writing() as writing:
        rows = [{"name": name, "plugin": "xero", "connected_at": clock.now()} for name in ("books", "more")]
        ledger.put(writing, ConnectionRow, rows)
    with _connected(replace(declared, revoke_url=f"{system.url}/revoke"), vault, clock) as connection:
        assert not disconnect(declared, connection, vault)
    assert system.asked == []
    assert vault.grant("more") is not None


def test_no_token_stands_in_an_error(
    declared: OAuth, vault: Vault, clock: FakeClock, issuer: Issuer, system: Any, reply: Any
) -> None:
    issuer.refusal = reply(status=500, body={"echo": f"Bearer at-number-1 {issuer.tokens['refresh_token']}"})
    with _connected(declared, vault, clock) as connection, pytest.raises(OutcomeUnknown) as error:
        connection.http.write("PUT", f"{system.url}/Contacts", body=[])
    assert "number-1" not in f"{error.value} {error.value.__context__!r} {error.value.__cause__!r}"
    assert "[secret]" in error.value.problem.said
    assert redact("Authorization: Bearer at-number-1") == "Authorization: Bearer [secret]"
