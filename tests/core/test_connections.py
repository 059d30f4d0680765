"""Connections: opened once, pinned to their tenant, with memory and authentication."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from tieout.config import Config, ConnectionConfig, PairConfig
from tieout.connections import Connections
from tieout.contract import Binding, Check, Connection, Connector, Entity, Limits, Resource, Settings, Tenant
from tieout.errors import ConfigError, ReauthNeeded, Refused, Unavailable
from tieout.hooks import hookimpl
from tieout.http import HttpAuth
from tieout.ledger import Ledger
from tieout.model import Party
from tieout.oauth import OAuth
from tieout.plugins import Plugins, admit
from tieout.tables import ConnectionRow
from tieout.testing import FakeClock


def _resource(name: str) -> Resource:
    return Resource(name=name, type=Party, lift=lambda wire, terms: None, lower=lambda *given: {}, id=("id",))


class Ledgerly:
    """A connector with OAuth that reaches whatever tenant it is told."""

    def __init__(self, url: str) -> None:
        self.tenant = Tenant("t-1", "First Ltd")
        self.auths = 0
        self.url = url

    @hookimpl
    def entities(self) -> list[Entity]:
        return [Entity(name=name, title="", model=Party, letter="X", key=()) for name in ("notes", "parties")]

    @hookimpl
    def connectors(self) -> list[Connector]:
        def oauth(settings: Any, resources: frozenset[str]) -> OAuth:
            grant: Any = "client-credentials" if settings.custom else "authorization-code"
            return OAuth(token_url=f"{self.url}/token", client_id="x", grant=grant, tenants=lambda *given: [])

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

    def make(**tenants: str) -> Connections:
        def section(name: str, plugin: str, **settings: Any) -> ConnectionConfig:
            return ConnectionConfig(name, plugin, tenants.get(name), name, Limits(), Given(**settings))

        connections = {
            "crm": section("crm", "keyed"),
            "books": section("books", "ledgerly"),
            "custom": section("custom", "ledgerly", custom=True),
        }
        flows = {"notes": Settings()}
        pair = PairConfig("main", "crm", "books", date(2026, 7, 1), None, ("notes",), Settings(), flows)
        config = Config(
            tmp_path / "plugins.toml",
            tmp_path,
            ledger.url,
            connections,
            {"main": pair},
            frozenset({"ledgerly"}),
            {"connections.old": "the plugin old is off"},
        )
        made.append(Connections(config, plugins, ledger, clock))
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
        opened(crm="t-9").open("crm")
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
