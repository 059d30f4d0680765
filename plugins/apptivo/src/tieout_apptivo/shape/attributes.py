"""Custom attributes as they are written: found by the label that people see, shaped by their type.

Sources: docs/facts/apptivo.md, "Custom attributes", "Storing an id".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tieout import Problem, Wire

from tieout_apptivo.shape import layout
from tieout_apptivo.shape.dates import Calendar
from tieout_apptivo.shape.fields import normal, objects
from tieout_apptivo.shape.scalars import Unreadable, ident, text

LIST = "customAttributes"
"""Where the custom attributes of a record lie when it is written."""


def custom_key(app: str) -> str:
    """The key under which a connection's memory keeps the custom attributes of an app by their normalised labels."""
    return f"custom:{app}"


def custom(config: Wire) -> dict[str, Any]:
    """The custom attributes that a configuration's layout shows, by normalised label, as plain JSON."""
    return {
        normal(one.label): {"id": one.id, "key": one.key, "tag": one.tag, "options": dict(one.options)}
        for one in reversed(layout.attributes(config))
        if one.custom and one.id
    }


def states_key(app: str) -> str:
    """The key under which a connection's memory keeps the statuses of an app: normalised name to id and name."""
    return f"states:{app}"


def states(config: Wire) -> dict[str, list[str]]:
    """The statuses that a configuration tells: normalised name to id and name.

    Source: docs/facts/apptivo.md, "Configuration and layout".
    """
    found: dict[str, list[str]] = {}
    for key, value in config.items():
        for entry in objects(value) if "status" in key.casefold() else ():
            id, name = ident(entry.get("statusId") or entry.get("id")), text(entry.get("statusName"))
            if id and name:
                found.setdefault(normal(name), [id, name])
    return found


def missing(label: str, app: str) -> Problem:
    """What to do about an attribute that the app's layout does not have."""
    return Problem(
        cause="attribute-missing",
        what=f'The app {app} has no attribute "{label}", so nothing can be written into it.',
        why="Custom attributes belong to one app of one firm; they are found by their label.",
        fix=f'In Apptivo open the app, then Settings -> Master Layout, and add a text attribute labelled "{label}"; or '
        f"name another label in the firm's profile: {app}.marks.",
        about=f"{app}: {label}",
    )


def value(wire: Wire, about: Mapping[str, Any]) -> str:
    """What a record says in an attribute; empty for nothing."""
    found = next((one for one in objects(wire.get(LIST)) if text(one.get("customAttributeId")) == about["id"]), {})
    return text(found.get("customAttributeValue"))


def same(one: str, other: str, about: Mapping[str, Any], days: Calendar) -> bool:
    """Whether two values of an attribute say the same: choices by what they are called, dates by the day."""
    if about["tag"] == "date":
        try:
            return days.day(one) == days.day(other)
        except Unreadable:
            return one == other
    return normal(one) == normal(other) if about["options"] else one == other


def put(wire: Wire, wanted: Mapping[str, str], known: Mapping[str, Any], days: Calendar) -> list[Wire]:
    """The record's custom attributes with these values by label; all others are as they were."""
    entries = [dict(one) for one in objects(wire.get(LIST))]
    for label, told in wanted.items():
        about = known[normal(label)]
        entry = next((one for one in entries if text(one.get("customAttributeId")) == about["id"]), None)
        if entry is None:
            entry = _fresh(about)
            entries.append(entry)
        entry |= _valued(told, about, wire, days)
    return entries


def _fresh(about: Mapping[str, Any]) -> Wire:
    return {
        "customAttributeId": about["id"],
        "customAttributeType": about["tag"] or "input",
        "customAttributeName": about["key"],
        "customAttributeTagName": about["key"],
        "fieldType": "NUMBER",
        "attributeValues": [],
    }


def _valued(told: str, about: Mapping[str, Any], wire: Wire, days: Calendar) -> Wire:
    found: Wire = {"customAttributeValue": told}
    if about["options"]:
        id = next((id for id, option in about["options"].items() if normal(option) == normal(told)), "")
        found |= {"customAttributeValue": about["options"].get(id, ""), "customAttributeValueId": id}
    if about["tag"] == "date":
        day = days.day(told)
        found["dateValue"] = f"{day.isoformat()} 00:00:00" if day else ""
    if about["tag"] == "currency":
        found["currencyCode"] = text(wire.get("currencyCode"))
    return found
