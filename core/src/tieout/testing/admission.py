"""Taking a plugin in as core does, alone."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

import pluggy

from tieout.contract import Binding, Connector, Entity
from tieout.hooks import Tieout


@dataclass(frozen=True, slots=True)
class Admitted:
    """What one plugin declares, and its hooks."""

    entities: tuple[Entity, ...]
    connectors: tuple[Connector, ...]
    bindings: tuple[Binding, ...]
    manager: pluggy.PluginManager


def admit(plugin: ModuleType) -> Admitted:
    """The plugin, registered alone. Raises `PluginError` as core would."""
    manager = pluggy.PluginManager("tieout")
    manager.add_hookspecs(Tieout)
    manager.register(plugin)
    manager.check_pending()
    return Admitted(
        entities=tuple(one for many in manager.hook.entities() for one in many),
        connectors=tuple(one for many in manager.hook.connectors() for one in many),
        bindings=tuple(one for many in manager.hook.bindings() for one in many),
        manager=manager,
    )
