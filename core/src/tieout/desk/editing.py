"""Settings as a person edits them: the sections of the configuration as forms, and what was typed put into the file.

What is saved is checked like the whole file before it is written; comments stay, and a section that somebody else has
changed meanwhile is not overwritten unseen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import tomlkit
from pydantic import Field as Described
from sqlalchemy import insert, select

from tieout.api.clock import Clock
from tieout.api.contract import Connector, Settings
from tieout.api.errors import Refused
from tieout.api.model import Organisation, Reference
from tieout.api.secret import FILE
from tieout.api.toml import Key, read_toml
from tieout.desk.fields import Field, Option, fields, title, typed
from tieout.desk.offers import Offers
from tieout.engine.reference import ReferenceData
from tieout.engine.tally import holds
from tieout.host import config as configuration
from tieout.host import forms, paper, toml
from tieout.host.config import Config
from tieout.host.mail import Mail
from tieout.host.plugins import Plugins
from tieout.ledger import Ledger
from tieout.ledger.tables import AuditRow, ConnectionRow
from tieout.rules.guard import Guard

"""The file beside the configuration for secrets that were typed into a form; its owner alone may read it."""


class Core(Settings):
    """The keys of a pair that are core's own, as a form."""

    since: date = Described(
        title="Start syncing from",
        description="By document date: no older document is sent. What is linked already is kept up to date.",
    )
    every: Literal["5m", "15m", "30m", "1h", "4h", "1d"] | None = Described(
        default=None,
        title="Sync automatically",
        description="How often the schedule syncs by itself; never unless it is set.",
    )


class Guarded(Settings):
    """The guard of a pair, as a form."""

    guard: Guard = Described(
        default=Guard(),
        title="Guard",
        description="Beyond any of these, a person has to approve what a plan takes back.",
    )


class Mailed(Settings):
    """Who is told by e-mail, as a form."""

    mail: Mail = Described(
        default=Mail(), title="Notifications", description="Who is told by e-mail what needs a person."
    )


class Policy(Settings):
    """Who wins a conflict in a flow, as a form."""

    on_conflict: Literal["ask", "keep-source", "keep-target"] = Described(
        default="ask",
        title="If both sides changed",
        description="Whose value stands when both sides changed one field.",
    )


class Changed(Refused):
    """The section was changed by somebody else since the form was shown; nothing was written."""

    code = "changed-meanwhile"


@dataclass(frozen=True, slots=True)
class Form:
    """One section as a form: `name` is the section's, `digest` tells what stood there when it was shown."""

    name: str
    title: str
    digest: str
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field:
        """The field of a name such as `accounts.sales`. Raises `Refused` when there is none."""
        found = next((one for one in self.fields if one.name == name), None)
        if found is None:
            raise Refused(f"{self.name} has no key {name}")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One app of a pair: whether it is on, and why it is broken, if it is.

    `direction` is forward or back, and empty for one that is off: it is not imported, so nobody knows.
    """

    name: str
    title: str
    on: bool
    direction: str = "forward"
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """The target's reference data as last read, without a call: the rows by kind, and when the oldest was read."""

    rows: Mapping[str, tuple[Reference, ...]]
    read_at: datetime | None

    @property
    def organisation(self) -> Organisation | None:
        """The firm itself, with its base currency."""
        return next((one for one in self.rows.get("organisation", ()) if isinstance(one, Organisation)), None)


@dataclass(frozen=True, slots=True)
class Editing:
    """The settings of one configuration, read from the file and the ledger alone."""

    config: Config
    plugins: Plugins
    ledger: Ledger
    clock: Clock
    who: str

    def apps(self, pair: str) -> tuple[App, ...]:
        """Every app that is installed: those that are on in the order in which they go, then the others."""
        settings = self.config.pairs[pair]
        going = (*settings.entities, *settings.backs)
        known = self.plugins.entities
        found = [App(name=name, title=known[name].title, on=True, direction=known[name].direction) for name in going]
        connectors = {section.get("plugin") for section in self._data().get("connections", {}).values()}
        for status in self.plugins.status:
            name, entity = status.name, known.get(status.name)
            if name in going or name in connectors or status.extra or (status.state == "on" and entity is None):
                continue
            called, way = (entity.title, entity.direction) if entity else (title(name), "")
            found.append(App(name=name, title=called, on=False, direction=way, broken=status.reason))
        return tuple(found)

    def switch(self, pair: str, name: str, on: bool) -> None:
        """Switch an app on or off: everywhere where there is one pair, else in this pair."""
        path, several = self.config.path, len(self.config.pairs) > 1
        if on and name not in self.config.on:
            configuration.enable(path, name)
            for other in self.config.pairs if several else ():
                if other != pair:
                    configuration.disable(path, name, other)
        elif not several:
            (configuration.enable if on else configuration.disable)(path, name)
        if several:
            (configuration.enable if on else configuration.disable)(path, name, pair)
        self._audit("switch", {"pair": pair, "app": name, "on": on})

    def kept(self, connection: str) -> Kept:
        """The reference data of a connection as last read; no call is made."""
        section = self.config.connections[connection]
        with self.ledger.reading() as sql:
            row = sql.execute(select(ConnectionRow).where(ConnectionRow.c.name == connection)).first()
        if row is None or not row.tenant_id:
            return Kept({}, None)
        data = ReferenceData(self.ledger, self.plugins, self.clock)
        return Kept(*data.kept(f"{section.plugin}:{row.tenant_id}", *self.plugins.connectors[section.plugin].reference))

    def connection(self, name: str) -> Form:
        """How a system is reached."""
        connector = self.plugins.connectors[self.config.connections[name].plugin]
        raw = self._section("connections", name)
        found = fields(connector.settings, raw, Offers({}, {}))
        return Form(f"connections.{name}", connector.title, _digest(raw), tuple(found))

    def pair(self, name: str) -> Form:
        """What goes where: start date, schedule, what the target's connector adds, the guard, and who is told."""
        raw = {key: value for key, value in self._section("pairs", name).items() if key != "flows"}
        offers, held = self._offers(name), holds(self.ledger, name)
        added = (offers.completed(one, held) for one in fields(self._connector(name, "target").pair, raw, offers))
        since, every = fields(Core, raw, offers)
        found = (since, _spoken(every), *added, *fields(Guarded, raw, offers), *fields(Mailed, raw, offers))
        return Form(f"pairs.{name}", name, _digest(raw), found)

    def flow(self, pair: str, entity: str) -> Form:
        """The settings of one app: the entity's own, what the target's connector adds, and who wins a conflict."""
        one, raw, offers = (
            self.plugins.entities[entity],
            self._section("pairs", pair, "flows", entity),
            self._offers(pair),
        )
        own = (
            offers.completed(each, ()) for each in fields(forms.flow(one, self._connector(pair, "target")), raw, offers)
        )
        sides = {f"keep-{side}": f"Always use {self._connector(pair, side).title}" for side in ("source", "target")}
        found = [*own, *fields(Policy, raw, offers)]
        options = tuple(replace(each, label=sides.get(each.value, "Ask me")) for each in found[-1].options)
        found[-1] = replace(found[-1], options=options)
        return Form(f"pairs.{pair}.flows.{entity}", one.title, _digest(raw), tuple(found))

    def form(self, name: str) -> Form:
        """The form of a section by its name, such as `pairs.main.flows.invoices`."""
        match name.split("."):
            case ["connections", connection] if connection in self.config.connections:
                return self.connection(connection)
            case ["pairs", pair] if pair in self.config.pairs:
                return self.pair(pair)
            case ["pairs", pair, "flows", entity] if pair in self.config.pairs and entity in self.plugins.entities:
                return self.flow(pair, entity)
        raise Refused(f"there is no section {name} that can be edited")

    def save(self, name: str, digest: str, given: Mapping[str, str | Mapping[str, str]]) -> None:
        """Put what was typed into a section: text by key, for a table text by name; keys that are not given stay.

        Raises `ConfigError` with its `key` for a value that is wrong, `Changed` when somebody else changed the section
        meanwhile; nothing is written then.
        """
        form = self.form(name)
        if form.digest != digest:
            raise Changed(
                f"{form.title} was changed by somebody else while you were editing",
                why="The file was changed by hand or on another page since this form was shown.",
                fix="Compare what you typed with what stands there now, and save again.",
            )
        path, above = self.config.path, tuple(name.split("."))
        secrets: dict[str, str] = {}
        with toml.editing(path) as document:
            for key, value in given.items():
                self._put(document, above, form.field(key), value, secrets)
            configuration.validate(configuration.read(path, tomlkit.dumps(document)), self.plugins)
            _keep_secrets(self.config.folder / FILE, secrets)
        changed = {key: value for key, value in given.items() if form.field(key).sort != "secret"}
        self._audit("settings", {"section": name, "keys": changed})

    def _put(
        self, document: Any, above: Key, field: Field, given: str | Mapping[str, str], secrets: dict[str, str]
    ) -> None:
        key = (*above, *field.key)
        if field.sort == "kept":
            raise Refused(f"{field.name} is edited in the file", fix=f"Open {self.config.path}.")
        if isinstance(given, Mapping):
            for row, value in given.items():
                toml.put(document, (*key, row), value) if value else toml.remove(document, (*key, row))
        elif field.sort == "secret":
            if given.strip():
                secrets[_variable(key)] = given.strip()
                toml.put(document, key, {"file": FILE, "key": _variable(key)})
        elif (value := typed(field, given)) is None:
            toml.remove(document, key)
        elif given != field.value:
            toml.put(document, key, value)

    def _connector(self, pair: str, side: str) -> Connector:
        return self.plugins.connectors[self.config.connections[getattr(self.config.pairs[pair], side)].plugin]

    def _offers(self, pair: str) -> Offers:
        return Offers(self.kept(self.config.pairs[pair].target).rows, self._section("pairs", pair))

    def _data(self) -> dict[str, Any]:
        return read_toml(self.config.path)[0]

    def _section(self, *key: str) -> dict[str, Any]:
        value: Any = self._data()
        for part in key:
            value = value.get(part, {})
        return dict(value)

    def _audit(self, what: str, data: Mapping[str, Any]) -> None:
        with self.ledger.writing() as sql:
            sql.execute(insert(AuditRow).values(at=self.clock.now(), who=self.who, what=what, data=dict(data)))


def _spoken(every: Field) -> Field:
    """How often a pair is synced, in words; a time that a person wrote into the file is offered as well."""
    values = [one.value for one in every.options]
    if every.value and every.value not in values:
        values.append(every.value)
    units = {"s": "second", "m": "minute", "h": "hour", "d": "day"}
    named = ((value, int(value[:-1]), units[value[-1]]) for value in values)
    words = ((value, f"Every {number} {unit}s" if number > 1 else f"Every {unit}") for value, number, unit in named)
    return replace(every, options=tuple(Option(value, label) for value, label in words))


def _digest(section: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(section, default=str, sort_keys=True).encode()).hexdigest()[:16]


def _variable(key: Key) -> str:
    """The name of a secret in the file of secrets: `BOOKS_CLIENT_SECRET`."""
    return "_".join(key[1:]).upper().replace("-", "_")


def _keep_secrets(path: Path, secrets: Mapping[str, str]) -> None:
    """Add secrets to the file, which its owner alone may read."""
    if not secrets:
        return
    before = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    kept = [line for line in before if line.partition("=")[0].strip() not in secrets]
    lines = [*kept, *(f"{name}={value}" for name, value in secrets.items())]
    paper.write_secret(path, "\n".join(lines) + "\n")
