"""A connection as core would make it, for a plugin's own tests against a system or its stand-in."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from types import ModuleType
from typing import Any

from tieout.api.clock import Clock
from tieout.api.contract import Connection, Limits
from tieout.api.vault import Vault
from tieout.host.http import HttpClient
from tieout.host.plugins import admit
from tieout.host.quota import Quota


class FakeVault(Vault):
    """A vault that keeps tokens in memory."""

    def __init__(self) -> None:
        self._kept: dict[str, dict[str, Any]] = {}
        self._lock = threading.RLock()

    def grant(self, connection: str) -> dict[str, Any] | None:
        """The tokens of a connection; None when there are none."""
        return self._kept.get(connection)

    def store(self, connection: str, tokens: Mapping[str, Any]) -> None:
        """Keep the tokens of a connection."""
        self._kept[connection] = dict(tokens)

    def forget(self, connection: str) -> None:
        """Drop the tokens of a connection."""
        self._kept.pop(connection, None)

    def alone(self, connection: str) -> bool:
        """No connection shares its grant here."""
        return True

    @contextmanager
    def refreshing(self, connection: str) -> Iterator[dict[str, Any] | None]:
        """Be the only thread that renews."""
        with self._lock:
            yield self.grant(connection)


@contextmanager
def connect(
    plugin: ModuleType,
    settings: Mapping[str, Any],
    *,
    limits: Limits | None = None,
    tokens: Mapping[str, Any] | None = None,
) -> Iterator[Connection]:
    """A connection through core's own client: limits, authentication and the list of hosts are real.

    `settings` are the connection's section as TOML gives it, `limits` replace the connector's own, and `tokens` are
    those of a consent that was given before. Raises what the first check of the connection raises.
    """
    plugins = admit({"plugin": plugin})
    (connector,) = plugins.connectors.values()
    chosen = connector.settings.model_validate(dict(settings))
    resources = frozenset(resource.name for resource in connector.resources)
    oauth = connector.oauth(chosen, resources) if connector.oauth else None
    clock, vault = Clock(), FakeVault()
    if tokens is not None:
        vault.store("kit", tokens)

    def authenticate() -> Any:
        return plugins.facade.auth(connection, vault)

    http = HttpClient(
        "kit",
        hosts={*connector.hosts(chosen), *(oauth.hosts if oauth else ())},
        quota=Quota("kit", limits or connector.limits, clock),
        clock=clock,
        authenticate=authenticate,
    )
    connection = Connection("kit", connector.name, chosen, http, clock, {}, resources=resources)
    with http:
        connection = replace(connection, tenant=plugins.facade.check(connection).tenant)
        yield connection
