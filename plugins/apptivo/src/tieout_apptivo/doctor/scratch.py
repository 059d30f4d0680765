"""What only a write can tell, tried on the one record that a person allows.

One custom attribute is written, read back, and put back as it was. Source: docs/facts/apptivo.md, "Probes".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tieout import Batch, Connection, Finding, Refused, Resource, Step, Wire

from tieout_apptivo.back import writing
from tieout_apptivo.reading.lookup import by_id
from tieout_apptivo.shape import attributes
from tieout_apptivo.shape.dates import Calendar
from tieout_apptivo.shape.fields import at, normal
from tieout_apptivo.shape.profile import App
from tieout_apptivo.shape.scalars import Unreadable, text

_PARAMETERS = ("attributeName", "attributeNames")
_STEP = timedelta(minutes=15)
"""All clocks of the world differ by whole quarters of an hour."""
_SLACK = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of it: the findings, the parameter that stores attributes, and the clock of stamps against UTC."""

    findings: tuple[Finding, ...]
    parameter: str = ""
    offset: timedelta | None = None


def named(scratch: str, resources: Mapping[str, Resource]) -> tuple[Resource, str]:
    """The app and the id of the record that is allowed. Raises `Refused` where the words name none."""
    app, separator, id = scratch.partition("/")
    if not separator or not id or app not in resources or resources[app].inside:
        known = ", ".join(sorted(name for name, one in resources.items() if not one.inside))
        raise Refused(
            f"{scratch} names no record",
            why="A record is named by its app and its id.",
            fix=f"Write for example customers/1000231. The apps are: {known}",
        )
    return resources[app], id


def tried(connection: Connection, resource: Resource, id: str) -> Tried:
    """Write an attribute of the record in both ways that there are, and look what is stored and stamped.

    The labels of the app are known. Raises `Refused` where there is no such record, or nothing to write into.
    """
    app = connection.settings.profile.app(resource.name)
    label = _label(connection, resource.name, app)
    before = _record(connection, resource, id)
    said = attributes.value(before, connection.memory[attributes.custom_key(resource.name)][normal(label)])
    works = ""
    try:
        for parameter in dict.fromkeys((app.attribute_parameter, *_PARAMETERS)):
            if _stored(connection, resource, id, parameter, label, f"Tieout tries {parameter}"):
                works = parameter
                break
        now, after = connection.clock.now(), _record(connection, resource, id)
    finally:
        if works:
            _stored(connection, resource, id, works, label, said)
    offset = _offset(connection, at(before, app.updated), at(after, app.updated), now)
    return Tried(findings=tuple(_findings(label, works, offset, before, after, app)), parameter=works, offset=offset)


def _label(connection: Connection, name: str, app: App) -> str:
    known = connection.memory.get(attributes.custom_key(name), {})
    labels = (*app.marks.reason, *app.marks.target_id, *app.marks.url)
    found = next((one for one in labels if known.get(normal(one), {}).get("tag") in ("input", "textarea")), None)
    if found is None:
        raise Refused(
            f"{name} has no attribute that could be written to",
            why=f"None of {', '.join(labels)} is a custom attribute of this app.",
            fix=f"Make a text attribute called {labels[0]} in the layout of the app, or name a record of another app.",
        )
    return found


def _record(connection: Connection, resource: Resource, id: str) -> Wire:
    found = by_id(connection, resource, id)
    if not found:
        raise Refused(f"there is no record {id} in {resource.name}", fix="Look up its id in Apptivo.")
    return found[0]


def _stored(connection: Connection, resource: Resource, id: str, parameter: str, label: str, told: str) -> bool:
    """Whether what is written with this parameter is there when it is read back."""
    settings = connection.settings
    app = settings.profile.app(resource.name).model_copy(update={"attribute_parameter": parameter})
    profile = settings.profile.model_copy(update={resource.name.replace("-", "_"): app})
    manner = replace(connection, settings=settings.model_copy(update={"profile": profile}))
    step = Step(op="update", id=id, key="scratch", body={"custom": {label: told}})
    [receipt] = writing.push(manner, Batch(resource, "update", (step,), "scratch"))
    return receipt.outcome in ("updated", "unchanged")


def _offset(connection: Connection, before: object, after: object, now: datetime) -> timedelta | None:
    """The clock of the stamps, from the stamp that our own write left; None where it left none."""
    if before == after:
        return None
    formats = (text(connection.settings.profile.stamp_format), "MM/dd/yyyy", "dd/MM/yyyy", "yyyy-MM-dd")
    for one in formats:
        try:
            stamp = Calendar(one, now.tzinfo).stamp(after) if one and now.tzinfo else None
        except Unreadable:
            continue
        if stamp is not None:
            steps = round((stamp - now) / _STEP)
            if abs(stamp - now - steps * _STEP) <= _SLACK and abs(steps * _STEP) <= timedelta(hours=14):
                return steps * _STEP
    return None


def _findings(
    label: str, works: str, offset: timedelta | None, before: Wire, after: Wire, app: App
) -> Iterator[Finding]:
    if works:
        yield Finding(topic="Writing", what=f"{label} was written with {works}, read back, and put back as it was.")
    else:
        yield Finding(
            topic="Writing",
            what=f"{label} was written in both ways that are known, and was not stored.",
            state="bad",
            fix="Look in Apptivo whether the employee of user-name may edit this attribute.",
        )
    echoes = at(before, app.updated) != at(after, app.updated)
    yield Finding(
        topic="Writing",
        what=f"A write of ours {'changes' if echoes else 'does not change'} the record's time of change.",
    )
    if offset is not None:
        yield Finding(topic="Writing", what=f"The clock of the stamps stands at {written(offset)} against UTC.")


def written(offset: timedelta) -> str:
    """An offset from UTC as the settings write it: `+05:30`."""
    minutes = round(offset / timedelta(minutes=1))
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
