"""Turns a record of the usual layout into the shape that another firm gives it."""

from typing import Any

from tieout_sandbox.apptivo.config import custom_attribute
from tieout_sandbox.apptivo.layout import App, Layout, Table
from tieout_sandbox.apptivo.layoutfile import usual
from tieout_sandbox.firm.records import Record

_STAMPS = ("creationDate", "lastUpdateDate")


def dressed(record: Record, collection: str, layout: Layout) -> Record:
    """A record with the field names, tables, statuses, dates and custom attributes of a layout.

    What the layout has no place for is left out.
    """
    before, app = usual().app(collection), layout.app(collection)
    roles = {field.key: role for role, field in before.fields.items()}
    tables = {table.key: role for role, table in before.tables.items()}
    changed: Record = {}
    for key, value in record.items():
        if key in tables:
            if table := app.tables.get(tables[key]):
                changed[table.key] = [_row(row, before.tables[tables[key]], table, layout) for row in value]
        elif key not in roles:
            changed[key] = value
        elif field := app.fields.get(roles[key]):
            changed[field.key] = _value(value, roles[key], before.fields[roles[key]].kind, layout)
    changed |= {app.id_field: changed.pop(before.id_field), "objectId": app.object_id}
    changed["customAttributes"] = [
        custom_attribute(app.custom[role], each["customAttributeValue"])
        for each in record["customAttributes"]
        for role, custom in before.custom.items()
        if custom.attribute_id == each["customAttributeId"] and role in app.custom
    ]
    _put_status(changed, record, before, app)
    return changed


def _row(row: Record, before: Table, table: Table, layout: Layout) -> Record:
    roles = {field.key: role for role, field in before.fields.items()}
    changed: Record = {}
    for key, value in row.items():
        role = roles.get(key, key)
        if role in before.fields and role not in table.fields:
            continue
        if role == "taxes":
            changed[table.name(role)] = [{table.name(name): each[name] for name in each} for each in value]
            continue
        kind = before.fields[role].kind if role in before.fields else ""
        changed[table.name(role)] = _value(value, role, kind, layout)
    return changed


def _value(value: Any, role: str, kind: str, layout: Layout) -> Any:
    """A date in the layout's own form; anything else as it is."""
    if kind != "date" or not value:
        return value
    if role in _STAMPS:
        return layout.stamp_form.written(usual().stamp_form.read(value))
    return layout.date_form.written(usual().date_form.read(value))


def _put_status(changed: Record, record: Record, before: App, app: App) -> None:
    """The same status in the layout, or the last one before it that the layout has."""
    number = record.get(before.key("statusId"))
    order = list(before.statuses)
    place = next((place for place, role in enumerate(order) if before.statuses[role].number == number), None)
    if place is None:
        return
    role = next((role for role in reversed(order[: place + 1]) if role in app.statuses), next(iter(app.statuses)))
    status = app.statuses[role]
    changed[app.key("statusId")], changed[app.key("statusName")] = status.number, status.name
