"""What a layout calls the header of a record and each of its lists: the labels of their keys, and their headings.

A section whose attributes are the columns of a list belongs to that list (docs/facts/apptivo.md, "Configuration and
layout"), so that a key that the header and a list share is not taken for one and the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tieout import Wire

from tieout_apptivo.shape.layout import Attribute

_SURE = 3
"""How many keys of a section a record has itself before the section counts as one of its header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What people read above a list and beside its values: `labels` by key.

    `note` is the key of a row's note, `money` are the keys that hold amounts, `own` those that are surely shown here,
    whether they are filled or not.
    """

    title: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    money: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()


def header(layout: Sequence[Attribute], wires: Sequence[Wire], there: Mapping[str, Sequence[Wire]]) -> Heading:
    """The labels of a record's own values."""
    of_lists = {_section(layout, key, rows) for key, rows in there.items()} - {""}
    found = _heading([one for one in layout if one.section not in of_lists])
    keys = {key for wire in wires for key in wire}
    shares = Counter(one.section for one in layout if one.key in keys and one.section not in of_lists)
    own = {one.key for one in layout if not one.custom and one.key and shares[one.section] >= _SURE}
    return replace(found, own=frozenset(own))


def heading(layout: Sequence[Attribute], key: str, rows: Sequence[Wire]) -> Heading:
    """The labels of a list's columns; what its own section does not tell, any other may."""
    section = _section(layout, key, rows)
    own = [one for one in layout if section and one.section == section]
    found, all_ = _heading(own), _heading(layout)
    money = found.money if own else all_.money
    labels = {**all_.labels, **found.labels}
    return Heading(title=own[0].title if own else "", labels=labels, note=found.note, money=money)


def _section(layout: Sequence[Attribute], key: str, rows: Sequence[Wire]) -> str:
    """The section that shows a list: the one of its name, else the one most of whose keys its rows have."""
    sections: dict[str, list[str]] = {}
    for one in layout:
        sections.setdefault(one.section, []).append(one.key)
    if key in sections:
        return key
    keys = {name for row in rows for name in row}
    shares = {name: sum(1 for one in shown if one in keys) / len(shown) for name, shown in sections.items() if name}
    best = max(shares, key=lambda name: shares[name], default="")
    return best if shares.get(best, 0) > 0.5 else ""


def _heading(shown: Sequence[Attribute]) -> Heading:
    plain = [one for one in reversed(shown) if not one.custom and one.key]
    return Heading(
        labels={one.key: one.label for one in plain},
        note=next((one.key for one in plain if one.row_note), ""),
        money=frozenset(one.key for one in plain if one.tag == "currency"),
    )
