"""How connections stand, told from the ledger alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tieout.api.contract import Check, Connection, Connector, Limits, Settings, Tenant
from tieout.api.errors import ReauthNeeded, Throttled
from tieout.api.hooks import hookimpl
from tieout.api.oauth import OAuth
from tieout.desk.views import Views
from tieout.host.config import Config, ConnectionConfig
from tieout.host.connections import Connections
from tieout.host.plugins import Plugins, admit
from tieout.ledger import Ledger
from tieout.rules.report import ConnectionView
from tieout.testing import FakeClock

FIRST = Tenant("t-1", "First Ltd")
LIMITS = Limits(day=1000, day_header="X-Day")


class Books:
    """A system of consent, whose grants last for sixty days."""

    def __init__(self, url: str) -> None:
        self.url = url

    @hookimpl
    def connectors(self) -> list[Connector]:
        def oauth(settings: Any, resources: frozenset[str]) -> OAuth:
            return OAuth(
                token_url=f"{self.url}/token", client_id="x", lasts=60 * 86_400, tenants=lambda *given: [FIRST]
            )

        return [
            Connector(
                name="books",
                title="Books",
                settings=Settings,
                resources=(),
                hosts=lambda settings: ["127.0.0.1"],
                oauth=oauth,
            )
        ]

    @hookimpl
    def check(self, connection: Connection) -> Check:
        connection.http.read("GET", f"{self.url}/me")
        return Check(tenant=FIRST)


@pytest.fixture(autouse=True)
def _no_key_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TIEOUT_KEY", raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")


@pytest.fixture
def plugins(system: Any) -> Plugins:
    return admit({"books": Books(system.url)})


@pytest.fixture
def config(ledger: Ledger, tmp_path: Path) -> Config:
    section = ConnectionConfig("books", "books", None, "books", LIMITS, Settings())
    return Config(tmp_path / "plugins.toml", tmp_path, ledger.url, {"books": section}, {}, frozenset({"books"}))


@pytest.fixture
def connections(config: Config, ledger: Ledger, plugins: Plugins, clock: FakeClock) -> Iterator[Connections]:
    made = Connections(config, plugins, ledger)
    yield made
    made.close()


@pytest.fixture
def view(
    config: Config, connections: Connections, ledger: Ledger, plugins: Plugins, clock: FakeClock
) -> Callable[[], ConnectionView]:
    views = Views(config, plugins, ledger, clock, connections)
    return lambda: views.connection("books")


@pytest.fixture
def connected(connections: Connections, system: Any, reply: Any) -> Connections:
    system.otherwise = lambda asked: reply(headers={"X-Day": str(900 - len(system.asked))})
    connections.vault.store("books", {"access_token": "at-0123456789", "refresh_token": "rt-0123456789"})
    connections.ready("books")
    return connections


def test_looking_makes_no_call_and_no_key(view: Any, system: Any, tmp_path: Path) -> None:
    seen = view()
    assert (seen.state, seen.needs_consent, seen.tenant, seen.calls_used) == ("not connected", True, None, 0)
    assert (seen.calls_allowed, seen.calls_known_at, seen.grant_ends) == (1000, None, None)
    assert system.asked == []
    assert [path.name for path in (tmp_path / ".tieout").iterdir() if path.name == "key"] == []


def test_calls_of_the_day_are_those_that_the_system_knows_of(
    connected: Connections, view: Any, clock: FakeClock
) -> None:
    seen = view()
    assert (seen.state, seen.tenant, seen.needs_consent) == ("connected", FIRST, False)
    assert (seen.calls_used, seen.calls_allowed, seen.calls_known_at) == (101, 1000, clock.now())
    connected.check("books")
    assert view().calls_used == 102
    clock.advance(31 * 60)  # what it said is too old: what was counted here is all that is known
    assert view().calls_used == 2


def test_a_consent_that_nobody_uses_is_told_of_two_weeks_before_its_end(
    connected: Connections, view: Any, clock: FakeClock
) -> None:
    ends = clock.now() + timedelta(days=60)
    clock.advance(45 * 86_400)
    assert view().grant_ends is None
    clock.advance(86_400)
    assert view().grant_ends == ends


def test_what_was_refused_needs_a_person(connected: Connections, view: Any, system: Any, reply: Any) -> None:
    system.otherwise = lambda asked: reply(status=403, body={"Detail": "AuthenticationUnsuccessful"})
    with pytest.raises(ReauthNeeded) as error:
        connected.check("books")
    seen = view()
    assert (seen.state, seen.needs_consent, seen.why) == ("reconnect needed", True, error.value.problem.what)
    assert seen.tenant == FIRST


def test_a_pause_is_told_with_its_end(connected: Connections, view: Any, clock: FakeClock) -> None:
    until = clock.now() + timedelta(hours=3)
    error = Throttled("books allows no more calls this day", until=until, scope="day")
    error.connection = "books"
    connected.standing.pause(error)
    assert (view().state, view().paused_until, view().why) == ("paused", until, "books allows no more calls this day")
    clock.advance(3 * 3600)
    assert (view().state, view().paused_until) == ("connected", None)
