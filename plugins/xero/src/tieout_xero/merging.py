"""Merged contacts: which one stands for which, kept in the connection's memory.

A merge archives the losing contact for good and marks it with the one that stays (facts/xero.md 5.1), so documents of
the loser go to the contact that stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tieout.contract import Connection, Wire

from tieout_xero.wire import is_id

_MEMORY = "merged"


def note(connection: Connection, wires: Iterable[Wire]) -> None:
    """Remember the merges that contacts tell of."""
    known: Mapping[str, str] = connection.memory.get(_MEMORY, {})
    told = {wire["ContactID"]: into for wire in wires if (into := merged_into(wire))}
    if not told.items() <= known.items():
        connection.memory[_MEMORY] = {**known, **told}


def merged_into(wire: Wire) -> str | None:
    """The id of the contact that a contact was merged into; None for one that was not."""
    into = str(wire.get("MergedToContactID") or "")
    return into if is_id(into) and into != wire.get("ContactID") else None


def survivor(contact: str, memory: Mapping[str, Any]) -> str:
    """The contact that stands for this one now: itself, unless it was merged, be it several times over."""
    merged: Mapping[str, str] = memory.get(_MEMORY, {})
    passed = {contact}
    while (into := merged.get(contact)) and into not in passed:
        passed.add(into)
        contact = into
    return contact
