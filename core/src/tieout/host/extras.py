"""What plugins offer besides their work: stand-ins for the real systems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tieout.api.errors import Refused
from tieout.host.plugins import load


def sandbox(options: Mapping[str, Any]) -> Any:
    """Return stand-ins for the real systems, as a context manager. Raises `Refused` when no plugin offers them."""
    found = load(frozenset(), frozenset()).facade.sandbox(options)
    if found is None:
        raise Refused("no sandbox is installed", fix="pip install tieout-sandbox")
    return found
