"""Discovery and loading of plugins.

A distribution names its plugins through two groups of entry points. Those in `tieout` (entities and connectors) are off
until `plugins.toml` says true; those in `tieout.extras` (they only add commands, pages or sandboxes) are on until it
says false. Nothing is imported to find that out, and nothing that is off is imported at all. A plugin that cannot be
used is off with its reason, and the rest runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

from packaging.requirements import InvalidRequirement, Requirement

from tieout import __version__
from tieout.api.contract import Binding, Connector, Entity
from tieout.api.errors import PluginError
from tieout.host import admission
from tieout.host.admission import Taken
from tieout.host.facade import Facade

GROUP = "tieout"
EXTRAS = "tieout.extras"


@dataclass(frozen=True, slots=True)
class Entry:
    """An installed plugin, as its distribution's metadata names it; `extra` ones are on unless set false."""

    name: str
    module: str
    distribution: str
    version: str
    extra: bool
    point: EntryPoint = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Status:
    """How an installed plugin stands: `on` is what is wished, `reason` why one that is on is broken.

    An `extra` knows no system and no kind of record: it adds commands, pages or sandboxes.
    """

    name: str
    distribution: str
    version: str
    on: bool
    state: Literal["on", "off", "broken"]
    reason: str = ""
    extra: bool = False


@dataclass(frozen=True, slots=True)
class Plugins:
    """All that is taken in; `owners` are the plugins by connector, `bindings` are found by (entity, connector)."""

    entities: Mapping[str, Entity]
    connectors: Mapping[str, Connector]
    owners: Mapping[str, str]
    bindings: Mapping[tuple[str, str], Binding]
    facade: Facade
    status: tuple[Status, ...] = ()


def installed() -> tuple[Entry, ...]:
    """All installed plugins by name, none of them imported."""
    found = []
    points = entry_points()
    for group in (GROUP, EXTRAS):
        for point in points.select(group=group):
            owner = point.dist.name if point.dist else ""
            version = point.dist.version if point.dist else ""
            found.append(Entry(point.name, point.value, owner, version, group == EXTRAS, point))
    return tuple(sorted(found, key=lambda entry: (entry.name, entry.distribution)))


def load(on: frozenset[str], off: frozenset[str] = frozenset()) -> Plugins:
    """Import and take in what is on: the names in `on`, and the extras that are not in `off`."""
    entries = installed()
    wished = [entry for entry in entries if entry.name in on or (entry.extra and entry.name not in off)]
    imported: dict[str, Any] = {}
    faults: dict[Entry, str] = {}
    for entry in wished:
        try:
            if entry.name in imported:
                raise PluginError(f"two plugins are named {entry.name}", fix="Uninstall one of the two.")
            _requirement(entry)
            imported[entry.name] = _import(entry)
        except PluginError as error:
            faults[entry] = str(error)
    plugins, refused = _take_in(imported)
    first = {entry.name: entry for entry in reversed(wished) if entry not in faults}
    faults |= {first[name]: str(error) for name, error in refused.items()}
    return Plugins(
        plugins.entities,
        plugins.connectors,
        plugins.owners,
        plugins.bindings,
        plugins.facade,
        tuple(_status(entry, entry in wished, faults.get(entry)) for entry in entries),
    )


def admit(plugins: Mapping[str, Any]) -> Plugins:
    """Take in plugins that are imported already, by name. Raises `PluginError` for the first that cannot be used."""
    taken, refused = _take_in(plugins)
    for error in refused.values():
        raise error
    return taken


def _status(entry: Entry, on: bool, reason: str | None) -> Status:
    state: Literal["on", "off", "broken"] = "broken" if reason is not None else "on" if on else "off"
    return Status(entry.name, entry.distribution, entry.version, on, state, reason or "", entry.extra)


def _requirement(entry: Entry) -> None:
    for line in (entry.point.dist.requires if entry.point.dist else None) or []:
        try:
            wanted = Requirement(line)
        except InvalidRequirement as error:
            raise PluginError(f"{entry.distribution} has a requirement that cannot be read: {line}") from error
        if wanted.name != "tieout-core" or (wanted.marker and not wanted.marker.evaluate({"extra": ""})):
            continue
        if not wanted.specifier.contains(__version__, prereleases=True):
            raise PluginError(
                f"{entry.distribution} {entry.version} wants tieout-core {wanted.specifier}, and this is {__version__}",
                fix=f"pip install --upgrade {entry.distribution} tieout-core",
            )


def _import(entry: Entry) -> Any:
    try:
        return entry.point.load()
    except (Exception, SystemExit) as error:  # whatever a stranger's module does, the rest runs
        lines = str(error).strip().splitlines() or [""]
        raise PluginError(
            f"{entry.name} cannot be imported",
            fix=f"Reinstall {entry.distribution}, or switch it off: tieout plugins disable {entry.name}",
            said=f"{type(error).__name__}: {lines[-1][:200]}",
        ) from error


def _take_in(plugins: Mapping[str, Any]) -> tuple[Plugins, dict[str, PluginError]]:
    taken: list[Taken] = []
    faults: dict[str, PluginError] = {}
    for name, plugin in plugins.items():
        try:
            taken.append(admission.take(name, plugin))
        except PluginError as error:
            faults[name] = error
    while found := admission.together(taken):
        faults |= found
        taken = [one for one in taken if one.name not in found]
    return _assembled(taken), faults


def _assembled(taken: Iterable[Taken]) -> Plugins:
    manager = admission.manager()
    entities: dict[str, Entity] = {}
    connectors: dict[str, Connector] = {}
    owners: dict[str, str] = {}
    bindings: dict[tuple[str, str], Binding] = {}
    for one in taken:
        manager.register(one.plugin, name=one.name)
        entities |= {entity.name: entity for entity in one.entities}
        connectors |= {connector.name: connector for connector in one.connectors}
        owners |= {connector.name: one.name for connector in one.connectors}
        bindings |= {(binding.entity, binding.connector): binding for binding in one.bindings}
    return Plugins(entities, connectors, owners, bindings, Facade(manager, connectors, owners))
