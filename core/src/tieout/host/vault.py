"""The vault: the tokens of grants, sealed in the ledger.

Each is sealed with AES-GCM under the name of its row, so that a sealed value is worth nothing in another row. What is
stored is committed before `store` returns; a refresh holds a lease, so that two processes never refresh one grant at
once.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, select

from tieout.api.clock import Clock
from tieout.api.codec import dumps, loads
from tieout.api.entropy import Entropy
from tieout.api.errors import ConfigError, LedgerError
from tieout.api.runtime import RENEWED
from tieout.api.secret import remember
from tieout.ledger import Ledger, lease
from tieout.ledger.tables import ConnectionRow, SecretRow

KEY_BYTES = 32
VARIABLE = "TIEOUT_KEY"
KEYRING = ("tieout", "vault")
PATIENCE = 120.0
"""How many seconds a refresh by another process is waited for."""

_NONCE = 12
_ID = 8


class Vault:
    """The grants of all connections.

    Every method is given the name of a connection; `shared` says under which grant it is kept when that has another
    name, so that connections may share one consent.
    """

    def __init__(self, ledger: Ledger, clock: Clock, key: bytes, shared: Mapping[str, str] | None = None) -> None:
        self._ledger = ledger
        self._clock = clock
        self._cipher = AESGCM(key)
        self._id = hashlib.sha256(key).digest()[:_ID]
        self._shared = shared or {}
        self._locks: defaultdict[str, AbstractContextManager[Any]] = defaultdict(ledger.runtime.threads.lock)
        self._leases: dict[str, lease.Lease] = {}

    def grant(self, connection: str) -> dict[str, Any] | None:
        """The tokens of a connection's grant; None when there are none. Raises `ConfigError` for another key."""
        name = self._name(connection)
        query = select(SecretRow.c.sealed).where(SecretRow.c.name == name)
        with self._ledger.reading() as reading:
            sealed = reading.execute(query).scalar()
        return None if sealed is None else self._open(name, sealed)

    def store(self, connection: str, tokens: Mapping[str, Any]) -> None:
        """Keep the tokens of a connection's grant; they are durable on return, and may be used only then."""
        name = self._name(connection)
        held = [self._leases[name]] if name in self._leases else []
        with self._ledger.writing(*held) as writing:
            row = {"name": name, "sealed": self._seal(name, tokens), "given_at": self._clock.now()}
            self._ledger.put(writing, SecretRow, [row])
        self._ledger.runtime.signal(RENEWED)

    def forget(self, connection: str) -> None:
        """Drop the tokens of a connection's grant."""
        name = self._name(connection)
        with self._ledger.writing() as writing:
            writing.execute(delete(SecretRow).where(SecretRow.c.name == name))

    def alone(self, connection: str) -> bool:
        """Whether no other connection that is connected uses the same grant."""
        name = self._name(connection)
        query = select(ConnectionRow.c.name).where(ConnectionRow.c.connected_at.is_not(None))
        with self._ledger.reading() as reading:
            connected = reading.execute(query).scalars().all()
        return not any(other != connection and self._name(other) == name for other in connected)

    @contextmanager
    def refreshing(self, connection: str) -> Iterator[dict[str, Any] | None]:
        """Be the only one, over all threads and processes, who renews this grant; yields its tokens, read afresh.

        Raises `Refused` when another process is at it for longer than two minutes.
        """
        name = self._name(connection)
        with self._locks[name], lease.held(self._ledger, self._clock, name, patience=PATIENCE) as (held,):
            self._leases[name] = held
            try:
                yield self.grant(connection)
            finally:
                del self._leases[name]

    def _name(self, connection: str) -> str:
        return _row(self._shared.get(connection, connection))

    def _seal(self, name: str, tokens: Mapping[str, Any]) -> bytes:
        nonce = self._ledger.runtime.entropy.bytes(_NONCE)
        _remember(tokens)
        return self._id + nonce + self._cipher.encrypt(nonce, dumps(dict(tokens)), name.encode())

    def _open(self, name: str, sealed: bytes) -> dict[str, Any]:
        if sealed[:_ID] != self._id:
            raise ConfigError(
                "the stored tokens were sealed with another key",
                why=f"The key comes from {VARIABLE}, from the key file beside the ledger, or from the keyring.",
                fix="Put the old key back, or connect again: tieout connect NAME",
            )
        try:
            plain = self._cipher.decrypt(sealed[_ID : _ID + _NONCE], sealed[_ID + _NONCE :], name.encode())
        except InvalidTag as error:
            raise LedgerError(
                f"the stored tokens of {name} were changed by somebody else",
                why="Their seal does not fit their content.",
                fix="Connect again: tieout connect NAME",
            ) from error
        tokens: dict[str, Any] = loads(plain)
        _remember(tokens)
        return tokens


def given_at(ledger: Ledger, grant: str) -> datetime | None:
    """When the tokens of a grant were last given; None when there are none. No key is needed, and none is made."""
    query = select(SecretRow.c.given_at).where(SecretRow.c.name == _row(grant))
    with ledger.reading() as reading:
        found: datetime | None = reading.execute(query).scalar()
    return found


def _row(grant: str) -> str:
    return f"grant:{grant}"


def _remember(tokens: Mapping[str, Any]) -> None:
    for name, value in tokens.items():
        if isinstance(value, str) and "token" in name:
            remember(value)


def key(ledger: Ledger, folder: Path) -> bytes:
    """The key of the vault: from the environment, the key file in `folder`, or the keyring; made there on first use.

    Raises `ConfigError` when it is malformed, or missing although tokens were sealed with it.
    """
    if VARIABLE in os.environ:
        return _decoded(os.environ[VARIABLE], f"the environment variable {VARIABLE}")
    path = folder / "key"
    if path.exists():
        return _read(path)
    if (found := _from_keyring()) is not None:
        return _decoded(found, "the keyring")
    with ledger.reading() as reading:
        if reading.execute(select(SecretRow.c.name).limit(1)).first() is not None:
            raise ConfigError(
                f"the key of the vault is missing: there is no {path}",
                why="The ledger holds tokens that were sealed with it.",
                fix=f"Put it back, or set {VARIABLE} to it.",
            )
    _make(path, ledger.runtime.entropy)
    return _read(path)


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigError(
                f"the key file {path} can be read by others", why="It opens all tokens.", fix=f"chmod 600 {path}"
            )
        return _decoded(path.read_text(encoding="ascii"), f"the key file {path}")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"the key file {path} cannot be read", why=str(error), fix="Check that you may read it."
        ) from error


def _make(path: Path, entropy: Entropy) -> None:
    """Write a new key beside its place and link it there, so that a key file is whole and the first one wins."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = path.with_name(f".key.{entropy.hex(8)}")
    made.touch(mode=0o600)
    try:
        with made.open("wb") as file:
            file.write(base64.b64encode(entropy.bytes(KEY_BYTES)))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(made)
    finally:
        made.unlink()


def _decoded(text: str, where: str) -> bytes:
    try:
        found = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        found = b""
    if len(found) != KEY_BYTES:
        raise ConfigError(
            f"{where} is no key",
            why=f"A key is {KEY_BYTES} random bytes in base64.",
            fix="Make one with: openssl rand -base64 32",
        )
    remember(text.strip())
    return found


def _from_keyring() -> str | None:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        return keyring.get_password(*KEYRING)
    except KeyringError:
        return None
