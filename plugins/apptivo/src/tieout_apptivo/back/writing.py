"""Writing back: one record is read, only what is ours is changed, and the record is read again to see that it arrived.

Standard attributes and custom ones go in calls of their own, each with the list of what it changes; what is not named
there is not stored. Nothing is ever created or deleted. Sources: docs/facts/apptivo.md, "Updates", "Creation", "Storing
an id", "Deletions".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tieout import (
    Batch,
    Connection,
    OutcomeUnknown,
    Problem,
    Receipt,
    Rejected,
    Resource,
    Step,
    Unavailable,
    Wire,
    dumps,
)

from tieout_apptivo.back import marking, settling
from tieout_apptivo.calls import change
from tieout_apptivo.reading.lookup import by_id
from tieout_apptivo.shape import attributes
from tieout_apptivo.shape.dates import calendar
from tieout_apptivo.shape.fields import normal
from tieout_apptivo.shape.profile import App
from tieout_apptivo.shape.scalars import ident


def push(connection: Connection, batch: Batch) -> list[Receipt]:
    """A receipt for each step: `updated`, `unchanged` where the record says so already, `rejected` with its cause.

    The body of a step is `standard` (values by key) and `custom` (texts by label). Raises what says that nothing was
    sent; a write whose outcome is open is looked up here: it is `later` where it did not arrive, and `unknown` only
    when the look-up fails too.
    """
    return [_written(connection, batch.resource, step) for step in batch.steps]


def _written(connection: Connection, resource: Resource, step: Step) -> Receipt:
    if step.op != "update" or step.id is None:
        return Receipt(key=step.key, outcome="rejected", problems=(_only_updates(resource.name),))
    found = by_id(connection, resource, step.id)
    if not found:
        return Receipt(key=step.key, outcome="rejected", id=step.id, problems=(_gone(resource.name, step.id),))
    [now] = found
    try:
        lacking = _lacking(connection, resource.name, step.body, now)
    except Rejected as error:
        return Receipt(key=step.key, outcome="rejected", id=step.id, problems=error.problems)
    if not lacking:
        return Receipt(key=step.key, outcome="unchanged", id=step.id, wire=now)
    open_ = False
    try:
        _send(connection, resource.name, lacking, now, step.id)
    except OutcomeUnknown:
        open_ = True
    except Rejected as error:
        return Receipt(key=step.key, outcome="rejected", id=step.id, problems=error.problems)
    answer = _read_back(connection, resource, step)
    # an update says the same when it is repeated, so one that did not arrive may go again
    return Receipt(key=step.key, outcome="later", id=step.id) if open_ and answer.outcome == "rejected" else answer


def _read_back(connection: Connection, resource: Resource, step: Step) -> Receipt:
    try:
        found = by_id(connection, resource, step.id or "")
    except Unavailable:
        return Receipt(key=step.key, outcome="unknown", id=step.id)
    if not found:
        return Receipt(key=step.key, outcome="unknown", id=step.id)
    left = _lacking(connection, resource.name, step.body, found[0])
    if not left:
        return Receipt(key=step.key, outcome="updated", id=step.id, wire=found[0])
    problem = _not_stored(connection, resource.name, [*left.get("standard", {}), *left.get("custom", {})])
    return Receipt(key=step.key, outcome="rejected", id=step.id, wire=found[0], problems=(problem,))


def _lacking(connection: Connection, name: str, body: Wire, now: Wire) -> Wire:
    """What of a body the record does not say yet. Raises `Rejected` for an attribute that the app does not have."""
    known = connection.memory.get(attributes.custom_key(name), {})
    days = calendar(connection.settings, connection.memory)
    wanted: Mapping[str, str] = body.get("custom", {})
    if missing := [label for label in wanted if normal(label) not in known]:
        raise Rejected(*(attributes.missing(label, name) for label in missing))
    standard = {key: value for key, value in body.get("standard", {}).items() if not settling.same(now.get(key), value)}
    custom = {
        label: text
        for label, text in wanted.items()
        if not attributes.same(attributes.value(now, known[normal(label)]), text, known[normal(label)], days)
    }
    return {name: part for name, part in (("standard", standard), ("custom", custom)) if part}


def _send(connection: Connection, name: str, lacking: Wire, now: Wire, id: str) -> None:
    app: App = connection.settings.profile.app(name)
    if standard := lacking.get("standard"):
        now = {**now, **standard}
        _update(connection, app, id, now, names=list(standard), ids=[])
    if custom := lacking.get("custom"):
        if not connection.memory.get(marking.marked_key(name)):
            connection.memory[marking.marked_key(name)] = True
        known = connection.memory.get(attributes.custom_key(name), {})
        about = [known[normal(label)] for label in custom]
        days = calendar(connection.settings, connection.memory)
        record = {**now, attributes.LIST: attributes.put(now, custom, known, days)}
        names = [attributes.LIST, *(one["key"] for one in about if one["key"])]
        _update(connection, app, id, record, names=names, ids=[one["id"] for one in about])


def _update(connection: Connection, app: App, id: str, record: Wire, *, names: list[str], ids: list[str]) -> None:
    parameters: dict[str, Any] = {
        app.id_parameter: ident(id),
        app.data_parameter: dumps(record).decode(),
        app.attribute_parameter: dumps(names).decode(),
        "attributeIds": dumps(ids).decode(),
        "isCustomAttributesUpdate": "true" if ids else "false",
        "objectId": app.object_id,
    }
    change(connection, app, "update", parameters)


def _only_updates(name: str) -> Problem:
    return Problem(
        cause="update-only",
        what=f"Nothing is created or deleted in Apptivo, and this record of {name} is not there.",
        why="Apptivo has no key that would keep a repeated creation from making a second record.",
        fix="Create the record in Apptivo; it is linked in the next run.",
        about=name,
    )


def _gone(name: str, id: str) -> Problem:
    return Problem(
        cause="record-gone",
        what=f"Apptivo has no record {id} in {name} any more.",
        why="It was deleted, or belongs to another firm.",
        fix="Nothing has to be done when it was deleted on purpose.",
        about=name,
    )


def _not_stored(connection: Connection, name: str, lacking: list[str]) -> Problem:
    used = connection.settings.profile.app(name).attribute_parameter
    other = "attributeName" if used == "attributeNames" else "attributeNames"
    return Problem(
        cause="not-stored",
        what=f"Apptivo took the change of {', '.join(lacking)} and did not store it.",
        why=f"It stores only what is named in its list of attributes, which was sent as {used}.",
        fix=f'Look whether the employee may edit these values; else set {name}.attribute-parameter = "{other}" in the '
        "firm's profile.",
        about=name,
    )
