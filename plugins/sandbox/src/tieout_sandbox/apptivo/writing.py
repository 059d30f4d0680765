"""`save` and `update`, with the rules by which Apptivo stores less than it was given.

Source: docs/facts/apptivo.md, "Updates", "Creation".
"""

from typing import Any

from tieout_sandbox import codec
from tieout_sandbox.apptivo.layout import App
from tieout_sandbox.apptivo.world import ApptivoWorld, Record

API_USER = "API User"
"""Who is said to have written what no employee is named for."""

_FLAGGED = {
    "addresses": "isAddressUpdate",
    "emailAddresses": "isEmailAddressUpdate",
    "customAttributes": "isCustomAttributesUpdate",
}
_FIXED = ("id", "objectId", "firmId", "version", "creationDate", "lastUpdateDate", "createdByName", "lastUpdatedByName")


class Refused(ValueError):
    """A call that Apptivo answers with FAILURE; the message is its reason."""


def save(world: ApptivoWorld, app: App, params: dict[str, str]) -> Record:
    """Create a record. There is no idempotency: the same call makes another one."""
    given = _data(app, params)
    name = app.key(app.name)
    if not str(given.get(name) or "").strip():
        raise Refused(f"{name} is required")
    return world.create(app, {key: value for key, value in given.items() if key not in _FIXED}, _author(params))


def update(world: ApptivoWorld, app: App, params: dict[str, str]) -> Record:
    """Store the named attributes of a record; a field that is not named is ignored even when it is in the data.

    Apps differ in the parameter that names them; the wrong one names nothing. Custom attributes are stored only by a
    call that says so, and such a call stores nothing else.
    """
    record = found(world, app, params)
    given = _data(app, params)
    names = {str(name) for name in _list(params, app.attributes)} - {*_FIXED, app.id_field}
    values = {name: value for name, value in given.items() if name in names and _flagged(name, params)}
    if params.get("isCustomAttributesUpdate") == "true":
        values = _custom(app, record, given, names, _list(params, "attributeIds"))
    if values:
        world.change(app, record, values, _author(params))
    return record


def found(world: ApptivoWorld, app: App, params: dict[str, str]) -> Record:
    """The record that a call is about. Raises `Refused` when there is none."""
    record = world.get(app, params.get(app.id_field) or params.get("id") or "")
    if record is None:
        raise Refused(f"No {app.single} was found for the given {app.id_field}")
    return record


def number_parameter(params: dict[str, str], names: tuple[str, ...], default: int) -> int:
    """The first of some parameters that is there, a whole number. Raises `Refused` when it is none."""
    text = next((params[name] for name in names if params.get(name)), str(default))
    if not text.isdigit():
        raise Refused(f"{names[0]} is not a number")
    return int(text)


def json_parameter(params: dict[str, str], name: str) -> Any:
    """The JSON value of a parameter, None when it is missing or empty. Raises `Refused` when it is no JSON."""
    text = params.get(name, "").strip()
    try:
        return codec.loads(text) if text else None
    except ValueError as error:
        raise Refused(f"{name} is not valid JSON") from error


def _data(app: App, params: dict[str, str]) -> Record:
    given = json_parameter(params, app.data_parameter)
    if not isinstance(given, dict):
        raise Refused(f"{app.data_parameter} is required")
    return given


def _list(params: dict[str, str], name: str) -> list[Any]:
    given = json_parameter(params, name)
    return given if isinstance(given, list) else []


def _flagged(name: str, params: dict[str, str]) -> bool:
    return name not in _FLAGGED or params.get(_FLAGGED[name]) == "true"


def _custom(app: App, record: Record, given: Record, names: set[str], ids: list[Any]) -> Record:
    """The record's custom attributes with the given ones put in their places; others stay as they are.

    A value of a select that is none of its options is not stored.
    """
    options = {each.attribute_id: {"", *each.options} for each in app.custom.values() if each.options}
    kept = {each.get("customAttributeId"): each for each in record.get("customAttributes") or []}
    for each in given.get("customAttributes") or []:
        attribute = each.get("customAttributeId")
        if attribute in options and str(each.get("customAttributeValue") or "") not in options[attribute]:
            continue
        by_list = "customAttributes" in names and (not ids or attribute in ids)
        if by_list or each.get("customAttributeTagName") in names:
            kept[attribute] = each
    values = list(kept.values())
    return {} if values == record.get("customAttributes", []) else {"customAttributes": values}


def _author(params: dict[str, str]) -> str:
    return params.get("userName") or API_USER
