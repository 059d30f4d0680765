"""Tokens of a consent, renewed at the sandbox's own token endpoint by several processes.

Source: docs/facts/xero.md, "Tokens".
"""

import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from tieout.api.errors import ReauthNeeded
from tieout.api.runtime import RECEIVED
from tieout.desk import Desk
from tieout.host import config as configuration
from tieout.host.connections import Connections
from tieout.host.plugins import load
from tieout.ledger import Ledger
from tieout.testing import FakeClock
from tieout.testing.simulation import Dead, Simulation
from tieout_app.cli import consent
from tieout_sandbox.inprocess import ORIGINS

MINUTE = 60
LIFE = 31 * MINUTE
"""Seconds after which an access token of Xero's has ended."""

READS = """
import sys
from pathlib import Path
from tieout.desk import Desk
with Desk.open(Path(sys.argv[1])) as desk:
    print("ready", flush=True)
    sys.stdin.readline()
    print(len(desk.reference("main")["accounts"]))
"""

KILLED_BEFORE_STORING = """
import os, signal, sys
from pathlib import Path
from tieout.desk import Desk
from tieout.host.vault import Vault
Vault.store = lambda *given: os.kill(os.getpid(), signal.SIGKILL)
with Desk.open(Path(sys.argv[1])) as desk:
    desk.sync("main", lambda plan: True)
"""


class SimulatedTime(FakeClock):
    """The time of a simulation, for what is done outside of it."""

    def __init__(self):
        self.simulation = Simulation(1)
        super().__init__(self.simulation.now)

    def now(self):
        return self.simulation.now

    def monotonic(self):
        return (self.simulation.now - self._began).total_seconds()

    def advance(self, seconds):
        self.simulation.pass_time(timedelta(seconds=seconds))


@pytest.fixture
def systems(with_consent):
    """A small firm, a simulation that reaches it, and a configuration whose way to Xero a person has allowed."""
    clock = SimulatedTime()
    with with_consent(8, clock) as made:
        made.simulation = clock.simulation
        for origin in ORIGINS.values():
            made.simulation.network.join(origin.removeprefix("http://"), made.sandbox.answer)
        _allow(made)
        yield made
        made.simulation.close()


def _allow(systems):
    with systems.desk() as desk:
        consent.give(desk, "books", 0, consent.by_program)


def _lives(systems, *works):
    """What several processes come to that do this at their desks at the same time."""

    def living(work):
        def live(runtime):
            with Desk.open(systems.config, runtime=runtime) as desk:
                return work(desk)

        return live

    return systems.simulation.run(*map(living, works))


def _issued(systems):
    """The statuses with which tokens were asked for so far; the first one is the consent's."""
    return [call["status"] for call in systems.calls(systems.xero, "/connect/token")]


def _ended(systems):
    """Let the stored access token have ended by its own date, too."""
    raw = configuration.read(systems.config)
    plugins = load(raw.on, raw.off)
    config = configuration.validate(raw, plugins)
    ledger = Ledger(config.ledger_url)
    connections = Connections(config, plugins, ledger)
    connections.vault.store("books", {**connections.vault.grant("books"), "expires_at": 0})
    connections.close()
    ledger.close()


def _accounts(desk):
    return len(desk.reference("main")["accounts"])


@pytest.mark.parametrize("known", [True, False])
def test_two_processes_with_one_expired_token_refresh_it_once_and_both_go_on(systems, known):
    with systems.desk() as desk:
        accounts = _accounts(desk)
    systems.clock.wait(LIFE)
    if known:
        _ended(systems)
    assert _lives(systems, _accounts, _accounts) == [accounts] * 2
    assert _issued(systems) == [200, 200]


def _killed_between_receiving_and_storing(systems):
    systems.clock.wait(LIFE)

    def at_the_first_token(life, name):
        if name == RECEIVED and len(_issued(systems)) == 2:
            life.die()

    systems.simulation.fates = at_the_first_token
    (died,) = _lives(systems, lambda desk: desk.sync("main", lambda plan: True))
    systems.simulation.fates = lambda life, name: None
    assert isinstance(died, Dead)
    assert _issued(systems) == [200, 200]


def test_killed_between_receiving_and_storing_a_token_the_next_run_still_connects(systems):
    _killed_between_receiving_and_storing(systems)
    systems.clock.wait(29 * MINUTE)
    assert systems.sync().state == "done"
    assert _issued(systems) == [200, 200, 200]
    systems.agreed()


def test_when_the_next_run_comes_after_the_grace_it_names_the_command_that_connects_again(systems):
    _killed_between_receiving_and_storing(systems)
    systems.clock.wait(31 * MINUTE)
    with pytest.raises(ReauthNeeded, match="tieout connect books"):
        systems.sync()
    _allow(systems)
    assert systems.sync().state == "done"


@pytest.fixture
def launched(launched_with_consent):
    """Both systems as processes, whose tokens have ended since a person allowed access."""
    _allow(launched_with_consent)
    launched_with_consent.ask(f"{launched_with_consent.xero}/_sandbox/clock", {"advance": LIFE})
    return launched_with_consent


@pytest.mark.matrix
def test_two_real_processes_with_one_expired_token_refresh_it_once(launched):
    launched.fault(launched.xero, "slow:300", path="/connect/token")  # the other one comes while it is under way
    command, pipe = [sys.executable, "-c", READS, launched.config], subprocess.PIPE
    processes = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(2)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    first, second = (process.communicate(timeout=60)[0] for process in processes)
    assert first == second != ""
    assert _issued(launched) == [200, 200]


@pytest.mark.matrix
def test_a_real_process_killed_before_it_stores_a_token_is_survived(launched):
    done = subprocess.run([sys.executable, "-c", KILLED_BEFORE_STORING, launched.config], timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert launched.sync().state == "done"
    assert _issued(launched) == [200, 200, 200]
