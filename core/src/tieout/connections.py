"""Connections, opened from the configuration and pinned to their tenants."""

from __future__ import annotations

import threading
from collections.abc import Iterator, MutableMapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select, update

from tieout import vault as vaults
from tieout.clock import Clock
from tieout.config import Config, ConnectionConfig
from tieout.contract import Check, Connection, Connector, Tenant
from tieout.errors import ConfigError, ReauthNeeded, Refused
from tieout.forms import nearest
from tieout.http import Http, HttpAuth
from tieout.ledger import Ledger
from tieout.oauth import OAuth
from tieout.plugins import Plugins
from tieout.quota import Quota
from tieout.tables import ConnectionRow
from tieout.vault import Vault


class Memory(MutableMapping[str, Any]):
    """A plugin's small JSON about a connection; every change is written to the ledger at once."""

    def __init__(self, ledger: Ledger, name: str, data: dict[str, Any]) -> None:
        self._ledger = ledger
        self._name = name
        self._data = data
        self._lock = threading.Lock()

    def __getitem__(self, key: str) -> Any:
        return self._data[key]

    def __setitem__(self, key: str, value: Any) -> None:
        with self._lock:
            self._keep({**self._data, key: value})

    def __delitem__(self, key: str) -> None:
        with self._lock:
            left = dict(self._data)
            del left[key]
            self._keep(left)

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def _keep(self, data: dict[str, Any]) -> None:
        with self._ledger.writing() as writing:
            writing.execute(update(ConnectionRow).where(ConnectionRow.c.name == self._name).values(memory=data))
        self._data = data


class Connections:
    """All connections of a configuration, each opened once; setting `stop` ends their waits early."""

    def __init__(
        self, config: Config, plugins: Plugins, ledger: Ledger, clock: Clock, stop: threading.Event | None = None
    ) -> None:
        self._config = config
        self._plugins = plugins
        self._ledger = ledger
        self._clock = clock
        self._stop = stop or threading.Event()
        self._lock = threading.RLock()
        self._opened: dict[str, Connection] = {}
        self._auths: dict[str, HttpAuth | None] = {}
        self._vault: Vault | None = None

    @property
    def vault(self) -> Vault:
        """The vault of their grants; its key is looked for, or made, when it is first needed."""
        with self._lock:
            if self._vault is None:
                shared = {one.name: one.grant for one in self._config.connections.values()}
                self._vault = Vault(self._ledger, self._clock, vaults.key(self._ledger, self._beside()), shared)
            return self._vault

    def open(self, name: str) -> Connection:
        """A connection, as far as it is known without a call.

        Raises `Refused` when there is none of this name and `ConfigError` when it is pinned to a tenant that the
        configuration does not allow.
        """
        with self._lock:
            if name not in self._opened:
                self._opened[name] = self._make(self._section(name))
            return self._opened[name]

    def ready(self, name: str) -> Connection:
        """A connection whose tenant is known: checked, and pinned to its tenant, when it is used for the first time.

        Raises `ReauthNeeded` when a person has to consent first.
        """
        connection = self.open(name)
        if connection.tenant is None:
            self.check(name)
        return self.open(name)

    def check(self, name: str) -> Check:
        """Prove that the credentials reach the tenant. Raises `ReauthNeeded` when they reach another one."""
        found = self._plugins.facade.check(self.open(name))
        self._allowed(self._section(name), found.tenant)
        pinned = self.open(name).tenant
        if pinned is None:
            self.pin(name, found.tenant)
        elif pinned.id != found.tenant.id:
            raise ReauthNeeded(
                f"{name} reaches {found.tenant.name} now, and is connected to {pinned.name}",
                why="Links belong to the organisation with which they were made.",
                fix=f"Connect the right one: tieout connect {name}",
            )
        return found

    def pin(self, name: str, tenant: Tenant) -> None:
        """Connect to a tenant from now on. Raises `ConfigError` for one that the configuration does not allow."""
        with self._lock:
            self._allowed(self._section(name), tenant)
            values = {"tenant_id": tenant.id, "tenant_name": tenant.name, "connected_at": self._clock.now()}
            connection = self.open(name)
            with self._ledger.writing() as writing:
                writing.execute(update(ConnectionRow).where(ConnectionRow.c.name == name).values(**values))
            self._opened[name] = replace(connection, tenant=tenant)
            self._auths.pop(name, None)

    def forget(self, name: str) -> None:
        """Be connected to no tenant any more, and forget the plugin's memory; links and history stay."""
        with self._lock:
            with self._ledger.writing() as writing:
                writing.execute(delete(ConnectionRow).where(ConnectionRow.c.name == self._section(name).name))
            self._auths.pop(name, None)
            if (connection := self._opened.pop(name, None)) is not None:
                connection.http.close()

    def needs_consent(self, name: str) -> bool:
        """Whether a person has to allow access in a browser before this connection can be used."""
        section = self._section(name)
        declared = self._oauth(self._plugins.connectors[section.plugin], section)
        return declared is not None and declared.grant == "authorization-code" and self.vault.grant(name) is None

    def close(self) -> None:
        """Give back all network connections."""
        with self._lock:
            for connection in self._opened.values():
                connection.http.close()
            self._opened.clear()

    def _section(self, name: str) -> ConnectionConfig:
        if name not in self._config.connections:
            raise Refused(
                f"there is no connection {name}",
                why=self._config.idle.get(f"connections.{name}", ""),
                fix=nearest(name, self._config.connections),
            )
        return self._config.connections[name]

    def _make(self, section: ConnectionConfig) -> Connection:
        query = select(ConnectionRow.c.tenant_id, ConnectionRow.c.tenant_name, ConnectionRow.c.memory)
        with self._ledger.reading() as reading:
            row = reading.execute(query.where(ConnectionRow.c.name == section.name)).first()
        if row is None:
            fresh = self._ledger.insert(ConnectionRow).values(name=section.name, plugin=section.plugin)
            with self._ledger.writing() as writing:
                writing.execute(fresh.on_conflict_do_nothing(index_elements=["name"]))
        tenant = Tenant(row.tenant_id, row.tenant_name or "") if row and row.tenant_id else None
        if tenant:
            self._allowed(section, tenant)
        connector = self._plugins.connectors[section.plugin]
        declared = self._oauth(connector, section)
        return Connection(
            name=section.name,
            plugin=section.plugin,
            settings=section.settings,
            http=Http(
                section.name,
                hosts=frozenset(connector.hosts(section.settings)) | (declared.hosts if declared else frozenset()),
                quota=Quota(section.name, section.limits, self._clock, self._stop),
                clock=self._clock,
                authenticate=lambda: self._authenticate(section.name),
                stop=self._stop,
            ),
            clock=self._clock,
            memory=Memory(self._ledger, section.name, (row.memory if row else None) or {}),
            tenant=tenant,
            resources=self._resources(section),
        )

    def _authenticate(self, name: str) -> HttpAuth | None:
        with self._lock:
            if name not in self._auths:
                self._auths[name] = self._plugins.facade.auth(self.open(name), self.vault)
            return self._auths[name]

    def _oauth(self, connector: Connector, section: ConnectionConfig) -> OAuth | None:
        return connector.oauth(section.settings, self._resources(section)) if connector.oauth else None

    def _resources(self, section: ConnectionConfig) -> frozenset[str]:
        pairs = [pair for pair in self._config.pairs.values() if section.name in (pair.source, pair.target)]
        entities = {entity for pair in pairs for entity in pair.entities}
        bindings = [self._plugins.bindings.get((entity, section.plugin)) for entity in entities]
        return frozenset(binding.resource for binding in bindings if binding)

    def _allowed(self, section: ConnectionConfig, tenant: Tenant) -> None:
        if section.tenant is not None and section.tenant not in (tenant.id, tenant.name):
            raise ConfigError(
                f"{section.name} reaches {tenant.name} ({tenant.id}), and only {section.tenant} is allowed",
                where=f"{self._config.path} connections.{section.name}.tenant",
                why="The configuration pins this connection to one organisation.",
                fix=f"Connect the right one (tieout connect {section.name}), or correct the key.",
            )

    def _beside(self) -> Path:
        """The folder of the key: beside an SQLite ledger, else where that would be."""
        path = self._ledger.url.removeprefix("sqlite:///")
        return Path(path).parent if path != self._ledger.url else self._config.folder / ".tieout"
