"""Fitting the fields of the profile to the keys that a firm's records have.

A field whose shipped place is filled stays there. For any other, the keys of the records come into question whose
label or name says it and whose values are of its kind; each key serves one field. Source: docs/facts/apptivo.md,
"Finding fields".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tieout import Wire

from tieout_apptivo.doctor.evidence import FORMATS
from tieout_apptivo.doctor.vocabulary import rank, words
from tieout_apptivo.shape import scalars
from tieout_apptivo.shape.dates import by_format, without_time
from tieout_apptivo.shape.fields import at, normal, objects
from tieout_apptivo.shape.profile import Shape
from tieout_apptivo.shape.scalars import Unreadable, filled

How = Literal["known", "label", "name", "records", "sums", "none"]

NUMBERS = frozenset(
    ("total", "tax", "shipping", "discount", "discount_rate", "rate", "paid", "balance", "price", "cost", "quantity")
) | {"amount", "tax_rate"}
DAYS = frozenset(("date", "due", "delivery"))
LISTS = frozenset(("addresses", "phones", "emails", "taxes"))
FLAGS = frozenset(("inclusive", "stock", "sold", "purchased", "voided"))
REFERENCES = frozenset(("customer", "contact", "supplier", "item", "parent", "status_id"))
_OPTIONAL = (NUMBERS | DAYS | {"reference", "inclusive", "note"}) - {"total", "date"}
_FIXED = frozenset(("id", "active", "object_status", "attributes"))
_ENDINGS: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "title"),
    "number": ("number", "no", "nr"),
    "code": ("code", "number", "no"),
}
"""With what the key of a field may end that tells a record from all others, whatever a firm calls the record."""
_TELLING = 2
"""How many different records have to be named before their names prove anything."""
_MANY = 5
"""How many records there have to be before it says something that all of them differ in a value."""
_AUDIT = ("creationdate", "lastupdatedate", "createdby", "createdbyname", "updatedby", "lastupdatedbyname", "version")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Where one field was found: its `paths`, how, a value from there, and other keys that come into question.

    `records` found it by what stands in the records themselves, `sums` by what the numbers come to.
    """

    name: str
    paths: tuple[str, ...]
    how: How
    label: str = ""
    sample: Any = None
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Records or lines to fit fields to: what they are (`document`, `line`, ...), their prefixes, and labels by key.

    `peers` are the records that a reference may name: by the reference, id to name. `shown` are the keys that a layout
    shows among these and nowhere else.
    """

    kind: str
    wires: tuple[Wire, ...]
    prefixes: tuple[str, ...]
    labels: Mapping[str, str] = field(default_factory=dict)
    peers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    shown: frozenset[str] = frozenset()

    def values(self, path: str) -> list[Any]:
        """All filled values at a place."""
        return [value for wire in self.wires if filled(value := at(wire, path))]

    def places(self) -> list[str]:
        """Every place of these wires, one level deep where an object lies there, in the order met."""
        found: dict[str, None] = {}
        for wire in self.wires:
            for key, value in wire.items():
                found |= {f"{key}.{inner}": None for inner in value} if isinstance(value, dict) else {key: None}
        return [key for key in found if scalars.text(key.rpartition(".")[2]).casefold() not in _AUDIT]


def fit(fields: Shape, rows: Rows) -> dict[str, Fit]:
    """Each field of a shape with where it lies in these rows, in the order of the shape."""
    names = [name for name in type(fields).model_fields if name not in _FIXED]
    found: dict[str, Fit] = {}
    for name in names:
        paths: tuple[str, ...] = getattr(fields, name)
        place = next((path for path in paths if _suits(name, rows.values(path))), None)
        if place is not None:
            found[name] = Fit(
                name=name, paths=paths, how="known", label=_label(rows, place), sample=rows.values(place)[0]
            )
    taken = {path for one in found.values() for path in one.paths} | set(_own_ids(rows))
    missing = [name for name in names if name not in found]
    ranked = sorted(_candidates(rows, missing, taken))
    for _, source, name, key in ranked:
        if name in found or key in taken:
            continue
        taken.add(key)
        others = tuple(dict.fromkeys(other for *_, field, other in ranked if field == name and other != key))
        found[name] = Fit(
            name=name,
            paths=(key,),
            how="label" if source == 0 else "name",
            label=_label(rows, key),
            sample=rows.values(key)[0],
            others=others,
        )
    for name in missing:
        if name.removesuffix("_name") in REFERENCES and name not in found:
            _by_sibling(found, rows, name, taken)
    for name in missing:
        if name in _ENDINGS and name not in found:
            _by_ending(found, rows, name, taken)
    if "date" in missing and "date" not in found and rows.kind == "document":
        _by_being_alone(found, rows, taken)
    for name in missing:
        if name in rows.peers and name not in found:
            _by_peers(found, rows, name, taken)
        if name in _OPTIONAL and name not in found:
            _by_label_alone(found, rows, name, getattr(fields, name))
    return {name: found.get(name) or Fit(name=name, paths=getattr(fields, name), how="none") for name in names}


def lists(wires: Sequence[Wire]) -> dict[str, tuple[Wire, ...]]:
    """The lists of objects within records, by key: all the rows of all the records."""
    found: dict[str, list[Wire]] = {}
    for wire in wires:
        for key, value in wire.items():
            if rows := objects(value):
                found.setdefault(key, []).extend(rows)
    return {key: tuple(rows) for key, rows in found.items()}


def _candidates(rows: Rows, names: Sequence[str], taken: set[str]) -> Iterator[tuple[int, int, str, str]]:
    """Every key that comes into question for a field: how well, whether by its label (0) or its name (1)."""
    for key in rows.places():
        if key in taken:
            continue
        values = rows.values(key)
        for name in names:
            if not _suits(name, values):
                continue
            wanted = _words(rows.kind, name)
            spoken = key.rpartition(".")[2] if "." not in key else key.replace(".", " ")
            for source, written in ((0, _label(rows, key)), (1, spoken)):
                if source == 0 and name in REFERENCES:
                    continue  # the label of a reference belongs to its name
                if written and (place := rank(written, wanted, rows.prefixes)) is not None:
                    yield place, source, name, key


def _words(kind: str, name: str) -> tuple[str, ...]:
    base = words(kind, name.removesuffix("_id").removesuffix("_name") if name not in _OWN_NAMES else "")
    if name in REFERENCES:
        return tuple(f"{word} {end}" for word in base for end in ("id", "ref id", "ref"))
    if name.endswith("_name") and name not in _OWN_NAMES:
        return (*(f"{word} name" for word in base), *base)
    return words(kind, name.replace("_", "-"))


_OWN_NAMES = ("first_name", "last_name", "tax_name")


def _by_sibling(found: dict[str, Fit], rows: Rows, name: str, taken: set[str]) -> None:
    """The id beside a name that was found (`clientName`, `clientId`), or the name beside an id."""
    reference = name.removesuffix("_name")
    other = found.get(f"{reference}_name" if name == reference else reference) or found.get(
        reference.removesuffix("_id") + "_name" if name == reference else reference + "_id"
    )
    if other is None or other.how == "none":
        return
    stem = other.paths[0].removesuffix("Name").removesuffix("Id").removesuffix(".name").removesuffix(".id")
    ends = ("Id", ".id", "RefId") if name in REFERENCES else ("Name", ".name", "")
    for key in (f"{stem}{end}" for end in ends):
        if key not in taken and _suits(name, rows.values(key)):
            taken.add(key)
            found[name] = Fit(name=name, paths=(key,), how="name", label=other.label, sample=rows.values(key)[0])
            return


def _by_ending(found: dict[str, Fit], rows: Rows, name: str, taken: set[str]) -> None:
    """The only key that ends as such a field may, and tells nearly every record from the others."""
    fits = []
    for key in rows.places():
        values = [scalars.text(value) for value in rows.values(key)]
        ends = any(normal(said).endswith(_ENDINGS[name]) for said in (key, _label(rows, key)))
        distinct = len(set(values)) * 20 >= (len(rows.wires) - 1) * 19  # one record may be there twice
        if ends and distinct and len(values) >= _MANY and key not in taken and all(values):
            fits.append(key)
    if len(fits) == 1:
        taken.add(fits[0])
        found[name] = Fit(name=name, paths=(fits[0],), how="records", sample=rows.values(fits[0])[0])


def _by_being_alone(found: dict[str, Fit], rows: Rows, taken: set[str]) -> None:
    """The only key left that holds a day in every record is the day of the document."""
    days = [key for key in rows.places() if key not in taken and _suits("date", rows.values(key))]
    if len(days) == 1 and len(rows.values(days[0])) == len(rows.wires):
        taken.add(days[0])
        found["date"] = Fit(name="date", paths=(days[0],), how="records", sample=rows.values(days[0])[0])


def _by_peers(found: dict[str, Fit], rows: Rows, name: str, taken: set[str]) -> None:
    """The key that holds ids of another app's records, where another key beside it holds their names each time."""
    peers = rows.peers[name]
    free = [key for key in rows.places() if key not in taken]
    for key in free:
        named = [(wire, peers[id]) for wire in rows.wires if (id := scalars.ident(at(wire, key))) in peers]
        if len({text for _, text in named}) < _TELLING:
            continue
        told = found[f"{name}_name"].paths if f"{name}_name" in found else ()
        beside = [other for other in (*told, *free) if other != key and _names(other, named)]
        if beside:
            taken |= {key, beside[0]}
            found[name] = Fit(name=name, paths=(key,), how="records", sample=rows.values(key)[0])
            found[f"{name}_name"] = Fit(
                name=f"{name}_name", paths=(beside[0],), how="records", sample=rows.values(beside[0])[0]
            )
            return


def _names(key: str, named: Sequence[tuple[Wire, str]]) -> bool:
    """Whether a key holds these names; one in four may have been another when the record was made."""
    right = sum(1 for wire, text in named if scalars.text(at(wire, key)) == text)
    return right * 4 >= len(named) * 3


def _by_label_alone(found: dict[str, Fit], rows: Rows, name: str, shipped: tuple[str, ...]) -> None:
    """The key whose label says it, though no record at hand has a value there."""
    if any(path in rows.labels for path in shipped):
        return
    unfilled = [key for key in sorted(rows.shown) if not rows.values(key)]
    ranked = [(place, key) for key in unfilled if (place := _says(rows, key, name)) is not None]
    if ranked and not any(one.paths == (min(ranked)[1],) for one in found.values()):
        key = min(ranked)[1]
        found[name] = Fit(name=name, paths=(key,), how="label", label=_label(rows, key))


def _says(rows: Rows, key: str, name: str) -> int | None:
    return rank(_label(rows, key), _words(rows.kind, name), rows.prefixes)


def _own_ids(rows: Rows) -> Iterator[str]:
    """The keys under which records repeat their own id."""
    whole = [wire for wire in rows.wires if wire.get("id")]
    for key in rows.places() if whole else ():
        if all(scalars.ident(at(wire, key)) == scalars.ident(wire["id"]) for wire in whole):
            yield key


def _label(rows: Rows, path: str) -> str:
    return rows.labels.get(path, "")


def _suits(name: str, values: Sequence[Any]) -> bool:
    """Whether values are of the kind that a field holds."""
    if not values:
        return False
    if name in LISTS:
        return all(isinstance(value, list) for value in values)
    if name in DAYS:
        return all(_dated(scalars.text(value)) for value in values)
    if name in NUMBERS:
        return _read(scalars.number, values)
    if name in FLAGS:
        return _read(scalars.flag, values)
    return all(scalars.text(value) for value in values) and (
        name not in REFERENCES or all(" " not in scalars.text(value) for value in values)
    )


def _dated(written: str) -> bool:
    day = without_time(written)
    return any(by_format(one, day) for one in FORMATS) or (day.isdigit() and 11 <= len(day) <= 14)


def _read(reader: Callable[[Any], Any], values: Sequence[Any]) -> bool:
    try:
        return all(reader(value) is not None for value in values)
    except Unreadable:
        return False
