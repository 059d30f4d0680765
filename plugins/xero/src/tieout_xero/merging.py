"""Merged contacts: which one stands for which, kept in the connection's memory.

A merge archives the losing contact for good and marks it with the one that stays (docs/facts/xero.md, "Contacts"), so
documents of the loser go to the contact that stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tieout import Connection, Wire

from tieout_xero.listing import IDS, LISTINGS, rows
from tieout_xero.wire import is_id

_MERGED = "merged"
_NAMES = "survivors"


def note(connection: Connection, wires: Sequence[Wire]) -> None:
    """Remember the merges that contacts tell of, and what the contacts that stay are called.

    Those whose names are not known yet are asked for, 40 in a call.
    """
    before: Mapping[str, str] = connection.memory.get(_MERGED, {})
    merged = {**before, **{wire["ContactID"]: into for wire in wires if (into := merged_into(wire))}}
    stay = set(merged.values())
    known: Mapping[str, str] = connection.memory.get(_NAMES, {})
    names = {**known, **_named(wires, stay)}
    if missing := sorted(stay - names.keys()):
        names |= dict.fromkeys(missing, "")  # asked once, even when Xero does not tell
        for start in range(0, len(missing), IDS):
            found = rows(connection, LISTINGS["Contacts"], {"IDs": ",".join(missing[start : start + IDS])})
            names |= _named(found.wires, stay)
    for key, there, now in ((_MERGED, before, merged), (_NAMES, known, names)):
        if now != there:
            connection.memory[key] = now


def _named(wires: Iterable[Wire], stay: set[str]) -> dict[str, str]:
    return {wire["ContactID"]: str(wire.get("Name") or "") for wire in wires if wire.get("ContactID") in stay}


def merged_into(wire: Wire) -> str | None:
    """The id of the contact that a contact was merged into; None for one that was not."""
    into = str(wire.get("MergedToContactID") or "")
    return into if is_id(into) and into != wire.get("ContactID") else None


def survivor(contact: str, memory: Mapping[str, Any]) -> str:
    """The contact that stands for this one now: itself, unless it was merged, be it several times over."""
    merged: Mapping[str, str] = memory.get(_MERGED, {})
    passed = {contact}
    while (into := merged.get(contact)) and into not in passed:
        passed.add(into)
        contact = into
    return contact


def called(contact: str, memory: Mapping[str, Any]) -> str:
    """What people call a contact that stays: its name, or its id where that is not known."""
    names: Mapping[str, str] = memory.get(_NAMES, {})
    return names.get(contact) or contact
