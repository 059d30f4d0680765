"""Connections, opened from the configuration and pinned to their tenants."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select, update

from tieout.api.contract import Answer, Check, Connection, Tenant
from tieout.api.errors import ConfigError, ReauthNeeded, Refused, Throttled, TieoutError
from tieout.api.forms import nearest
from tieout.api.oauth import OAuth
from tieout.host import consent
from tieout.host import vault as vaults
from tieout.host.config import Config, ConnectionConfig
from tieout.host.http import HttpAuth, HttpClient
from tieout.host.plugins import Plugins
from tieout.host.quota import Quota
from tieout.host.vault import Vault
from tieout.ledger import Ledger
from tieout.ledger.standing import Purpose, Standing
from tieout.ledger.tables import ConnectionRow
from tieout.ledger.usage import Usage


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
    """All connections of a configuration, each opened once; setting `stop` ends their waits early.

    The schedule leaves a part of a day's calls to people, and does not try what a system refused until a person did.
    """

    def __init__(
        self,
        config: Config,
        plugins: Plugins,
        ledger: Ledger,
        stop: threading.Event | None = None,
        purpose: Purpose = "person",
    ) -> None:
        self._config = config
        self._plugins = plugins
        self._ledger = ledger
        self._runtime = runtime = ledger.runtime
        self._clock = clock = runtime.clock
        self._stop = stop or threading.Event()
        self._purpose = purpose
        self.standing = Standing(ledger, clock, purpose)
        self._lock = runtime.threads.lock()
        self._opened: dict[str, Connection] = {}
        self._auths: dict[str, HttpAuth | None] = {}
        self._vault: Vault | None = None
        plugins.facade.when_stopped(self._stopped)

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

        Raises `Refused` when there is none of this name.
        """
        with self._lock:
            if name not in self._opened:
                self._opened[name] = self._make(self._section(name))
            return self._opened[name]

    def ready(self, name: str) -> Connection:
        """A connection whose tenant is known: checked, and pinned to its tenant, when it is used for the first time.

        Raises `ReauthNeeded` when a person has to consent first and `ConfigError` when the configuration does not
        allow its tenant.
        """
        connection = self.open(name)
        refused = self.standing.refused(name)
        if refused and self._purpose == "schedule":
            raise ReauthNeeded(
                f"{name} was refused, and waits for a person",
                why=refused,
                fix=f"Connect again: tieout connect {name}; or, when it was put right in the system: tieout check",
            )
        if connection.tenant is None or refused:
            self.check(name)
        else:
            self._allowed(self._section(name), connection.tenant)
        return self.open(name)

    def check(self, name: str) -> Check:
        """Prove that the credentials reach the tenant. Raises `ReauthNeeded` when they reach another one."""
        found = self._plugins.facade.check(self.open(name))
        self._allowed(self._section(name), found.tenant)
        pinned = self.open(name).tenant
        if pinned is None:
            self.pin(name, found.tenant)
        elif pinned.id != found.tenant.id:
            error = ReauthNeeded(
                f"{name} reaches {found.tenant.name} now, and is connected to {pinned.name}",
                why="Links belong to the organisation with which they were made.",
                fix=f"Connect the right one: tieout connect {name}",
            )
            error.connection = name
            self._stopped(error)
            raise error
        self.standing.allow([name])
        return found

    def complete(self, name: str, answer: Answer) -> list[Tenant]:
        """Finish a consent: the tenants that it opened and that this connection may reach.

        Raises `Refused` when there is none; the tokens from before, if there were any, are kept then.
        """
        before = self.vault.grant(name)
        opened = self._plugins.facade.complete(self.open(name), self.vault, answer)
        fitting = [tenant for tenant in opened if self._fits(name, tenant)]
        if fitting:
            self.standing.allow(self._sharing(name))
            return fitting
        if before is not None:
            self.vault.store(name, before)
        else:
            self.vault.forget(name)
        if not opened:
            raise Refused(
                "no organisation was chosen",
                why="The consent was given, but it opens no organisation.",
                fix=f"Run tieout connect {name} again and choose one.",
            )
        self._allowed(self._section(name), opened[0])
        raise self._another(name, opened[0])

    def pin(self, name: str, tenant: Tenant) -> None:
        """Connect to a tenant from now on.

        Raises `ConfigError` for one that the configuration does not allow, and `Refused` for another one than before.
        """
        with self._lock:
            self._allowed(self._section(name), tenant)
            connection = self.open(name)
            if connection.tenant is not None and connection.tenant.id != tenant.id:
                raise self._another(name, tenant)
            values = {"tenant_id": tenant.id, "tenant_name": tenant.name, "connected_at": self._clock.now()}
            with self._ledger.writing() as writing:
                writing.execute(update(ConnectionRow).where(ConnectionRow.c.name == name).values(**values))
            self._opened[name] = replace(connection, tenant=tenant)
            self._auths.pop(name, None)

    def keep_alive(self) -> Mapping[str, TieoutError]:
        """Renew every grant that was silent for half of its life; why one was not renewed comes back by connection.

        Every connection counts, also one whose pair is not due (docs/facts/xero.md, "Tokens").
        """
        failed: dict[str, TieoutError] = {}
        seen: set[str] = set()
        for section in self._config.connections.values():
            given, ends = vaults.given_at(self._ledger, section.grant), self.grant_ends(section.name)
            if section.grant in seen or given is None or ends is None or self._clock.now() < given + (ends - given) / 2:
                continue
            seen.add(section.grant)
            try:
                if (declared := self._oauth(section)) is not None:
                    consent.renew(declared, self.open(section.name), self.vault)
            except TieoutError as error:
                error.connection = error.connection or section.name
                failed[section.name] = error
                if isinstance(error, ReauthNeeded):
                    self._stopped(error)
        return failed

    def grant_ends(self, name: str) -> datetime | None:
        """When a connection's grant ends if nobody uses it (UTC); None for one that does not, or that has none."""
        section = self._section(name)
        declared = self._oauth(section)
        if declared is None or not declared.lasts or declared.grant != "authorization-code":
            return None
        given = vaults.given_at(self._ledger, section.grant)
        return None if given is None else given + timedelta(seconds=declared.lasts)

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
        declared = self._oauth(section)
        if declared is None or declared.grant != "authorization-code":
            return False
        return vaults.given_at(self._ledger, section.grant) is None or self.standing.refused(name) != ""

    def usage(self, name: str) -> Usage:
        """The calls of a connection's day."""
        return Usage(name, self._section(name).limits, self._clock, self._ledger)

    def allowed(self, name: str) -> int | None:
        """How many calls a connection may make in a day; None where there is no such limit."""
        return self._section(name).limits.day

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
        fresh = self._ledger.insert(ConnectionRow).values(name=section.name, plugin=section.plugin)
        with self._ledger.writing() as writing:
            writing.execute(fresh.on_conflict_do_nothing(index_elements=["name"]))
        with self._ledger.reading() as reading:
            row = reading.execute(select(ConnectionRow).where(ConnectionRow.c.name == section.name)).one()
        tenant = Tenant(row.tenant_id, row.tenant_name or "") if row.tenant_id else None
        connector = self._plugins.connectors[section.plugin]
        declared = self._oauth(section)
        quota = Quota(
            section.name,
            section.limits,
            self._clock,
            self._stop,
            usage=self.usage(section.name),
            purpose=self._purpose,
            closed=self.standing.paused(section.name),
            threads=self._runtime.threads,
        )
        return Connection(
            name=section.name,
            plugin=section.plugin,
            settings=section.settings,
            http=HttpClient(
                section.name,
                hosts=frozenset(connector.hosts(section.settings)) | (declared.hosts if declared else frozenset()),
                quota=quota,
                clock=self._clock,
                authenticate=lambda: self._authenticate(section.name),
                stop=self._stop,
                runtime=self._runtime,
            ),
            clock=self._clock,
            entropy=self._runtime.entropy,
            memory=Memory(self._ledger, section.name, row.memory or {}),
            tenant=tenant,
            resources=self._resources(section),
        )

    def _authenticate(self, name: str) -> HttpAuth | None:
        with self._lock:
            if name not in self._auths:
                self._auths[name] = self._plugins.facade.auth(self.open(name), self.vault)
            return self._auths[name]

    def _stopped(self, error: ReauthNeeded | Throttled) -> None:
        """Keep a pause, or the refusal of what was connected before; an ended grant concerns all that share it."""
        name = error.connection
        if isinstance(error, Throttled):
            if error.lasting:
                self.standing.pause(error)
            return
        given = vaults.given_at(self._ledger, self._section(name).grant)
        if given is not None or self.open(name).tenant is not None:
            self.standing.refuse(self._sharing(name) if error.ended else [name], error)

    def _sharing(self, name: str) -> list[str]:
        grant = self._section(name).grant
        return [one.name for one in self._config.connections.values() if one.grant == grant]

    def _oauth(self, section: ConnectionConfig) -> OAuth | None:
        connector = self._plugins.connectors[section.plugin]
        return connector.oauth(section.settings, self._resources(section)) if connector.oauth else None

    def _resources(self, section: ConnectionConfig) -> frozenset[str]:
        pairs = [pair for pair in self._config.pairs.values() if section.name in (pair.source, pair.target)]
        entities = {entity for pair in pairs for entity in pair.entities}
        bindings = [self._plugins.bindings.get((entity, section.plugin)) for entity in entities]
        files = any(getattr(one, "attachments", False) for pair in pairs for one in pair.flows.values())
        return frozenset(binding.resource for binding in bindings if binding) | ({"attachments"} if files else set())

    def _fits(self, name: str, tenant: Tenant) -> bool:
        wanted, before = self._section(name).tenant, self.open(name).tenant
        return wanted in (None, tenant.id, tenant.name) and (before is None or before.id == tenant.id)

    def _another(self, name: str, tenant: Tenant) -> Refused:
        before = self.open(name).tenant
        known = before.name or before.id if before else ""
        return Refused(
            f"{name} is connected to {known}, and {tenant.name} was chosen",
            why=f"What was sent to {known} is not in {tenant.name}: links of one never serve the other.",
            fix=f"Connect again and choose {known}; or, to go on with {tenant.name} from now on: "
            f"tieout disconnect {name}, then connect. The links to {known} are kept.",
        )

    def _allowed(self, section: ConnectionConfig, tenant: Tenant) -> None:
        if section.tenant is not None and section.tenant not in (tenant.id, tenant.name):
            raise ConfigError(
                f"{section.name} reaches {tenant.name} ({tenant.id}), and only {section.tenant} is allowed",
                where=f"{self._config.path} connections.{section.name}.tenant",
                why="The configuration pins this connection to one organisation.",
                fix=f"Correct the key; or run tieout disconnect {section.name}, then connect the right one.",
            )

    def _beside(self) -> Path:
        """The folder of the key: beside an SQLite ledger, else where that would be."""
        path = self._ledger.url.removeprefix("sqlite:///")
        return Path(path).parent if path != self._ledger.url else self._config.folder / ".tieout"
