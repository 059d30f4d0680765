"""What plugins offer besides their work: commands of their own, and stand-ins for the real systems."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tieout.api.errors import Refused
from tieout.host import config as configuration
from tieout.host.plugins import Plugins, load


def commands(config: Path | None, cli: Any) -> None:
    """Let the plugins add their sub-commands."""
    _loaded(config).facade.commands(cli)


def sandbox(options: Mapping[str, Any]) -> Any:
    """Stand-ins for the real systems, as a context manager. Raises `Refused` when no plugin offers them."""
    found = _loaded(None).facade.sandbox(options)
    if found is None:
        raise Refused("no sandbox is installed", fix="pip install tieout-sandbox")
    return found


def _loaded(config: Path | None) -> Plugins:
    raw = configuration.read(config) if config is not None and config.exists() else None
    return load(frozenset(), raw.off if raw is not None else frozenset())
