"""The demo and the consent, end to end against the sandbox."""

import json
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import tomlkit
from tieout import desk
from tieout.api.errors import Refused
from tieout.api.runtime import Runtime
from tieout.api.secret import Secret
from tieout.testing import FakeClock
from tieout_app.cli import consent, demo, main
from tieout_sandbox.clock import Clock
from tieout_sandbox.fake import Records
from tieout_sandbox.firm import generate
from tieout_sandbox.inprocess import InProcess


class Addresses:
    """What a sandbox says about itself."""

    def __init__(self) -> None:
        self.apptivo = {"base-url": "http://localhost:1", "api-key": "key-1", "access-key": "key-2"}
        self.xero = {
            "api-url": "http://localhost:2/api.xro/2.0",
            "identity-url": "http://localhost:2",
            "client-id": "client-1",
            "client-secret": "secret-1",
        }


@pytest.fixture
def here(
    below: Callable[[Runtime], None], browser: Callable[[InProcess], object], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., None]:
    """Lets the sandbox be in this process, where no wait takes time; with the firm that ships, or other records."""

    def make(records: Records | None = None) -> None:
        clock = FakeClock(datetime(2026, 11, 2, 9, 0, tzinfo=UTC))
        sandbox = InProcess(records=records, clock=Clock(200, clock.now), seed=1)
        below(Runtime(clock=clock, transport=lambda: sandbox.transport(clock.wait)))
        browser(sandbox)
        monkeypatch.setattr(desk, "sandbox", lambda options: sandbox)

    return make


def test_it_ends_well_and_leaves_its_state(
    here: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    firm = generate()
    # the last documents are those about which something is odd
    firm |= {app: firm[app][-60:] for app in ("invoices", "supplier-invoices", "purchase-orders")}
    here(firm)
    monkeypatch.chdir(tmp_path)
    it_ends_well(tmp_path, capsys)


@pytest.mark.matrix
def test_it_ends_well_between_processes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The demo as a person sees it: the whole firm, and a sandbox that is started for it."""
    monkeypatch.chdir(tmp_path)
    it_ends_well(tmp_path, capsys)


def it_ends_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--json", "--speed", "200"]) == 0
    seen = capsys.readouterr()
    played = json.loads(seen.out)
    assert played["right"] is True
    assert sum(call["writes"] for call in played["first"]["calls"]) <= played["first"]["least_writes"] * 1.1
    assert {call["connection"]: call["writes"] for call in played["second"]["calls"]} == {"crm": 0, "books": 0}
    assert next(call["reads"] for call in played["second"]["calls"] if call["connection"] == "books") <= 8
    assert played["proof"]["ties"] is True
    assert {line["variance"] for line in played["proof"]["lines"]} == {0}
    assert len(played["first"]["counts"]) == 7
    for words in ("Xero is connected by consent", "Held until the cause is gone", "It ties out", "0 changes to make"):
        assert words in seen.err

    config = str(tmp_path / ".tieout" / "demo" / "plugins.toml")
    chosen = tomlkit.parse(Path(config).read_text(encoding="utf-8")).unwrap()["pairs"]["main"]["accounts"]
    assert set(chosen) == {"payment", "inventory", "sales", "purchase"}
    assert main(["--config", config, "status", "--json"]) == 0
    status = json.loads(capsys.readouterr().out)
    assert [one["state"] for one in status["connections"]] == ["connected", "connected"]
    assert status["pairs"][0]["live"] is True
    linked = {flow["entity"]: flow["linked"] for flow in status["pairs"][0]["flows"]}
    done = {name: one["created"] + one["linked"] for name, one in played["first"]["counts"].items()}
    assert linked == done


def test_a_person_connects_and_chooses(
    here: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here()
    with demo_config(tmp_path) as config:
        monkeypatch.setattr("webbrowser.open", consent.by_program)
        assert main(["-c", str(config), "connect", "crm"]) == 0
        assert main(["-c", str(config), "connect", "books", "--port", "0"]) == 0
        seen = capsys.readouterr()
        assert "Connected to Demo Company (AU)." in seen.out
        assert "/identity/connect/authorize?" in seen.err

        assert main(["-c", str(config), "accounts", "--set", "sales=280"]) == 0
        assert "Export Sales" in capsys.readouterr().out
        assert 'sales = "280"' in config.read_text(encoding="utf-8")
        assert main(["-c", str(config), "accounts", "--set", "sales=299"]) == 2
        assert "no active account" in capsys.readouterr().err

        before = config.read_text(encoding="utf-8")
        assert main(["-c", str(config), "plugins", "disable", "items"]) == 0
        after = config.read_text(encoding="utf-8")
        assert after.splitlines() != before.splitlines()
        changed = [pair for pair in zip(before.splitlines(), after.splitlines(), strict=True) if pair[0] != pair[1]]
        assert [(old.split()[:3], new.split()[:3]) for old, new in changed] == [
            (["items", "=", "true"], ["items", "=", "false"])
        ]
        assert main(["-c", str(config), "disconnect", "books"]) == 0
        assert main(["-c", str(config), "plan"]) == 4
        assert "tieout connect books" in capsys.readouterr().err


def test_its_configuration_is_the_template_with_the_addresses_of_the_sandbox(tmp_path: Path) -> None:
    config = demo.write(tmp_path / "demo", desk.starter(), Addresses(), 60)
    text = config.read_text(encoding="utf-8")
    assert "# on or off: what is off is not imported" in text
    found = tomlkit.parse(text).unwrap()
    crm, books = found["connections"]["crm"], found["connections"]["books"]
    assert crm["base-url"] == "http://localhost:1"
    assert (books["api-url"], books["identity-url"]) == ("http://localhost:2/api.xro/2.0", "http://localhost:2")
    assert books["limits"] == {"minute": 60, "day": 5000, "concurrent": 5, "speed": 60}
    for secret in ("key-1", "key-2", "secret-1"):
        assert secret not in text
    kept = tmp_path / "demo" / "secrets.env"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    told = Secret.model_validate(books["client-secret"], context={"folder": config.parent})
    assert told.reveal() == "secret-1"


def test_a_configuration_of_another_kind_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    other = desk.starter().replace('plugin = "xero"', 'plugin = "ledgerly"')
    with pytest.raises(Refused, match="0 connections with plugin = 'xero'"):
        demo.write(folder, other, Addresses(), 60)


@contextmanager
def demo_config(folder: Path) -> Iterator[Path]:
    with desk.sandbox({"speed": Decimal(200)}) as sandbox:
        yield demo.write(folder / "demo", desk.starter(), sandbox, 200)
