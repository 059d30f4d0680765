"""The configuration: one TOML file, read in two passes, and edited in place.

The first pass needs no plugin: it says which plugins are on. The second validates every section by the model of the
plugin that it belongs to. What is off, or hangs on something that is off or broken, is kept in the file, not validated,
and listed in `Config.idle` with the reason. Every error names file, line and key, and the nearest right name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pydantic import ValidationError

from tieout.api.contract import Connector, Entity, Limits, Settings
from tieout.api.errors import ConfigError
from tieout.api.forms import nearest
from tieout.api.hooks import API
from tieout.api.secret import Secret
from tieout.api.toml import Key, read_toml
from tieout.host import forms, toml
from tieout.host.forms import checked
from tieout.host.mail import Mail
from tieout.host.plugins import Plugins, installed
from tieout.rules.guard import Guard
from tieout.rules.questions import Ownership
from tieout.rules.references import BOOKKEEPING

LEDGER = "TIEOUT_LEDGER"
_TOP = ("api", "ledger", "plugins", "connections", "pairs")
_CONNECTION = ("plugin", "tenant", "grant", "limits")
_PAIR = ("source", "target", "since", "every", "plans-expire", "keep", "on", "guard", "mail", "flows")
_EXAMPLES = {"guard": "guard = { records = 20, percent = 10 }", "mail": 'mail = { to = ["ana@firm.example"] }'}
_FLOW = ("owns", "on-conflict")
_ON_CONFLICT: Mapping[object, Any] = {"ask": "ask", "keep-source": "source", "keep-target": "target"}
Model = TypeVar("Model", bound=Settings)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True)
class Raw:
    """The file after the first pass: which plugins are on (set true) and off (set false), and all its data."""

    path: Path
    on: frozenset[str]
    off: frozenset[str]
    data: Mapping[str, Any]
    lines: Mapping[Key, int] = field(repr=False)

    @property
    def folder(self) -> Path:
        """The folder of the file, from which relative paths count."""
        return self.path.absolute().parent

    def wrong(self, key: Key, what: str, fix: str = "") -> NoReturn:
        """Raise `ConfigError` for a key."""
        line = next((self.lines[key[:end]] for end in range(len(key), 0, -1) if key[:end] in self.lines), None)
        where = f"{self.path}:{line}" if line else str(self.path)
        raise ConfigError(what, where=f"{where} {'.'.join(key)}".rstrip(), key=key, fix=fix)


@dataclass(frozen=True, slots=True)
class ConnectionConfig:
    """A `[connections.NAME]` section; `plugin` is the connector's name, `tenant` the only one allowed, if given."""

    name: str
    plugin: str
    tenant: str | None
    grant: str
    limits: Limits
    settings: Any


@dataclass(frozen=True, slots=True)
class PairConfig:
    """A `[pairs.NAME]` section; `flows` are the settings of each entity, `owns` who has the last word in each.

    `entities` are those that go forward, in their order, `backs` those that write back to the source. A stored plan can
    be carried out for as long as `plans_expire`, and what was read of a record is kept for as long as `keep`. `mail`
    says who is told what needs a person.
    """

    name: str
    source: str
    target: str
    since: date
    every: timedelta | None
    entities: tuple[str, ...]
    backs: tuple[str, ...]
    guard: Guard
    settings: Any
    flows: Mapping[str, Any]
    owns: Mapping[str, Ownership] = field(default_factory=dict)
    plans_expire: timedelta = timedelta(hours=24)
    keep: timedelta = timedelta(days=90)
    mail: Mail = field(default_factory=Mail)


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration, validated; `idle` are the sections left out, with the reason."""

    path: Path
    folder: Path
    ledger_url: str
    connections: Mapping[str, ConnectionConfig]
    pairs: Mapping[str, PairConfig]
    on: frozenset[str]
    idle: Mapping[str, str] = field(default_factory=dict)


def read(path: Path, text: str | None = None) -> Raw:
    """The first pass: core's own part of the file, or of the `text` that it is to become. Raises `ConfigError`."""
    data, lines = read_toml(path, text)
    raw = Raw(path, frozenset(), frozenset(), data, lines)
    for key in data:
        if key not in _TOP:
            raw.wrong((key,), "there is no such key", nearest(key, _TOP))
    if data.get("api") != API:
        fix = "Upgrade Tieout." if isinstance(data.get("api"), int) and data["api"] > API else f"Write api = {API}"
        raw.wrong(("api",), f"this Tieout reads configurations with api = {API}", fix)
    for name in ("plugins", "connections", "pairs"):
        _table(raw, (name,))
    for name in ("connections", "pairs"):
        for section in data.get(name, {}):
            _table(raw, (name, section))
    known = [entry.name for entry in installed()]
    for name, value in data.get("plugins", {}).items():
        if not isinstance(value, bool):
            raw.wrong(("plugins", name), "a plugin is true (on) or false (off)")
        # a plugin that is off may have been uninstalled; a slip of the pen is near to a name that exists
        if name not in known and (value or get_close_matches(name, known, n=1)):
            raw.wrong(("plugins", name), "there is no plugin of this name", nearest(name, known))
    plugins = data.get("plugins", {})
    on = frozenset(name for name, value in plugins.items() if value)
    return replace(raw, on=on, off=frozenset(plugins) - on)


def validate(raw: Raw, plugins: Plugins) -> Config:
    """The second pass: every section by the models of its plugins. Raises `ConfigError`."""
    idle: dict[str, str] = {}
    connections: dict[str, ConnectionConfig] = {}
    for name, section in raw.data.get("connections", {}).items():
        if reason := _resting(raw, plugins, ("connections", name, "plugin"), section.get("plugin")):
            idle[f"connections.{name}"] = reason
        else:
            connections[name] = _connection(raw, plugins.connectors[section["plugin"]], name, section)
    pairs: dict[str, PairConfig] = {}
    for name, section in raw.data.get("pairs", {}).items():
        ends = [_end(raw, ("pairs", name, side), section.get(side)) for side in ("source", "target")]
        if ends[0] == ends[1]:
            raw.wrong(("pairs", name, "target"), "source and target are the same connection")
        if missing := [end for end in ends if end not in connections]:
            idle[f"pairs.{name}"] = f"its connection {missing[0]} rests: {idle[f'connections.{missing[0]}']}"
        else:
            pairs[name] = _pair(raw, plugins, name, section, connections[ends[0]], connections[ends[1]])
    return Config(raw.path, raw.folder, _ledger(raw), connections, pairs, raw.on, idle)


def enable(path: Path, name: str, pair: str | None = None) -> None:
    """Switch a plugin on, everywhere or in one pair: one word of the file changes."""
    _switch(path, name, pair, True)


def disable(path: Path, name: str, pair: str | None = None) -> None:
    """Switch a plugin off, everywhere or in one pair: one word of the file changes."""
    _switch(path, name, pair, False)


def choose(path: Path, pair: str, key: tuple[str, ...], value: Any) -> None:
    """Set one of a pair's own settings in place, for example `("accounts", "sales")` or `("taxes", "sales", NAME)`."""
    raw = read(path)
    if pair not in raw.data.get("pairs", {}):
        raw.wrong(("pairs", pair), "there is no pair of this name", nearest(pair, raw.data.get("pairs", {})))
    with toml.editing(path) as document:
        toml.put(document, ("pairs", pair, *key), value)


def set_connection(path: Path, connection: str, key: str, value: str) -> None:
    """Set one of a connection's own settings in place; the file is left alone where it says so already."""
    raw = read(path)
    sections = raw.data.get("connections", {})
    if connection not in sections:
        raw.wrong(("connections", connection), "there is no connection of this name", nearest(connection, sections))
    if sections[connection].get(key) != value:
        with toml.editing(path) as document:
            toml.put(document, ("connections", connection, key), value)


def _switch(path: Path, name: str, pair: str | None, on: bool) -> None:
    raw = read(path)
    known = [entry.name for entry in installed()]
    if name not in known:
        raw.wrong(("plugins", name), "there is no plugin of this name", nearest(name, known))
    with toml.editing(path) as document:
        toml.put(document, ("plugins", name) if pair is None else ("pairs", pair, "on", name), on)


def _table(raw: Raw, key: Key) -> None:
    value: Any = raw.data
    for part in key:
        value = value.get(part, {})
    if not isinstance(value, dict):
        raw.wrong(key, "this is a section", fix=f"Write [{'.'.join(key)}] and its keys below it.")


def _resting(raw: Raw, plugins: Plugins, key: Key, plugin: object) -> str:
    """Why a connection is left out; empty when it is not."""
    if plugin in plugins.connectors:
        return ""
    status = next((status for status in plugins.status if status.name == plugin), None)
    if status is None or status.state == "on":
        what = "a connection names its plugin" if plugin is None else f"there is no connector {plugin}"
        raw.wrong(key, what, nearest(str(plugin or ""), plugins.connectors))
    return f"the plugin {plugin} is off" if status.state == "off" else f"the plugin {plugin} is broken: {status.reason}"


def _connection(raw: Raw, connector: Connector, name: str, section: Mapping[str, Any]) -> ConnectionConfig:
    key = ("connections", name)
    texts = {part: section.get(part) for part in ("tenant", "grant")}
    for part, value in texts.items():
        if value is not None and not isinstance(value, str):
            raw.wrong((*key, part), "this is a text", 'Put it in quotes: "..."')
    own = {part: value for part, value in section.items() if part not in _CONNECTION}
    return ConnectionConfig(
        name,
        connector.name,
        texts["tenant"],
        texts["grant"] or name,
        _limits(raw, (*key, "limits"), connector.limits, section.get("limits", {})),
        checked(raw.wrong, raw.folder, key, connector.settings, own, _CONNECTION),
    )


def _limits(raw: Raw, key: Key, declared: Limits, section: object) -> Limits:
    names = [one.name for one in fields(Limits) if not one.name.endswith("_header")]
    if not isinstance(section, dict):
        raw.wrong(key, "this is a table", "Write limits = { minute = 60 }")
    for name, value in section.items():
        if name not in names:
            raw.wrong((*key, name), "there is no such key", nearest(name, names))
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raw.wrong((*key, name), "a limit is a whole number from 1 on")
    return replace(declared, **section)


def _end(raw: Raw, key: Key, name: object) -> str:
    known = raw.data.get("connections", {})
    if name is None:
        raw.wrong(key, f"the {key[-1]} is missing", f"Write {key[-1]} = and the name of a connection.")
    if not isinstance(name, str) or name not in known:
        raw.wrong(key, f"there is no connection {name}", nearest(str(name), known))
    return name


def _pair(
    raw: Raw,
    plugins: Plugins,
    name: str,
    section: Mapping[str, Any],
    source: ConnectionConfig,
    target: ConnectionConfig,
) -> PairConfig:
    key = ("pairs", name)
    since = section.get("since")
    if not isinstance(since, date) or isinstance(since, datetime):
        what = "the start date is missing" if since is None else "this is no date"
        raw.wrong((*key, "since"), what, "Write a date without quotes: since = 2026-07-01")
    connector = plugins.connectors[target.plugin]
    own = {part: value for part, value in section.items() if part not in _PAIR}
    entities = _entities(plugins, _on(raw, key, section, plugins), source.plugin, target.plugin)
    sections = section.get("flows", {})
    _flows_known(raw, key, sections, plugins)
    flows, owns = {}, {}
    for entity in entities:
        place, given = (*key, "flows", entity.name), sections.get(entity.name, {})
        settled = {part: value for part, value in given.items() if part not in _FLOW}
        flows[entity.name] = checked(raw.wrong, raw.folder, place, forms.flow(entity, connector), settled, _FLOW)
        owns[entity.name] = _owns(raw, place, entity, given)
    return PairConfig(
        name,
        source.name,
        target.name,
        since,
        _length(raw, (*key, "every"), section["every"]) if "every" in section else None,
        tuple(entity.name for entity in entities if entity.direction == "forward"),
        tuple(entity.name for entity in entities if entity.direction == "back"),
        _own(raw, (*key, "guard"), Guard, section),
        checked(raw.wrong, raw.folder, key, connector.pair, own, _PAIR),
        flows,
        owns,
        _length(raw, (*key, "plans-expire"), section.get("plans-expire", "24h")),
        _length(raw, (*key, "keep"), section.get("keep", "90d")),
        _own(raw, (*key, "mail"), Mail, section),
    )


def _owns(raw: Raw, key: Key, entity: Entity, section: Mapping[str, Any]) -> Ownership:
    """Who has the last word on the fields of a flow; fields are written with hyphens."""
    fields, otherwise = section.get("owns", {}), section.get("on-conflict", "ask")
    if not isinstance(fields, dict):
        raw.wrong((*key, "owns"), "this is a table", 'Write owns = { due = "target" }')
    known = [name.replace("_", "-") for name in entity.model.model_fields if name not in BOOKKEEPING]
    for name, side in fields.items():
        if name not in known:
            raw.wrong((*key, "owns", name), f"{entity.name} have no such field", nearest(name, known))
        if side not in ("source", "target"):
            raw.wrong((*key, "owns", name), 'a field is owned by "source" or "target"')
    if otherwise not in _ON_CONFLICT:
        raw.wrong((*key, "on-conflict"), "there is no such answer", nearest(str(otherwise), map(str, _ON_CONFLICT)))
    return Ownership({name.replace("-", "_"): side for name, side in fields.items()}, _ON_CONFLICT[otherwise])


def _own(raw: Raw, key: Key, model: type[Model], section: Mapping[str, Any]) -> Model:
    """A section of core's own within a pair's."""
    value = section.get(key[-1], {})
    if not isinstance(value, dict):
        raw.wrong(key, "this is a section", f"Write {_EXAMPLES[key[-1]]}")
    return checked(raw.wrong, raw.folder, key, model, value)


def _length(raw: Raw, key: Key, value: object) -> timedelta:
    found = re.fullmatch(r"(\d+)([smhd])", value) if isinstance(value, str) else None
    if found is None or int(found[1]) == 0:
        raw.wrong(key, "this is no length of time", f'Write a number and s, m, h or d: {key[-1]} = "15m"')
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _on(raw: Raw, key: Key, section: Mapping[str, Any], plugins: Plugins) -> list[Entity]:
    """The entities that are on in a pair."""
    switches = section.get("on", {})
    if not isinstance(switches, dict):
        raw.wrong((*key, "on"), "this is a table of names", "Write on = { items = false }")
    for name, value in switches.items():
        if not isinstance(value, bool):
            raw.wrong((*key, "on", name), "a plugin is true (on) or false (off)")
        if name not in plugins.entities and name not in raw.on | raw.off:
            raw.wrong((*key, "on", name), "there is no plugin of this name", nearest(name, plugins.entities))
    return [entity for entity in plugins.entities.values() if switches.get(entity.name, True)]


def _entities(plugins: Plugins, on: list[Entity], source: str, target: str) -> list[Entity]:
    """Those bound in both systems, each after those that it names, otherwise in the order given; then the back ones."""
    bound = plugins.bindings.keys()
    waiting = [entity for entity in on if {(entity.name, source), (entity.name, target)} <= bound]
    ordered: list[Entity] = []
    while waiting:
        names = {entity.name for entity in waiting}
        ready = next(entity for entity in waiting if not names & set(entity.after))  # admission refuses circles
        waiting.remove(ready)
        ordered.append(ready)
    return ordered + [entity for entity in on if entity.direction == "back"]


def _flows_known(raw: Raw, key: Key, flows: object, plugins: Plugins) -> None:
    if not isinstance(flows, dict):
        raw.wrong((*key, "flows"), "this is a section", f"Write [{'.'.join(key)}.flows.NAME] and its keys below it.")
    for name, section in flows.items():
        if name not in plugins.entities and name not in raw.on | raw.off:
            fix = nearest(name, [*plugins.entities, *raw.off]) or f"Name it in [plugins]: {name} = true"
            raw.wrong((*key, "flows", name), "there is no plugin of this name", fix)
        if not isinstance(section, dict):
            raw.wrong((*key, "flows", name), "this is a section", f"Write [{'.'.join(key)}.flows.{name}].")


def _ledger(raw: Raw) -> str:
    given = os.environ.get(LEDGER) or raw.data.get("ledger", "sqlite:///.tieout/ledger.db")
    if isinstance(given, dict):
        try:
            given = Secret.model_validate(given, context={"folder": raw.folder}).reveal()
        except ValidationError as error:
            raw.wrong(("ledger",), error.errors()[0]["msg"].removeprefix("Value error, "))
    if not isinstance(given, str):
        raw.wrong(("ledger",), "this is an address", 'Write ledger = "sqlite:///.tieout/ledger.db"')
    if given.startswith("postgresql://"):
        return given.replace("postgresql://", "postgresql+psycopg://", 1)
    if given.startswith("postgresql+psycopg://"):
        return given
    if not given.startswith("sqlite:///"):
        raw.wrong(("ledger",), "this is no address of a ledger", "Write sqlite:///PATH or postgresql://HOST/DATABASE")
    return f"sqlite:///{raw.folder / given.removeprefix('sqlite:///')}"
