"""The vault: sealed rows, its key, and one refresher at a time."""

from __future__ import annotations

import base64
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select
from tieout.api.clock import Clock
from tieout.api.errors import ConfigError, LeaseLost, LedgerError
from tieout.api.secret import redact
from tieout.host.vault import Vault, given_at, key
from tieout.ledger import Ledger, lease
from tieout.ledger.tables import ConnectionRow, SecretRow
from tieout.testing import FakeClock

from .conftest import beside

KEY = bytes(range(32))
TOKENS = {"access_token": "at-0123456789", "refresh_token": "rt-0123456789", "expires_at": 1_800_000_000}


@pytest.fixture(autouse=True)
def _no_key_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TIEOUT_KEY", raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")


def _sealed(ledger: Ledger) -> dict[str, bytes]:
    with ledger.reading() as reading:
        return {row.name: row.sealed for row in reading.execute(select(SecretRow.c.name, SecretRow.c.sealed))}


def test_tokens_come_back_and_can_be_forgotten(ledger: Ledger, clock: FakeClock) -> None:
    vault = Vault(ledger, clock, KEY)
    assert vault.grant("books") is None
    vault.store("books", TOKENS)
    assert Vault(ledger, clock, KEY).grant("books") == TOKENS
    vault.forget("books")
    assert vault.grant("books") is None


def test_nothing_of_a_token_is_readable_in_the_database(ledger: Ledger, clock: FakeClock) -> None:
    Vault(ledger, clock, KEY).store("books", TOKENS)
    ledger.close()
    for path in Path(ledger.url.removeprefix("sqlite:///")).parent.iterdir():
        assert b"0123456789" not in path.read_bytes()


def test_stored_and_read_tokens_are_redacted(ledger: Ledger, clock: FakeClock) -> None:
    Vault(ledger, clock, KEY).store("books", {"access_token": "at-redact-me-please"})
    assert redact("Bearer at-redact-me-please") == "Bearer [secret]"


def test_the_same_tokens_are_never_sealed_alike(ledger: Ledger, clock: FakeClock) -> None:
    vault = Vault(ledger, clock, KEY)
    vault.store("books", TOKENS)
    first = _sealed(ledger)
    vault.store("books", TOKENS)
    assert _sealed(ledger) != first


def test_another_key_is_told_with_what_to_do(ledger: Ledger, clock: FakeClock) -> None:
    Vault(ledger, clock, KEY).store("books", TOKENS)
    with pytest.raises(ConfigError, match="another key") as error:
        Vault(ledger, clock, bytes(32)).grant("books")
    assert "tieout connect" in error.value.problem.fix


def test_a_sealed_row_is_worth_nothing_elsewhere_or_changed(ledger: Ledger, clock: FakeClock) -> None:
    vault = Vault(ledger, clock, KEY)
    vault.store("books", TOKENS)
    sealed = _sealed(ledger)["grant:books"]
    with ledger.writing() as writing:
        ledger.put(writing, SecretRow, [{"name": "grant:other", "sealed": sealed}])
        ledger.put(writing, SecretRow, [{"name": "grant:books", "sealed": sealed[:-1] + bytes([sealed[-1] ^ 1])}])
    for name in ("other", "books"):
        with pytest.raises(LedgerError, match="changed by somebody"):
            vault.grant(name)


def test_connections_may_share_a_grant(ledger: Ledger, clock: FakeClock) -> None:
    vault = Vault(ledger, clock, KEY, {"books": "firm", "more": "firm", "crm": "crm"})
    vault.store("books", TOKENS)
    assert vault.grant("more") == TOKENS
    assert vault.grant("crm") is None
    assert vault.alone("books")
    with ledger.writing() as writing:
        rows = [{"name": name, "plugin": "x", "connected_at": clock.now()} for name in ("more", "crm", "books")]
        ledger.put(writing, ConnectionRow, rows)
    assert not vault.alone("books")
    assert vault.alone("crm")


def test_threads_take_turns_and_see_what_the_one_before_stored(ledger: Ledger) -> None:
    vault = Vault(ledger, Clock(), KEY)
    vault.store("books", {"n": 0})

    def one(_: int) -> None:
        with vault.refreshing("books") as tokens:
            assert tokens is not None
            vault.store("books", {"n": tokens["n"] + 1})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(24)))
    assert vault.grant("books") == {"n": 24}


REFRESH = """
import base64, os, sys
from tieout.api.clock import Clock
from tieout.ledger import Ledger
from tieout.host.vault import Vault
vault = Vault(Ledger(sys.argv[1]), Clock(), bytes(range(32)))
print("ready", flush=True)
sys.stdin.read()
for _ in range(5):
    with vault.refreshing("books") as tokens:
        vault.store("books", {"n": tokens["n"] + 1})
"""


def test_processes_take_turns(ledger: Ledger) -> None:
    vault = Vault(ledger, Clock(), KEY)
    vault.store("books", {"n": 0})
    with beside(REFRESH, ledger.url) as go:
        go()
        for _ in range(5):
            with vault.refreshing("books") as tokens:
                vault.store("books", {"n": (tokens or {})["n"] + 1})
    assert vault.grant("books") == {"n": 10}


def test_a_refresher_that_was_taken_over_stores_nothing(ledger: Ledger, clock: FakeClock) -> None:
    vault = Vault(ledger, clock, KEY)
    vault.store("books", {"n": 1})
    with pytest.raises(LeaseLost), vault.refreshing("books"):
        clock.advance(lease.SECONDS * 2)
        assert lease.take(ledger, clock, "grant:books") is not None
        vault.store("books", {"n": "late"})
    assert vault.grant("books") == {"n": 1}


def test_the_key_file_is_private_and_made_once(ledger: Ledger, tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    gate = threading.Barrier(8)

    def one(_: int) -> bytes:
        gate.wait(10)
        return key(ledger, folder)

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(one, range(8)))
    assert len(found) == 1 and len(found.pop()) == 32
    assert (folder / "key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in folder.iterdir()] == ["key"]


def test_the_environment_comes_first(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIEOUT_KEY", base64.b64encode(KEY).decode())
    assert key(ledger, tmp_path) == KEY
    assert not (tmp_path / "key").exists()


def test_a_keyring_is_used_where_it_has_the_key(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keyring

    kept = base64.b64encode(KEY).decode()
    monkeypatch.setattr(keyring, "get_password", lambda service, user: kept if service == "tieout" else None)
    assert key(ledger, tmp_path) == KEY
    assert not (tmp_path / "key").exists()


@pytest.mark.parametrize("value", ["short", base64.b64encode(b"x" * 16).decode(), "", "é" * 44])
def test_a_malformed_key_is_told(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("TIEOUT_KEY", value)
    with pytest.raises(ConfigError, match="TIEOUT_KEY is no key"):
        key(ledger, tmp_path)


def test_a_key_that_others_can_read_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    key(ledger, tmp_path)
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(ConfigError, match="read by others"):
        key(ledger, tmp_path)


def test_no_second_key_is_made_for_sealed_tokens(ledger: Ledger, clock: FakeClock, tmp_path: Path) -> None:
    Vault(ledger, clock, key(ledger, tmp_path)).store("books", TOKENS)
    (tmp_path / "key").unlink()
    with pytest.raises(ConfigError, match="key of the vault is missing"):
        key(ledger, tmp_path)
    assert not (tmp_path / "key").exists()


def test_when_tokens_were_given_is_known_without_a_key(ledger: Ledger, clock: FakeClock, tmp_path: Path) -> None:
    assert given_at(ledger, "firm") is None
    vault = Vault(ledger, clock, KEY, {"books": "firm"})
    vault.store("books", TOKENS)
    first = clock.now()
    assert given_at(ledger, "firm") == first
    clock.advance(86_400)
    vault.store("books", TOKENS)
    assert given_at(ledger, "firm") == clock.now()
    vault.forget("books")
    assert given_at(ledger, "firm") is None
    assert not (tmp_path / "key").exists()
