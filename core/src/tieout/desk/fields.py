"""A settings model as a form: its keys as plain fields, and what a person typed as what stands in the file. Pure."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tieout.api.contract import Pick, Settings
from tieout.api.secret import Secret
from tieout.api.toml import Key

Sort = Literal["switch", "choice", "pick", "table", "text", "list", "number", "amount", "date", "secret", "kept"]
"""What a field looks like; what is `kept` is too much for a form and is edited in the file."""


@dataclass(frozen=True, slots=True)
class Option:
    """One choice: what stands in the file, what a person reads, and the percentage of a tax."""

    value: str
    label: str
    rate: Decimal | None = None
    legal: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: a name of the source, what it stands for, and what it may stand for."""

    name: str
    value: str
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One key. `value` is what stands in the file as text, empty where nothing does; `usual` is what counts then.

    `key` counts from the section, `group` are the titles above it. A secret's value never stands here: `usual` says
    where it is. A table has `rows`; `pick` marks what is chosen from reference data.
    """

    key: Key
    sort: Sort
    title: str
    description: str = ""
    value: str = ""
    usual: str = ""
    group: str = ""
    about: str = ""
    required: bool = False
    options: tuple[Option, ...] = ()
    rows: tuple[Row, ...] = ()
    pick: Pick | None = None

    @property
    def name(self) -> str:
        """The key as it is written: `accounts.sales`."""
        return ".".join(self.key)

    @property
    def chosen(self) -> Option | None:
        """The option that the value stands for; None for none, or for one that is not offered any more."""
        return next((one for one in self.options if one.value == self.value), None)


Offer = Callable[[Pick, str, str], tuple[Option, ...]]
"""The options of a drop-down, for the value that stands there now and, in a table, the name of its row."""


def fields(model: type[BaseModel], section: Mapping[str, Any], offer: Offer, above: Key = ()) -> Iterator[Field]:
    """The fields of a settings model, for a section as it stands in the file; inner models follow with their group."""
    for name, info in model.model_fields.items():
        key = (*above, info.alias or name)
        given = section.get(info.alias or name)
        kind, marks = _plain(info.annotation), info.metadata
        pick = next((one for one in marks if isinstance(one, Pick)), None)
        if pick is None and isinstance(kind, type) and issubclass(kind, Settings):
            inner = fields(kind, given if isinstance(given, Mapping) else {}, offer, key)
            group, about = title(name, info), info.description or ""
            yield from (_grouped(one, group, about) for one in inner)
        else:
            yield _field(key, name, info, kind, pick, given, offer)


def typed(field: Field, text: str) -> Any:
    """What a person typed as what stands in the file; None where the key is to be left out.

    What is no number or date is handed on as it is: the settings model says what is wrong with it.
    """
    text = text.strip()
    if not text:
        return None
    if field.sort == "switch":
        return text == "true"
    if field.sort == "list":
        return [part.strip() for part in text.replace("\n", ",").split(",") if part.strip()]
    try:
        if field.sort == "number":
            return int(text)
        if field.sort == "date":
            return date.fromisoformat(text)
    except ValueError:
        return text
    return text


def title(name: str, info: FieldInfo | None = None) -> str:
    """What a key is called: its title, or its name in words."""
    return (info.title if info else None) or name.replace("_", " ").replace("-", " ").capitalize()


def text(value: Any) -> str:
    """A value of the file as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, Mapping):
        return str(value.get("code") or value.get("id") or "")
    return str(value)


def _field(key: Key, name: str, info: FieldInfo, kind: Any, pick: Pick | None, given: Any, offer: Offer) -> Field:
    sort = _sort(kind, pick)
    options: tuple[Option, ...] = ()
    rows: tuple[Row, ...] = ()
    pick = pick or _marked(kind)
    usual = "" if info.is_required() or info.default_factory is not None else text(info.default)
    value = text(given)
    if sort == "pick" and pick is not None:
        options, usual = offer(pick, value, ""), usual or pick.usual
    elif sort == "choice":
        options = tuple(Option(str(one), str(one).replace("-", " ").capitalize()) for one in get_args(kind))
    elif sort == "table":
        rows = tuple(_rows(pick, given if isinstance(given, Mapping) else {}, offer))
    if sort in ("secret", "table", "kept"):
        value = ""
    if sort == "secret":
        usual = _place(given)
    return Field(
        key=key,
        sort=sort,
        title=title(name, info),
        description=info.description or "",
        value=value,
        usual=usual,
        required=info.is_required(),
        options=options,
        rows=rows,
        pick=pick,
    )


def _grouped(field: Field, group: str, about: str) -> Field:
    return field if field.group else replace(field, group=group, about=about)


_SORTS: Mapping[Any, Sort] = {
    bool: "switch",
    int: "number",
    Decimal: "amount",
    date: "date",
    str: "text",
    Secret: "secret",
}


def _sort(kind: Any, pick: Pick | None) -> Sort:
    if get_origin(kind) is dict and _marked(kind) is not None:
        return "table"
    if pick is not None:
        return "pick"
    if get_origin(kind) is Literal:
        return "choice"
    if get_origin(kind) in (tuple, list) and _plain(get_args(kind)[0]) is str:
        return "list"
    return _SORTS.get(kind, "kept")


def _plain(annotation: Any) -> Any:
    """The annotation without its marks and without None."""
    if get_origin(annotation) is Annotated:
        return _plain(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        left = [one for one in get_args(annotation) if one is not type(None)]
        return _plain(left[0]) if len(left) == 1 else annotation
    return annotation


def _marked(kind: Any) -> Pick | None:
    """The mark on the values of a table."""
    value = get_args(kind)[1] if len(get_args(kind)) == 2 else None
    marks = get_args(value)[1:] if get_origin(value) is Annotated else ()
    return next((one for one in marks if isinstance(one, Pick)), None)


def _rows(pick: Pick | None, given: Mapping[str, Any], offer: Offer) -> Iterator[Row]:
    for name, value in given.items():
        yield Row(str(name), text(value), offer(pick, text(value), str(name)) if pick else ())


def _place(given: Any) -> str:
    if not isinstance(given, Mapping):
        return ""
    words = {
        "env": "the environment variable",
        "file": "the file",
        "keyring": "the keyring at",
        "command": "the answer of",
    }
    return next((f"{words[name]} {text(given[name])}" for name in words if name in given), "")
