"""Reads the layout of a firm: its own `firm.toml` laid over the usual one."""

import re
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from tieout_sandbox.apptivo.dates import Pattern
from tieout_sandbox.apptivo.given import Part
from tieout_sandbox.apptivo.layout import (
    App,
    AttributeParameter,
    Custom,
    Field,
    LabelForm,
    Layout,
    Status,
    Table,
    UpdateAnswer,
    View,
    label_of,
)

KEYS = (
    "name",
    "date-format",
    "stamp-format",
    "utc-offset",
    "currency",
    "currencies",
    "label-form",
    "payment-terms",
    "fields",
    "statuses",
    "custom",
    "views",
    "tables",
    "apps",
)
"""The keys of a file that say something about the layout."""

APP_KEYS = (
    "url",
    "single",
    "object-id",
    "id",
    "data",
    "attributes",
    "envelope",
    "number",
    "number-prefix",
    "name",
    "status-list",
    "update-answer",
    "fields",
    "tables",
    "statuses",
    "custom",
    "views",
    "config",
)
"""The keys of one app."""

_LABEL_FORMS: tuple[LabelForm, ...] = ("object", "text")
_ATTRIBUTES: tuple[AttributeParameter, ...] = ("attributeName", "attributeNames")
_ANSWERS: tuple[UpdateAnswer, ...] = ("record", "id")
_OFFSET = re.compile(r"(?P<sign>[+-])(?P<hours>\d\d):(?P<minutes>\d\d)")
_USUAL = Path(__file__).with_name("usual.toml")
_FIRST_ID = 1_600_000_000_000


@cache
def _usual_values() -> Mapping[str, Any]:
    """What the file of the usual layout says."""
    return Part.of_file(_USUAL).values


@cache
def usual() -> Layout:
    """The layout of a firm that says nothing about its own."""
    return layout(Part(str(_USUAL), {}))


def layout(own: Part) -> Layout:
    """The layout that a firm's file describes. Raises `MalformedFile` for what makes no sense, naming the key."""
    whole = own.over(_usual_values())
    terms = whole.part("payment-terms")
    _shared(whole)
    built = Layout(
        name=whole.text("name", "The sandbox's firm"),
        date_form=_pattern(whole, "date-format"),
        stamp_form=_pattern(whole, "stamp-format"),
        offset=_offset(whole),
        currency=whole.text("currency"),
        currencies=whole.texts("currencies"),
        payment_terms=tuple((terms.whole(name), name) for name in terms.values),
        label_form=whole.choice("label-form", _LABEL_FORMS),
        apps={name: _app(name, part, whole) for name, part in whole.part("apps").parts()},
    )
    urls = [app.url for app in built.apps.values()]
    for url in urls:
        if urls.count(url) > 1:
            raise whole.wrong("apps", f"has two apps with the url {url!r}")
    return built


def _shared(whole: Part) -> None:
    """Read what all apps share once by itself, so that an error names its own place and not an app's."""
    _fields(whole.part("fields"))
    _customs(whole.part("custom"), 0)
    for role, table in whole.part("tables").parts(short="key"):
        _table(role, table)
    for _, view in whole.part("views").parts():
        _view(view)


def _app(collection: str, part: Part, whole: Part) -> App:
    part.only(APP_KEYS)
    single = part.text("single", collection)
    object_id = part.whole("object-id", least=1)
    shared = {key: _present(whole.part(key).values) for key in ("fields", "tables", "custom", "views")}
    statuses = part.part("statuses") if part.values.get("statuses") else whole.part("statuses")
    return App(
        collection=collection,
        url=part.text("url", collection.replace("-", "")),
        single=single,
        object_id=object_id,
        id_field=part.text("id", f"{single}Id"),
        data_parameter=part.text("data", f"{single}Data"),
        attributes=part.choice("attributes", _ATTRIBUTES, "attributeNames"),
        envelope=part.text("envelope", ""),
        number=part.text("number"),
        name=part.text("name"),
        number_prefix=part.text("number-prefix", ""),
        status_list=part.text("status-list", "statuses"),
        update_answer=part.choice("update-answer", _ANSWERS, "record"),
        fields=_fields(part.part("fields").over(shared["fields"])),
        tables={
            role: _table(role, table.over(shared["tables"].get(role, {})))
            for role, table in part.part("tables").parts(short="key")
        },
        statuses=dict(_status(role, status) for role, status in statuses.parts()),
        custom=_customs(part.part("custom").over(shared["custom"]), object_id),
        views={name: _view(view) for name, view in part.part("views").over(shared["views"]).parts()},
    )


def _fields(part: Part) -> dict[str, Field]:
    fields = {}
    for role, given in part.parts(short="key"):
        given.only(("key", "label", "kind"))
        key = given.text("key", role)
        fields[role] = Field(key, given.text("label", label_of(key)), given.text("kind", "input"))
    return fields


def _table(role: str, part: Part) -> Table:
    part.only(("key", "label", "fields"))
    key = part.text("key", role)
    return Table(key, part.text("label", label_of(key)), _fields(part.part("fields")))


def _status(role: str, part: Part) -> tuple[str, Status]:
    part.only(("id", "name"))
    return role, Status(part.whole("id"), part.text("name"))


def _customs(part: Part, object_id: int) -> dict[str, Custom]:
    customs = {}
    for place, (role, given) in enumerate(part.parts(), 1):
        given.only(("label", "kind", "options", "id"))
        kind = given.text("kind", "input")
        attribute_id = given.text("id", f"{kind}_{_FIRST_ID + 1000 * object_id + place}_1")
        customs[role] = Custom(given.text("label", role), kind, given.texts("options"), attribute_id)
    return customs


def _view(part: Part) -> View:
    part.only(("name", "updated-within-days", "statuses"))
    days = part.whole("updated-within-days") if "updated-within-days" in part.values else None
    return View(part.text("name"), days, part.texts("statuses"))


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    """What all apps share and the firm has not taken away with `false`."""
    return {key: value for key, value in values.items() if value is not False}


def _pattern(part: Part, key: str) -> Pattern:
    try:
        return Pattern(part.text(key))
    except ValueError as error:
        raise part.wrong(key, f"makes no sense: {error}") from error


def _offset(part: Part) -> timedelta:
    match = _OFFSET.fullmatch(part.text("utc-offset"))
    if match is None:
        raise part.wrong("utc-offset", "is written as +05:30 or -08:00")
    ahead = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"]))
    return ahead if match["sign"] == "+" else -ahead
