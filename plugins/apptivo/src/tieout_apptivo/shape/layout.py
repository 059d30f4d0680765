"""An app's layout: which attribute of a record people see under which label.

Source: docs/facts/apptivo.md, "Configuration and layout". The layout is JSON inside the JSON, and so are the labels of
some firms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tieout import Wire, loads

from tieout_apptivo.shape.fields import objects
from tieout_apptivo.shape.scalars import text

_IGNORED = ("placeholder", "spacer")


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: its id, the label that people see, and the key of the record that holds it.

    `custom` ones lie in the record's custom attributes under their id, and not at `key`. `tag` is what people fill it
    in with (`input`, `select`, `date`), and `options` are the choices by their ids. `section` is the id of the part
    of the page that shows it, and `title` what stands above that part; `row_note` marks the note of a row.
    """

    id: str
    label: str
    key: str
    custom: bool
    tag: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    section: str = ""
    title: str = ""
    row_note: bool = False


def attributes(config: Wire) -> list[Attribute]:
    """The attributes that a configuration's layout shows, in its order; empty where the layout cannot be read."""
    found = []
    for section in objects(decoded(config.get("webLayout")).get("sections")):
        place, title = text(section.get("id")), _label(section.get("label"))
        for entry in objects(section.get("attributes")):
            first: Wire = next(iter(objects(entry.get("right"))), {})
            tag = text(entry.get("attributeTag")) or text(first.get("tag"))
            label, id = _label(entry.get("label")), text(entry.get("attributeId"))
            if label and tag not in _IGNORED and entry.get("isEnabled") is not False:
                key = text(entry.get("tagName")) or text(first.get("tagName"))
                custom = text(entry.get("type")).casefold() == "custom"
                found.append(
                    Attribute(
                        id, label, key, custom, tag, _options(first), place, title, entry.get("isRowNote") is True
                    )
                )
    return found


def _options(first: Wire) -> dict[str, str]:
    """The choices of an attribute: id to text; where only texts are told they stand for themselves."""
    told = {text(one.get("optionId")): text(one.get("optionObject")) for one in objects(first.get("optionValueList"))}
    plain = first.get("options")
    return told or {text(one): text(one) for one in (plain if isinstance(plain, list) else []) if text(one)}


def decoded(value: Any) -> Wire:
    """An object, or one that is written as text; empty for anything else."""
    if isinstance(value, str):
        try:
            value = loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, dict) else {}


def _label(value: Any) -> str:
    told = decoded(value)
    return text(told.get("modifiedLabel")) or text(told.get("originalLabel")) or ("" if told else text(value))
