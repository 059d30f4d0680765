"""Connections: opened once, pinned to their tenant, with memory and authentication."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from tieout.api.contract import (
    Answer,
    Binding,
    Check,
    Connection,
    Connector,
    Consent,
    Entity,
    Limits,
    Resource,
    Settings,
    Tenant,
)
from tieout.api.errors import ConfigError, ReauthNeeded, Refused, Throttled, Unavailable
from tieout.api.hooks import hookimpl
from tieout.api.model import Party
from tieout.api.oauth import OAuth
from tieout.engine.flow import tenant_key
from tieout.host.config import Config, ConnectionConfig, PairConfig
from tieout.host.connections import Connections
from tieout.host.http import HttpAuth
from tieout.host.plugins import Plugins, admit
from tieout.ledger import Ledger
from tieout.ledger.standing import Purpose
from tieout.ledger.tables import ConnectionRow
from tieout.rules.guard import Guard
from tieout.testing import FakeClock

DAY = 86_400
SECOND = Tenant("t-2", "Second Ltd")


def _resource(name: str) -> Resource:
    return Resource(name=name, type=Party, lift=lambda wire, terms: None, lower=lambda *given: {}, id=("id",))


class Ledgerly:
    """A connector with OAuth that reaches whatever tenant it is told."""

    def __init__(self, url: str) -> None:
        self.tenant = Tenant("t-1", "First Ltd")
        self.opens = [self.tenant]
        self.auths = 0
        self.url = url

    @hookimpl
    def entities(self) -> list[Entity]:
        return [Entity(name=name, title="", model=Party, letter="X", key=()) for name in ("notes", "parties")]

    @hookimpl
    def connectors(self) -> list[Connector]:
        def oauth(settings: Any, resources: frozenset[str]) -> OAuth:
            return OAuth(
                token_url=f"{self.url}/token",
                authorise_url=f"{self.url}/authorise",
                client_id="x",
                grant="client-credentials" if settings.custom else "authorization-code",
                lasts=60 * DAY,
                tenants=lambda connection, claims: self.opens,
            )

        resources = (_resource("Notes"), _resource("Parties"))
        common: dict[str, Any] = {"title": "", "resources": resources, "hosts": lambda settings: ["127.0.0.1"]}
        return [
            Connector(name="ledgerly", settings=Given, oauth=oauth, **common),
            Connector(name="keyed", settings=Given, **common),
        ]

    @hookimpl
    def bindings(self) -> list[Binding]:
        return [
            Binding(entity=entity, connector=connector, resource=entity.title())
            for entity in ("notes", "parties")
            for connector in ("ledgerly", "keyed")
        ]

    @hookimpl
    def auth(self, connection: Connection) -> HttpAuth | None:
        self.auths += 1
        return HttpAuth() if connection.plugin == "keyed" else None

    @hookimpl
    def check(self, connection: Connection) -> Check:
        connection.http.read("GET", f"{self.url}/me")
        return Check(tenant=self.tenant)


class Given(Settings):
    """The settings of both connectors."""

    custom: bool = False


@pytest.fixture(autouse=True)
def _no_key_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TIEOUT_KEY", raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")


@pytest.fixture
def ledgerly(system: Any) -> Ledgerly:
    return Ledgerly(system.url)


@pytest.fixture
def plugins(ledgerly: Ledgerly) -> Plugins:
    return admit({"ledgerly": ledgerly})


@pytest.fixture
def opened(ledger: Ledger, plugins: Plugins, clock: FakeClock, tmp_path: Path) -> Iterator[Callable[..., Connections]]:
    made = []

    def make(purpose: Purpose = "person", **tenants: str) -> Connections:
        def section(name: str, plugin: str, **settings: Any) -> ConnectionConfig:
            grant = "books" if name == "more" else name
            limits = Limits(problem_header="X-Problem")
            return ConnectionConfig(name, plugin, tenants.get(name), grant, limits, Given(**settings))

        connections = {
            "crm": section("crm", "keyed"),
            "books": section("books", "ledgerly"),
            "more": section("more", "ledgerly"),
            "custom": section("custom", "ledgerly", custom=True),
        }
        flows = {"notes": Settings()}
        pair = PairConfig(
            name="main",
            source="crm",
            target="books",
            since=date(2026, 7, 1),
            every=None,
            entities=("notes",),
            backs=(),
            guard=Guard(),
            settings=Settings(),
            flows=flows,
        )
        config = Config(
            tmp_path / "plugins.toml",
            tmp_path,
            ledger.url,
            connections,
            {"main": pair},
            frozenset({"ledgerly"}),
            {"connections.old": "the plugin old is off"},
        )
        made.append(Connections(config, plugins, ledger, purpose=purpose))
        return made[-1]

    yield make
    for connections in made:
        connections.close()


def test_a_connection_is_opened_once_and_knows_the_resources_in_use(opened: Any, system: Any) -> None:
    connections = opened()
    crm = connections.open("crm")
    assert connections.open("crm") is crm
    assert (crm.plugin, crm.tenant, crm.resources) == ("keyed", None, {"Notes"})
    assert connections.open("custom").resources == frozenset()
    assert system.asked == []


def test_unknown_and_resting_connections_are_told(opened: Any) -> None:
    with pytest.raises(Refused, match=r'no connection book .*Did you mean "books"'):
        opened().open("book")
    with pytest.raises(Refused, match="the plugin old is off"):
        opened().open("old")


def test_the_first_use_checks_and_pins(opened: Any, system: Any, ledger: Ledger) -> None:
    connections = opened()
    assert connections.ready("crm").tenant == Tenant("t-1", "First Ltd")
    assert connections.open("crm").tenant == Tenant("t-1", "First Ltd")
    assert connections.ready("crm").http.calls.reads == 1
    again = opened()
    assert again.ready("crm").tenant == Tenant("t-1", "First Ltd")
    assert len(system.asked) == 1
    with ledger.reading() as reading:
        row = reading.execute(select(ConnectionRow.c.plugin, ConnectionRow.c.connected_at)).one()
    assert row.plugin == "keyed" and row.connected_at is not None


def test_another_tenant_than_the_pinned_one_is_refused(opened: Any, ledgerly: Ledgerly) -> None:
    opened().ready("crm")
    ledgerly.tenant = Tenant("t-2", "Second Ltd")
    connections = opened()
    with pytest.raises(ReauthNeeded, match="reaches Second Ltd now, and is connected to First Ltd"):
        connections.check("crm")
    assert connections.open("crm").tenant == Tenant("t-1", "First Ltd")


def test_the_configuration_allows_one_tenant_only(opened: Any, ledgerly: Ledgerly) -> None:
    assert opened(crm="t-1").ready("crm").tenant == Tenant("t-1", "First Ltd")
    assert opened(crm="First Ltd").check("crm").tenant == ledgerly.tenant
    with pytest.raises(ConfigError, match="only t-9 is allowed"):
        opened(crm="t-9").ready("crm")
    with pytest.raises(ConfigError, match="only t-9 is allowed"):
        opened(books="t-9").pin("books", Tenant("t-1", "First Ltd"))


def test_a_consent_that_was_never_given_names_the_command(opened: Any, system: Any) -> None:
    connections = opened()
    assert connections.needs_consent("books")
    with pytest.raises(ReauthNeeded, match="tieout connect books"):
        connections.ready("books")
    assert system.asked == []
    connections.vault.store("books", {"access_token": "at-0123456789"})
    assert not connections.needs_consent("books")
    assert connections.ready("books").tenant == Tenant("t-1", "First Ltd")
    assert system.asked[-1].headers["Authorization"] == "Bearer at-0123456789"


def test_keys_and_client_credentials_need_no_person(opened: Any, system: Any, reply: Any) -> None:
    connections = opened()
    assert not connections.needs_consent("crm")
    assert not connections.needs_consent("custom")
    system.otherwise = lambda asked: reply(body={"access_token": "at-custom-1234", "expires_in": 1800})
    assert connections.ready("custom").tenant == Tenant("t-1", "First Ltd")
    assert [asked.path for asked in system.asked] == ["/token", "/me"]


def test_authentication_is_made_once_per_connection(opened: Any, ledgerly: Ledgerly, system: Any) -> None:
    http = opened().open("crm").http
    for _ in range(3):
        http.read("GET", system.url)
    assert ledgerly.auths == 1


def test_a_plugin_s_memory_is_kept(opened: Any) -> None:
    memory = opened().open("crm").memory
    memory["profile"] = {"invoices": {"total": "invoiceTotal"}}
    memory["zone"] = None
    memory["old"] = 1
    del memory["old"]
    with pytest.raises(KeyError):
        del memory["old"]
    again = opened().open("crm").memory
    assert dict(again) == {"profile": {"invoices": {"total": "invoiceTotal"}}, "zone": None}
    assert len(again) == 2


def test_what_is_forgotten_has_no_tenant_and_no_memory(opened: Any) -> None:
    connections = opened()
    connections.ready("crm").memory["a"] = 1
    connections.forget("crm")
    assert connections.open("crm").tenant is None
    assert dict(connections.open("crm").memory) == {}


def test_a_check_that_fails_pins_nothing(opened: Any, system: Any, reply: Any) -> None:
    system.otherwise = lambda asked: reply(status=500)
    connections = opened()
    with pytest.raises(Unavailable):
        connections.ready("crm")
    assert opened().open("crm").tenant is None


def test_the_key_lies_beside_the_ledger(opened: Any, tmp_path: Path) -> None:
    opened().vault.store("books", {"access_token": "at-0123456789"})
    assert (tmp_path / ".tieout" / "key").exists()
    assert opened().vault.grant("books") == {"access_token": "at-0123456789"}


def test_looking_whether_a_consent_is_needed_makes_no_key(opened: Any, tmp_path: Path) -> None:
    connections = opened()
    assert connections.needs_consent("books")
    assert not (tmp_path / ".tieout" / "key").exists()


# what a system refuses


def _consented(connections: Connections) -> None:
    connections.vault.store("books", {"access_token": "at-0123456789", "refresh_token": "rt-0123456789"})
    connections.ready("books")


def _refused(connections: Connections, system: Any, reply: Any, status: int = 403) -> ReauthNeeded:
    answers, system.otherwise = system.otherwise, lambda asked: reply(status=status, body={"error": "invalid_grant"})
    with pytest.raises(ReauthNeeded) as error:
        connections.check("books")
    system.otherwise = answers
    return error.value


def test_a_refusal_is_kept_for_everybody_and_cleared_when_the_tenant_is_reached(
    opened: Any, system: Any, reply: Any
) -> None:
    connections = opened()
    _consented(connections)
    error = _refused(connections, system, reply)
    again = opened()
    assert again.needs_consent("books")
    assert again.standing.refused("books") == error.problem.what
    asked = len(system.asked)
    again.ready("books")  # a person tries: it was put right in the system meanwhile
    assert len(system.asked) == asked + 1
    assert not again.needs_consent("books")
    again.ready("books")
    assert len(system.asked) == asked + 1


def test_the_schedule_waits_for_a_person_where_it_was_refused(opened: Any, system: Any, reply: Any) -> None:
    connections = opened()
    _consented(connections)
    error = _refused(connections, system, reply)
    asked = len(system.asked)
    with pytest.raises(ReauthNeeded, match="tieout connect books") as waiting:
        opened("schedule").ready("books")
    assert error.problem.what in waiting.value.problem.why
    assert len(system.asked) == asked
    opened().check("books")
    assert opened("schedule").ready("books").tenant == Tenant("t-1", "First Ltd")


def test_a_grant_that_ended_concerns_all_that_share_it(opened: Any, system: Any, reply: Any) -> None:
    connections = opened()
    _consented(connections)
    connections.ready("more")
    _refused(connections, system, reply, 403)
    assert (connections.needs_consent("books"), connections.needs_consent("more")) == (True, False)
    connections.vault.store("books", {**connections.vault.grant("books"), "expires_at": 0})
    _refused(connections, system, reply, 400)
    assert (connections.needs_consent("books"), connections.needs_consent("more")) == (True, True)
    _given(connections, system, reply)
    assert (connections.needs_consent("books"), connections.needs_consent("more")) == (False, False)


def test_what_was_never_connected_is_not_refused(opened: Any) -> None:
    connections = opened()
    with pytest.raises(ReauthNeeded):
        connections.check("books")
    assert connections.standing.refused("books") == ""


def test_a_connection_without_a_person_is_checked_each_time_that_it_is_connected(
    opened: Any, ledgerly: Ledgerly, system: Any
) -> None:
    connections = opened()
    for _ in range(2):
        connections.check("crm")
    assert len(system.asked) == 2
    ledgerly.tenant = SECOND
    with pytest.raises(ReauthNeeded, match="reaches Second Ltd now"):
        connections.check("crm")
    assert "reaches Second Ltd" in opened().standing.refused("crm")


# consent


def _given(connections: Connections, system: Any, reply: Any, number: int = 2) -> list[Tenant]:
    tokens = {"access_token": f"at-{number:010}", "refresh_token": f"rt-{number:010}", "expires_in": 1800}
    system.answers.append(reply(body=tokens))
    consent = Consent("https://login.example.com", "the-state", "the-verifier", "http://localhost:1/callback")
    return connections.complete("books", Answer(consent, {"state": "the-state", "code": "the-code"}))


def test_a_consent_to_another_organisation_than_before_is_refused_and_changes_nothing(
    opened: Any, ledgerly: Ledgerly, system: Any, reply: Any
) -> None:
    connections = opened()
    _consented(connections)
    before = connections.vault.grant("books")
    ledgerly.opens = [SECOND]
    with pytest.raises(Refused, match="connected to First Ltd, and Second Ltd was chosen") as error:
        _given(connections, system, reply)
    assert "tieout disconnect books" in error.value.problem.fix
    assert connections.vault.grant("books") == before
    assert opened().ready("books").tenant == Tenant("t-1", "First Ltd")
    with pytest.raises(Refused, match="Second Ltd was chosen"):
        connections.pin("books", SECOND)


def test_of_several_organisations_the_one_from_before_is_taken(
    opened: Any, ledgerly: Ledgerly, system: Any, reply: Any
) -> None:
    connections = opened()
    _consented(connections)
    ledgerly.opens = [SECOND, Tenant("t-1", "First Ltd (renamed)")]
    assert _given(connections, system, reply) == [Tenant("t-1", "First Ltd (renamed)")]


def test_after_disconnecting_another_organisation_may_be_chosen(
    opened: Any, ledgerly: Ledgerly, system: Any, reply: Any
) -> None:
    connections = opened()
    _consented(connections)
    connections.forget("books")
    ledgerly.opens = [SECOND]
    (chosen,) = _given(connections, system, reply)
    connections.pin("books", chosen)
    assert opened().ready("books").tenant == SECOND


def test_the_configuration_s_organisation_is_meant_by_id_or_name(
    opened: Any, ledgerly: Ledgerly, system: Any, reply: Any
) -> None:
    ledgerly.opens = [SECOND, Tenant("t-1", "First Ltd")]
    for wanted in ("t-1", "First Ltd"):
        assert _given(opened(books=wanted), system, reply) == [Tenant("t-1", "First Ltd")]
    connections = opened(books="t-9")
    connections.vault.forget("books")
    with pytest.raises(ConfigError, match="only t-9 is allowed"):
        _given(connections, system, reply)
    assert connections.needs_consent("books")


def test_a_consent_that_opens_nothing_keeps_nothing(opened: Any, ledgerly: Ledgerly, system: Any, reply: Any) -> None:
    ledgerly.opens = []
    connections = opened()
    with pytest.raises(Refused, match="no organisation was chosen"):
        _given(connections, system, reply)
    assert connections.needs_consent("books")


# keep-alive


def _renewals(system: Any) -> list[str]:
    return [asked.form["refresh_token"] for asked in system.asked if asked.path == "/token"]


def test_a_grant_that_nobody_uses_is_renewed_after_half_of_its_life(
    opened: Any, system: Any, reply: Any, clock: FakeClock
) -> None:
    connections = opened("schedule")
    _consented(connections)
    assert connections.grant_ends("books") == connections.grant_ends("more") == clock.now() + timedelta(days=60)
    clock.advance(30 * DAY - 1)
    assert connections.keep_alive() == {}
    assert _renewals(system) == []
    clock.advance(1)
    system.answers.append(
        reply(body={"access_token": "at-fresh-12345", "refresh_token": "rt-fresh-12345", "expires_in": 9})
    )
    assert connections.keep_alive() == {}
    assert connections.keep_alive() == {}
    assert _renewals(system) == ["rt-0123456789"]  # once, although two connections share it
    assert connections.vault.grant("more")["refresh_token"] == "rt-fresh-12345"
    assert connections.grant_ends("books") == clock.now() + timedelta(days=60)


def test_what_cannot_be_renewed_is_told_and_seen(opened: Any, system: Any, reply: Any, clock: FakeClock) -> None:
    connections = opened()
    _consented(connections)
    connections.ready("more")
    clock.advance(59 * DAY)
    system.answers.append(reply(status=503))
    (failed,) = connections.keep_alive().values()
    assert isinstance(failed, Unavailable) and not connections.needs_consent("books")
    system.answers.append(reply(status=400, body={"error": "invalid_grant"}))
    assert [type(error) for error in connections.keep_alive().values()] == [ReauthNeeded]
    assert connections.needs_consent("books") and connections.needs_consent("more")


def test_keys_and_client_credentials_have_nothing_to_keep_alive(
    opened: Any, system: Any, reply: Any, clock: FakeClock
) -> None:
    connections = opened()
    system.otherwise = lambda asked: reply(body={"access_token": "at-custom-1234"})
    connections.ready("custom")
    connections.ready("crm")
    asked = len(system.asked)
    clock.advance(90 * DAY)
    assert connections.keep_alive() == {}
    assert (len(system.asked), connections.grant_ends("custom"), connections.grant_ends("crm")) == (asked, None, None)


# pauses


def _paused(scope: str, clock: FakeClock) -> Throttled:
    error = Throttled("books is tired", until=clock.now() + timedelta(hours=5), scope=scope)
    error.connection = "books"
    return error


def test_a_used_up_day_is_a_pause_for_everybody_and_outlives_the_process(
    opened: Any, system: Any, clock: FakeClock
) -> None:
    first = opened()
    _consented(first)
    first.standing.pause(_paused("day", clock))
    asked = len(system.asked)
    for purpose in ("person", "schedule"):
        connections = opened(purpose)
        assert connections.standing.paused("books").until == clock.now() + timedelta(hours=5)
        with pytest.raises(Throttled, match="goes on by itself"):
            connections.open("books").http.read("GET", system.url)
    assert len(system.asked) == asked
    clock.advance(5 * 3600)
    assert opened().standing.paused("books") is None
    assert opened().open("books").http.read("GET", system.url).status == 200


def test_what_is_kept_for_people_pauses_the_schedule_alone(opened: Any, system: Any, clock: FakeClock) -> None:
    first = opened("schedule")
    _consented(first)
    first.standing.pause(_paused("reserve", clock))
    assert opened("schedule").standing.paused("books").scope == "reserve"
    assert opened("person").standing.paused("books") is None
    assert opened("person").open("books").http.read("GET", system.url).status == 200


def test_calls_are_counted_over_processes(opened: Any, system: Any) -> None:
    for _ in range(3):
        opened().open("crm").http.read("GET", system.url)
    assert opened().usage("crm").used == 3
    assert opened().usage("books").used == 0


def test_a_day_that_ends_outside_a_run_is_a_pause_as_well(
    opened: Any, system: Any, reply: Any, clock: FakeClock
) -> None:
    connections = opened()
    _consented(connections)
    connections.open("books").http.read("GET", system.url)
    system.otherwise = lambda asked: reply(status=429, headers={"X-Problem": "day", "Retry-After": "40000"})
    with pytest.raises(Throttled):
        connections.check("books")
    asked = len(system.asked)
    again = opened()
    assert again.standing.paused("books").until == clock.now() + timedelta(seconds=40_000)
    with pytest.raises(Throttled):
        again.check("books")
    assert len(system.asked) == asked


def test_what_is_remembered_hangs_on_the_id_of_an_organisation_and_not_on_its_name(
    client: Any, clock: FakeClock
) -> None:
    connection = Connection("books", "xero", None, client(), clock, {})
    first, renamed, other = (
        tenant_key(replace(connection, tenant=tenant))
        for tenant in (Tenant("t-1", "First Ltd"), Tenant("t-1", "First Pty Ltd"), Tenant("t-2", "First Ltd"))
    )
    assert first == renamed != other
