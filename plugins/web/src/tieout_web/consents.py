"""Consents that were begun in a browser and not finished yet, each bound to the session that began it."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from tieout.desk import Consent, Runtime, Tenant

from tieout_web.access import Session

SECONDS = 600.0
"""How long a person may take at the other system's pages."""
_MOST = 100


@dataclass(frozen=True, slots=True)
class Begun:
    """A consent under way for a connection; `tenants` are those it opened, while one has to be chosen."""

    connection: str
    consent: Consent
    session: str
    until: float
    tenants: tuple[Tenant, ...] = ()


class Consents:
    """What sessions wait for; kept in this process alone, because the verifier is nobody else's."""

    def __init__(self, runtime: Runtime) -> None:
        self._now = runtime.clock.monotonic
        self._lock = threading.Lock()
        self._begun: dict[str, Begun] = {}

    def begin(self, session: Session, connection: str, consent: Consent, tenants: tuple[Tenant, ...] = ()) -> None:
        """Remember a consent until its answer comes."""
        with self._lock:
            self._begun = {key: one for key, one in self._begun.items() if one.until > self._now()}
            while len(self._begun) >= _MOST:
                del self._begun[next(iter(self._begun))]
            begun = Begun(connection, consent, session.id, self._now() + SECONDS, tenants)
            self._begun[consent.state] = begun

    def take(self, session: Session, state: str) -> Begun | None:
        """The consent of this state, once, for the session that began it; None for any other."""
        with self._lock:
            begun = self._begun.get(state)
            if begun is None or begun.session != session.id or begun.until <= self._now():
                return None
            return self._begun.pop(state)
