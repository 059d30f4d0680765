"""Who may come in, and what they may do: people with passwords, one-time links, sessions and tokens of programs.

All of it stands in one small database of its own beside the configuration, readable by its owner alone. Passwords are
kept as argon2 hashes; links, sessions and tokens as SHA-256 of a random value that only its holder knows.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from tieout.desk import Runtime

Role = Literal["viewer", "resolver", "administrator"]
"""What a person may do: look; also decide about records and run syncs; also change settings and connections."""

ROLES: tuple[Role, ...] = get_args(Role)
SESSION_SECONDS = 12 * 3600
LINK_SECONDS = 15 * 60
SHORTEST = 12
"""Characters that a password has at least."""
_SECRET = 43
"""Letters and digits of what only its holder knows: 256 bits."""

_TABLES = """
create table if not exists person (name text primary key, role text not null, password text);
create table if not exists session (
  id text primary key, person text not null, role text not null, csrf text not null, ends real not null,
  told text not null default '[]');
create table if not exists link (id text primary key, person text not null, role text not null, ends real not null);
create table if not exists token (id text primary key, person text not null, role text not null);
"""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in, and what they may do."""

    name: str
    role: Role

    def may(self, role: Role) -> bool:
        """Whether they may do what `role` may."""
        return ROLES.index(self.role) >= ROLES.index(role)


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in that lasts: its `id` is known to the browser alone, `csrf` stands in every form."""

    id: str
    person: Person
    csrf: str


class Access:
    """The people of one installation, and how they come in."""

    def __init__(self, path: Path, runtime: Runtime | None = None) -> None:
        runtime = runtime or Runtime()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._clock = runtime.clock
        self._entropy = runtime.entropy
        self._lock = threading.Lock()
        self._sql = runtime.connect(str(path))
        self._sql.isolation_level = None
        self._sql.executescript(_TABLES)
        self._hasher = PasswordHasher()

    def close(self) -> None:
        """Give the database back."""
        self._sql.close()

    # people

    def people(self) -> tuple[Person, ...]:
        """Everybody who has a password."""
        rows = self._all("select name, role from person order by name")
        return tuple(Person(name, role) for name, role in rows)

    def set_password(self, name: str, role: Role, password: str) -> None:
        """Let a person sign in with this password from now on; their sessions from before end."""
        hashed = self._hash(password)
        with self._writing() as sql:
            sql.execute("insert or replace into person values (?, ?, ?)", (name, role, hashed))
            sql.execute("delete from session where person = ?", (name,))

    def known(self, name: str, password: str) -> Person | None:
        """The person of this name and password; the answer takes as long for a name that nobody has."""
        rows = self._all("select role, password from person where name = ?", name)
        try:
            self._hasher.verify(rows[0][1] if rows else self._decoy, password)
        except (VerificationError, InvalidHashError):
            return None
        return Person(name, rows[0][0]) if rows else None

    @cached_property
    def _decoy(self) -> str:
        # how long a verification takes must not tell whether a name exists
        return self._hash(self._entropy.hex(8))

    def _hash(self, password: str) -> str:
        return self._hasher.hash(password, salt=self._entropy.bytes(16))

    # one-time links

    def link(self, person: Person) -> str:
        """A key that signs a person in once, within a quarter of an hour."""
        key = self._entropy.token(_SECRET)
        row = (_digest(key), person.name, person.role, self._now() + LINK_SECONDS)
        with self._writing() as sql:
            sql.execute("insert into link values (?, ?, ?, ?)", row)
        return key

    def redeem(self, key: str) -> Person | None:
        """The person whom a link signs in; it serves once."""
        with self._writing() as sql:
            row = sql.execute("delete from link where id = ? returning person, role, ends", (_digest(key),)).fetchone()
            sql.execute("delete from link where ends < ?", (self._now(),))
        return Person(row[0], row[1]) if row is not None and row[2] >= self._now() else None

    # sessions

    def begin(self, person: Person) -> Session:
        """Begin a session of twelve hours."""
        session = Session(self._entropy.token(_SECRET), person, self._entropy.token(_SECRET))
        row = (_digest(session.id), person.name, person.role, session.csrf, self._now() + SESSION_SECONDS)
        with self._writing() as sql:
            sql.execute("delete from session where ends < ?", (self._now(),))
            sql.execute("insert into session (id, person, role, csrf, ends) values (?, ?, ?, ?, ?)", row)
        return session

    def session(self, id: str) -> Session | None:
        """The session of this id, while it lasts."""
        rows = self._all("select person, role, csrf from session where id = ? and ends >= ?", _digest(id), self._now())
        return Session(id, Person(rows[0][0], rows[0][1]), rows[0][2]) if rows else None

    def end(self, session: Session) -> None:
        """Sign out."""
        with self._writing() as sql:
            sql.execute("delete from session where id = ?", (_digest(session.id),))

    def tell(self, session: Session, kind: str, words: str) -> None:
        """Keep a message for the next page that this session opens."""
        with self._writing() as sql:
            row = sql.execute("select told from session where id = ?", (_digest(session.id),)).fetchone()
            told = [*json.loads(row[0]), [kind, words]] if row else []
            sql.execute("update session set told = ? where id = ?", (json.dumps(told), _digest(session.id)))

    def told(self, session: Session) -> list[tuple[str, str]]:
        """The messages kept for this session, which are shown once."""
        rows = self._all("select told from session where id = ? and told <> '[]'", _digest(session.id))
        if not rows:
            return []
        with self._writing() as sql:
            sql.execute("update session set told = '[]' where id = ?", (_digest(session.id),))
        return [(kind, words) for kind, words in json.loads(rows[0][0])]

    # programs

    def token(self, person: Person) -> str:
        """A token with which a program may do what this person may; it is shown once and lasts until it is removed."""
        value = f"tieout_{self._entropy.token(_SECRET)}"
        with self._writing() as sql:
            sql.execute("insert into token values (?, ?, ?)", (_digest(value), person.name, person.role))
        return value

    def bearer(self, token: str) -> Person | None:
        """The person on whose behalf a program with this token acts."""
        rows = self._all("select person, role from token where id = ?", _digest(token))
        return Person(rows[0][0], rows[0][1]) if rows else None

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _all(self, query: str, *values: object) -> list[Any]:
        with self._lock:
            return self._sql.execute(query, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._sql:
            self._sql.execute("begin immediate")
            yield self._sql


class Attempts:
    """Failed attempts to sign in, by who tried: after five within five minutes the next one has to wait."""

    MOST = 5
    SECONDS = 300.0

    def __init__(self, runtime: Runtime) -> None:
        self._now = runtime.clock.monotonic
        self._lock = threading.Lock()
        self._failed: dict[str, list[float]] = {}

    def wait(self, who: str) -> float:
        """How many seconds somebody has to wait before they may try again; 0 when they may now."""
        with self._lock:
            recent = self._recent(who)
            return 0.0 if len(recent) < self.MOST else recent[0] + self.SECONDS - self._now()

    def failed(self, who: str) -> None:
        """Count a failure."""
        with self._lock:
            self._failed[who] = [*self._recent(who), self._now()][-self.MOST :]
            for name in [name for name in self._failed if not self._recent(name)]:
                del self._failed[name]

    def forget(self, who: str) -> None:
        """Somebody came in."""
        with self._lock:
            self._failed.pop(who, None)

    def _recent(self, who: str) -> list[float]:
        return [at for at in self._failed.get(who, ()) if at > self._now() - self.SECONDS]


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
