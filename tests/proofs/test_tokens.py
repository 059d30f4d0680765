"""Tokens of a person's consent, renewed at the sandbox's own token endpoint by real processes (facts/xero.md 1.2)."""

import signal
import subprocess
import sys
from decimal import Decimal

import pytest
from sandboxed import SPEED, Systems, small
from tieout import config as configuration
from tieout.cli import consent
from tieout.clock import Clock
from tieout.connections import Connections
from tieout.errors import ReauthNeeded
from tieout.ledger import Ledger
from tieout.plugins import load
from tieout_sandbox import codec
from tieout_sandbox.launch import LaunchOptions, start
from tieout_sandbox.writeconfig import write_config

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
from tieout.vault import Vault
Vault.store = lambda *given: os.kill(os.getpid(), signal.SIGKILL)
with Desk.open(Path(sys.argv[1])) as desk:
    desk.sync("main", lambda plan: True)
"""


@pytest.fixture
def systems(tmp_path):
    """A small firm, and a configuration whose way to Xero a person has allowed."""
    firm = tmp_path / "firm"
    firm.mkdir()
    for app, records in small(8).items():
        (firm / f"{app}.json").write_text(codec.dumps(records), encoding="utf-8")
    with start(LaunchOptions(firm=firm, speed=Decimal(SPEED))) as sandbox:
        config = tmp_path / "plugins.toml"
        write_config(sandbox, config)
        custom, web = sandbox.xero["custom-connection"], sandbox.xero
        for path in (config, tmp_path / "plugins.secrets.env"):
            text = path.read_text(encoding="utf-8").replace('consent = "custom-connection"', 'consent = "person"')
            for key in ("client-id", "client-secret"):
                text = text.replace(custom[key], web[key])
            path.write_text(text, encoding="utf-8")
        found = Systems(sandbox, config)
        with found.desk() as desk:
            consent.give(desk, "books", 0, consent.by_program)
        yield found


def _later(systems, seconds):
    systems.ask(f"{systems.xero}/_sandbox/clock", {"advance": seconds})


def _issued(systems):
    """The statuses with which tokens were asked for so far; the first one is the consent's."""
    return [call["status"] for call in systems.calls(systems.xero, "/connect/token")]


def _ended(systems):
    """Let the stored access token have ended by its own date, too."""
    raw = configuration.read(systems.config)
    plugins = load(raw.on, raw.off)
    config = configuration.validate(raw, plugins)
    ledger = Ledger(config.ledger_url)
    connections = Connections(config, plugins, ledger, Clock())
    connections.vault.store("books", {**connections.vault.grant("books"), "expires_at": 0})
    connections.close()
    ledger.close()


def _said_ready(systems):
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-c", READS, systems.config], stdin=pipe, stdout=pipe, text=True)
    assert process.stdout.readline() == "ready\n"
    return process


def _answers(processes):
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    return [process.communicate(timeout=60)[0] for process in processes]


@pytest.mark.parametrize("known", [True, False])
def test_two_processes_with_one_expired_token_refresh_it_once_and_both_go_on(systems, known):
    with systems.desk() as desk:
        accounts = len(desk.reference("main")["accounts"])
    _later(systems, LIFE)
    if known:
        _ended(systems)
    systems.fault(systems.xero, "slow:300", path="/connect/token")  # the other one comes while it is under way
    answers = _answers([_said_ready(systems), _said_ready(systems)])
    assert answers == [f"{accounts}\n"] * 2
    assert _issued(systems) == [200, 200]


def _killed_between_receiving_and_storing(systems):
    _later(systems, LIFE)
    done = subprocess.run([sys.executable, "-c", KILLED_BEFORE_STORING, systems.config], timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert _issued(systems) == [200, 200]


def test_killed_between_receiving_and_storing_a_token_the_next_run_still_connects(systems):
    _killed_between_receiving_and_storing(systems)
    _later(systems, 29 * MINUTE)
    assert systems.sync().state == "done"
    assert _issued(systems) == [200, 200, 200]
    systems.agreed()


def test_when_the_next_run_comes_after_the_grace_it_names_the_command_that_connects_again(systems):
    _killed_between_receiving_and_storing(systems)
    _later(systems, 31 * MINUTE)
    with pytest.raises(ReauthNeeded, match="tieout connect books"):
        systems.sync()
    with systems.desk() as desk:
        consent.give(desk, "books", 0, consent.by_program)
    assert systems.sync().state == "done"
