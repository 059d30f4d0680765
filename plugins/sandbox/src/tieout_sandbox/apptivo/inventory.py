"""Labels for what the records of a folder hold and its layout does not name."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from tieout_sandbox.apptivo.layout import App, Field, Layout, Table, label_of

_UNLABELLED = ("id", "objectId", "firmId", "objectStatus", "version", "customAttributes", "addresses")
_UNLABELLED_LISTS = ("phoneNumbers", "emailAddresses", "labels", "notes", "toObjectIds", "categories")


def labelled(layout: Layout, records: Mapping[str, list[dict[str, Any]]]) -> Layout:
    """The layout with a field for every key that the records have besides: its label is made from the key."""
    apps = {name: _completed(app, records.get(name, [])) for name, app in layout.apps.items()}
    return replace(layout, apps=apps)


def _completed(app: App, records: list[dict[str, Any]]) -> App:
    named = {table.key: role for role, table in app.tables.items()}
    held: dict[str, list[dict[str, Any]]] = {key: [] for key in named}
    plain: dict[str, None] = {}
    for record in records:
        for key, value in record.items():
            if key in named or _is_table(key, value):
                held.setdefault(key, []).extend(row for row in value or [] if isinstance(row, dict))
            elif key not in (*_UNLABELLED, *_UNLABELLED_LISTS, app.id_field):
                plain[key] = None
    tables = {
        named.get(key, key): _table(app.tables.get(named.get(key, key), Table(key, label_of(key), {})), rows)
        for key, rows in held.items()
    }
    return replace(app, fields=_fields(app.fields, plain), tables=tables)


def _is_table(key: str, value: Any) -> bool:
    rows = isinstance(value, list) and value and all(isinstance(row, dict) for row in value)
    return bool(rows) and key not in (*_UNLABELLED, *_UNLABELLED_LISTS)


def _table(table: Table, rows: list[dict[str, Any]]) -> Table:
    return replace(table, fields=_fields(table.fields, (key for row in rows for key in row if key != "id")))


def _fields(named: Mapping[str, Field], keys: Iterable[str]) -> dict[str, Field]:
    known = {field.key for field in named.values()}
    return {**named, **{key: Field(key, label_of(key)) for key in keys if key not in known}}
