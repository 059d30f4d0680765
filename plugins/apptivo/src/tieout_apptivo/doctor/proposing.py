"""Proposing how the profile of one app is to be changed so that it reads the firm's records.

A proposal is the app's section of a firm's file, with what was found for each field. Sources: docs/facts/apptivo.md,
"Finding fields", "Document statuses", "Custom attributes".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tieout import Wire

from tieout_apptivo.doctor.factors import factors
from tieout_apptivo.doctor.fitting import Fit, Rows, fit, lists
from tieout_apptivo.doctor.headings import Heading, header, heading
from tieout_apptivo.doctor.survey import Survey
from tieout_apptivo.doctor.vocabulary import meaning, prefixes, rank, words
from tieout_apptivo.records.currencies import Per, rate_per
from tieout_apptivo.shape import scalars
from tieout_apptivo.shape.fields import at, normal, objects
from tieout_apptivo.shape.profile import KINDS, DocumentApp, PaymentFields, Table, shipped

_LINE = ("line", "item", "product", "service", "row", "job", "work")
_PAYMENT = ("payment", "receipt", "paid", "transaction", "slip")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """What is proposed for one app: the `changes` of its section, and each fit under its key in that section.

    `statuses` are those whose meaning was taken from their name, `unknown` those whose meaning nobody knows.
    """

    changes: Mapping[str, Any]
    fits: Mapping[str, Fit]
    statuses: Mapping[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()


Peers = Mapping[str, Mapping[str, str]]
"""The records that references may name: by the field of the reference, id to name."""


def propose(found: Survey, peers: Peers) -> Proposed:
    """The changes that make the profile read what the app answered."""
    app, kind = found.app, kind_of(found.name)
    changes: dict[str, Any] = _names(found)
    above = header(found.layout, found.samples, lists(found.samples))
    rows = Rows(
        kind=kind,
        wires=found.samples,
        prefixes=(*prefixes(found.name), normal(app.id_parameter.removesuffix("Id"))),
        labels=above.labels,
        peers=peers,
        shown=above.own,
    )
    fits = {f"fields.{name}": one for name, one in fit(app.fields, rows).items()}  # type: ignore[attr-defined]
    if isinstance(app, DocumentApp):
        fits |= _tables(app, found, changes, peers)
        fits |= _payments(app, found, changes)
        if per := _rates(found, fits["fields.rate"], fits["fields.currency"]):
            changes["rate-per"] = per
    for key, one in fits.items():
        if one.how not in ("known", "none"):
            put(changes, (*key.split("."),), list(one.paths))
    told, unknown = _statuses(found, changes)
    _states(found, changes)
    _custom(found, changes)
    return Proposed(changes=changes, fits=fits, statuses=told, unknown=unknown)


def kind_of(name: str) -> str:
    """The kind of an app: `party`, `item` or `document`."""
    return next(kind for kind, names in KINDS.items() if name in names).removeprefix("every-")


def put(changes: dict[str, Any], key: Sequence[str], value: Any) -> None:
    """Set a value at a place in nested sections; names of fields are written with hyphens."""
    *way, last = (part.replace("_", "-") for part in key)
    for part in way:
        changes = changes.setdefault(part, {})
    changes[last] = value


def _names(found: Survey) -> dict[str, Any]:
    """The app's names and numbers, where they are other than the shipped ones."""
    known = shipped().app(found.name)
    names = ("url_name", "object_id", "id_parameter", "data_parameter")
    return {
        name.replace("_", "-"): getattr(found.app, name)
        for name in names
        if getattr(found.app, name) != getattr(known, name)
    }


def _tables(app: DocumentApp, found: Survey, changes: dict[str, Any], peers: Peers) -> dict[str, Fit]:
    """The tables of lines: those of the profile that are there, and every other list that holds lines."""
    there = lists(found.samples)
    fits: dict[str, Fit] = {}
    used: set[str] = set()
    for name, table in app.tables.items():
        for key in (path for path in table.path if path in there):
            used.add(key)
            fits |= _table(f"tables.{name}", table, there[key], heading(found.layout, key, there[key]), peers)
    missing = {table.kind: name for name, table in app.tables.items() if not used & set(table.path)}
    for key, rows in there.items():
        above = heading(found.layout, key, rows)
        if key in used or _is_other(key, found) or _says(above.title, "payments") or _says(above.title, "others"):
            continue
        kind: Literal["products", "services"] = (
            "services"
            if any(_says(said, "services") for one in rows[0] for said in (one, above.labels.get(one, "")))
            else "products"
        )
        pattern = next(
            (table for table in app.tables.values() if table.kind == kind),
            Table(kind="products", path=(key,), fields=next(iter(app.tables.values())).fields),
        )
        fitted = _table("", pattern, rows, above, peers)
        told = {one.name for one in fitted.values() if one.how != "none"}
        if not {"price", "amount"} & told or (_dated(rows) and not {"price", "quantity"} & told):
            continue
        name = missing.pop(kind, normal(key))
        if name not in app.tables:
            put(changes, ("tables", name, "kind"), kind)
            changes["tables"][name]["fields"] = pattern.fields.model_dump(mode="json", by_alias=True)
        put(changes, ("tables", name, "path"), [key])
        fits |= {f"tables.{name}{part}": one for part, one in fitted.items()}
    return fits


def _table(place: str, table: Table, rows: Sequence[Wire], above: Heading, peers: Peers) -> dict[str, Fit]:
    lines = Rows(kind="line", wires=tuple(rows), prefixes=_LINE, labels=above.labels, peers=peers)
    found = fit(table.fields, lines)
    found |= factors(found, lines, above.money)
    if found["description"].how == "none" and (noted := lines.values(above.note) if above.note else []):
        label = above.labels.get(above.note, "")
        found["description"] = Fit(name="description", paths=(above.note,), how="label", label=label, sample=noted[0])
    if found["taxes"].how != "none" and found["tax_name"].how == "none":
        parts = tuple(one for row in rows for path in found["taxes"].paths for one in objects(at(row, path)))
        within = fit(table.fields, Rows(kind="line", wires=parts, prefixes=_LINE, labels=above.labels))
        found |= {name: within[name] for name in ("tax_name", "tax_rate") if found[name].how == "none"}
    return {f"{place}.fields.{name}": one for name, one in found.items()}


def _dated(rows: Sequence[Wire]) -> bool:
    """Whether rows have a day of their own, as payments have and lines have not."""
    return fit(PaymentFields(), Rows(kind="payment", wires=tuple(rows), prefixes=_PAYMENT))["date"].how != "none"


def _payments(app: DocumentApp, found: Survey, changes: dict[str, Any]) -> dict[str, Fit]:
    """The payments within the documents; nothing where the app records none."""
    there = lists(found.samples)
    key = next((path for path in app.payments.path if path in there), "")
    if not key:
        named = {one: heading(found.layout, one, rows).title for one, rows in there.items()}
        key = next((one for one, title in named.items() if _says(one, "payments") or _says(title, "payments")), "")
        if not key:
            return {}
        put(changes, ("payments", "path"), [key])
    labels = heading(found.layout, key, there[key]).labels
    rows = Rows(kind="payment", wires=there[key], prefixes=_PAYMENT, labels=labels)
    return {f"payments.fields.{name}": one for name, one in _payment_fits(app, rows)}


def _payment_fits(app: DocumentApp, rows: Rows) -> list[tuple[str, Fit]]:
    fields = app.payments.fields
    found = list(fit(fields, rows).items())
    if not any(rows.values(path) for path in fields.id):
        keys = ((rank(key, words("payment", "id"), rows.prefixes), key) for key in rows.places())
        best = min(((place, key) for place, key in keys if place is not None), default=None)
        if best:
            found.append(("id", Fit(name="id", paths=(best[1],), how="name", sample=rows.values(best[1])[0])))
    return found


def _rates(found: Survey, rate: Fit, currency: Fit) -> Per:
    """Which way round the exchange rates are, by their magnitude against the firm's own currency."""
    if "none" in (rate.how, currency.how):
        return ""
    own = scalars.text(found.config.get("currencyCode")).upper()
    told = [(scalars.text(_first(wire, currency)).upper(), _first(wire, rate)) for wire in found.samples]
    numbers = [(code, scalars.number(written)) for code, written in told if code != own]
    return rate_per(own, ((code, number) for code, number in numbers if number is not None))


def _first(wire: Wire, found: Fit) -> Any:
    return next((value for path in found.paths if scalars.filled(value := at(wire, path))), None)


def _is_other(key: str, found: Survey) -> bool:
    return _says(key, "others") or _says(key, "payments") or key in found.app.fields.attributes  # type: ignore[attr-defined]


def _says(key: str, what: str) -> bool:
    return rank(key, words("lists", what), ()) is not None


def _statuses(found: Survey, changes: dict[str, Any]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Set what the statuses mean that the configuration and the records tell, by their names."""
    app, fields = found.app, found.app.fields  # type: ignore[attr-defined]
    told = dict(found.statuses)
    for wire in found.samples:
        names = [text for path in fields.status_name if (text := scalars.text(at(wire, path)))]
        ids = [id for path in fields.status_id if (id := scalars.ident(at(wire, path)))]
        if names:
            told.setdefault(ids[0] if ids else names[0], names[0])
    shown: dict[str, str] = {}
    unknown: list[str] = []
    known = {name.casefold(): one for name, one in app.statuses.items()}
    for id, name in told.items():
        means = known.get(name.casefold()) or meaning(name)
        if means is None:
            if known.get(id.casefold()) is None and isinstance(app, DocumentApp):
                unknown.append(name)
            continue
        if known.get(name.casefold()) is None:
            put_status(changes, name, means)
            shown[name] = means
        if known.get(id.casefold(), means) != means:
            put_status(changes, id, means)
            shown[f"{name} ({id})"] = means
    return shown, tuple(unknown)


def _states(found: Survey, changes: dict[str, Any]) -> None:
    """Name the statuses to be set for what the books tell, where the app's own are called otherwise."""
    if not isinstance(found.app, DocumentApp):
        return
    told = {normal(name): (name, id) for id, name in found.statuses.items() if id.isdigit()}
    for state, shown in found.app.states.items():
        if told and normal(shown.name) not in told:
            best = next((told[normal(word)] for word in words("states", state) if normal(word) in told), None)
            if best:
                put(changes, ("states", state), {"name": best[0], "id": int(best[1])})


def put_status(changes: dict[str, Any], status: str, means: str) -> None:
    """Set what a status means."""
    changes.setdefault("statuses", {})[status] = means


def _custom(found: Survey, changes: dict[str, Any]) -> None:
    """Name the labels of the custom attributes that hold a known value, where the profile names none that is there."""
    there = {normal(one.label): one.label for one in found.layout if one.custom}
    labels = getattr(found.app, "labels", None)
    for name in type(labels).model_fields if labels is not None else ():
        if any(normal(one) in there for one in getattr(labels, name)):
            continue
        wanted = words("labels", name.replace("_", "-"))
        best = [label for word in wanted if (label := there.get(normal(word)))]
        if best:
            put(changes, ("labels", name), best[:1])
