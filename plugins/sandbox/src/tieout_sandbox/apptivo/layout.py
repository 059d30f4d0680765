"""The shape of one firm's Apptivo: how each app is addressed, how it answers, and what its fields are called.

A *role* is the name that a field, a line table or a status has in the usual layout (`usual.toml`); a firm may call it
anything else. Whatever the sandbox knows about a record, it knows by role.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from tieout_sandbox.apptivo.dates import Pattern

LabelForm = Literal["object", "text"]
AttributeParameter = Literal["attributeName", "attributeNames"]
UpdateAnswer = Literal["record", "id"]

USUAL_APPS = (
    "customers",
    "contacts",
    "suppliers",
    "items",
    "invoices",
    "supplier-invoices",
    "purchase-orders",
)
"""The collections that every firm is shown with, also when they are empty."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record or column of a table: its key on the wire, and its label and kind in `webLayout`."""

    key: str
    label: str
    kind: str = "input"


@dataclass(frozen=True, slots=True)
class Table:
    """A list of rows on a record: line tables and payments. `fields` are its columns by role."""

    key: str
    label: str
    fields: Mapping[str, Field]

    def name(self, role: str) -> str:
        """What this firm calls a column; a role that the layout does not mention is its own name."""
        field = self.fields.get(role)
        return field.key if field else role


@dataclass(frozen=True, slots=True)
class Status:
    """One status of an app."""

    number: int
    name: str


@dataclass(frozen=True, slots=True)
class Custom:
    """A custom attribute. Its values on records are found by `attribute_id`; only `webLayout` tells its label.

    `options` are those of a select.
    """

    label: str
    kind: str
    options: tuple[str, ...]
    attribute_id: str

    @property
    def tag_name(self) -> str:
        """What an update names it by."""
        return f"{self._stem}_2"

    @property
    def tag_id(self) -> str:
        """What the form names its input by."""
        return f"{self._stem}_3"

    @property
    def _stem(self) -> str:
        return self.attribute_id.removesuffix("_1")


@dataclass(frozen=True, slots=True)
class View:
    """A saved view: records changed within so many days, or of certain statuses (by role)."""

    name: str
    updated_within_days: int | None
    statuses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class App:
    """One app: `collection` names its file and its place in the state, `url` is its name in the path.

    `single` is the word for one record. `id_field` and `data_parameter` are parameters of calls, the first one also the
    field with the numeric id. `envelope` is the key around one record, empty for none. `attributes` is the parameter
    that names what an update stores. `number` and `name` are the roles of what people call a record by.
    """

    collection: str
    url: str
    single: str
    object_id: int
    id_field: str
    data_parameter: str
    attributes: AttributeParameter
    envelope: str
    number: str
    name: str
    number_prefix: str
    status_list: str
    update_answer: UpdateAnswer
    fields: Mapping[str, Field]
    tables: Mapping[str, Table]
    statuses: Mapping[str, Status]
    custom: Mapping[str, Custom]
    views: Mapping[str, View]

    def key(self, role: str) -> str:
        """What this firm calls a field; a role that the layout does not mention is its own name."""
        field = self.fields.get(role)
        return field.key if field else role

    def rows(self, record: Mapping[str, object]) -> list[tuple[Table, dict[str, object]]]:
        """The lines of a document, goods before services, each with its table."""
        tables = [self.tables[role] for role in ("lines", "serviceLines") if role in self.tables]
        found = [(table, record.get(table.key)) for table in tables]
        return [(table, row) for table, rows in found if isinstance(rows, list) for row in rows]


@dataclass(frozen=True, slots=True)
class Layout:
    """The whole shape of a firm's Apptivo.

    `date_form` is how document dates are written, `stamp_form` how audit stamps are, on a clock `offset` ahead of UTC.
    `label_form` is `text` where labels in `webLayout` are JSON once more (docs/facts/apptivo.md, "Configuration and
    layout").
    """

    name: str
    date_form: Pattern
    stamp_form: Pattern
    offset: timedelta
    currency: str
    currencies: tuple[str, ...]
    payment_terms: tuple[tuple[int, str], ...]
    label_form: LabelForm
    apps: Mapping[str, App]

    def app(self, word: str) -> App:
        """The app of a collection or of a path. Raises `LookupError` with the known names."""
        found = self.apps.get(word) or self.at(word)
        if found is None:
            raise LookupError(f"no app {word!r}; known are {', '.join(self.apps)}")
        return found

    def numbered(self, object_id: str) -> App | None:
        """The app with this objectId."""
        return next((app for app in self.apps.values() if str(app.object_id) == object_id), None)

    def at(self, url: str) -> App | None:
        """The app that is addressed so."""
        return next((app for app in self.apps.values() if app.url == url), None)


def label_of(key: str) -> str:
    """A label for a field that was given none: `orderDate` is `Order Date`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", key).title()
