"""What people look for on a record of Apptivo: whether it is in the books, and if not, why.

The labels are those of the native Xero connection (docs/facts/apptivo.md, "Traces of the native connection"). Its
choice "Sync To Xero" is a person's: what was done is only told where nobody has chosen. Every mark lies in a custom
attribute, which the layout has or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tieout import Mark, Problem, Rejected, Terms, Wire

from tieout_apptivo.shape import attributes
from tieout_apptivo.shape.dates import Calendar, calendar
from tieout_apptivo.shape.fields import normal
from tieout_apptivo.shape.profile import App, DocumentApp

WORDS: Mapping[str, tuple[str, ...]] = {
    "synced": ("Synced", "Success", "Successful", "Completed", "Yes"),
    "held": ("On hold", "Held", "Pending", "Failed", "Failure", "Error", "No"),
    "skipped": ("Skipped", "Not synced", "No"),
    "failed": ("Failed", "Failure", "Error", "No"),
}
"""How each status is told, the first where it is written as text, else the first that can be chosen."""

_FIELDS = ("status", "reason", "direction", "at", "target_id", "url")


def marked_key(app: str) -> str:
    """The key under which a connection's memory keeps that marks are written into an app."""
    return f"marked:{app}"


def lower(name: str, record: Mark, terms: Terms, now: Wire | None) -> Wire:
    """What to write into a record of the app called `name`: `custom`, by label; empty where it says all that already.

    What the app has no attribute for is left out, and told once for all its records (`lacking`). Raises `Rejected`
    where it has none at all (`attribute-missing`), and for a status that cannot be chosen (`option-missing`).
    """
    app: App = terms.connection.profile.app(name)
    known = terms.memory.get(attributes.custom_key(name), {})
    days = calendar(terms.connection, terms.memory)
    there = {field: label for field in _FIELDS if (label := _label(app, known, field))}
    if not there and (problems := _missing(name, app, known)):
        raise Rejected(*problems)
    told = {
        label: _text(record, field, known[normal(label)], days, label=label, app=name) for field, label in there.items()
    }
    told |= _billed(app, record, known, now)
    fresh = {
        label: text for label, text in told.items() if now is None or not _says(now, text, known[normal(label)], days)
    }
    return {"custom": fresh} if fresh else {}


def lacking(name: str, app: App, known: Mapping[str, Any]) -> tuple[Problem, ...]:
    """The attributes without which marks are written, where the app has some of them."""
    return tuple(_missing(name, app, known)) if any(_label(app, known, field) for field in _FIELDS) else ()


def _label(app: App, known: Mapping[str, Any], field: str) -> str:
    """The first label for a field that the app has; empty for none."""
    return next((label for label in getattr(app.marks, field) if normal(label) in known), "")


def _missing(name: str, app: App, known: Mapping[str, Any]) -> list[Problem]:
    wanted = [field for field in _FIELDS if getattr(app.marks, field) and not _label(app, known, field)]
    return [attributes.missing(getattr(app.marks, field)[0], name) for field in wanted]


def _billed(app: App, record: Mark, known: Mapping[str, Any], now: Wire | None) -> dict[str, str]:
    """Who the document was billed to, in the attribute with which people choose it, unless they have chosen."""
    labels: tuple[str, ...] = app.labels.bill_to if isinstance(app, DocumentApp) else ()
    label = next((label for label in labels if normal(label) in known), None)
    if record.billed is None or label is None or (now is not None and attributes.value(now, known[normal(label)])):
        return {}
    offered = known[normal(label)]["options"].values()
    word = next((one for one in offered if normal(one) == record.billed), None if offered else record.billed.title())
    return {label: word} if word else {}


def _says(now: Wire, text: str, about: Mapping[str, Any], days: Calendar) -> bool:
    return attributes.same(attributes.value(now, about), text, about, days)


def _text(record: Mark, field: str, about: Mapping[str, Any], days: Calendar, *, label: str, app: str) -> str:
    if field == "status":
        return _chosen(WORDS[record.status], about, label=label, app=app)
    if field != "at":
        return str(getattr(record, field))
    if record.at is None:
        return ""
    day = days.written(record.at.date())
    return day if about["tag"] == "date" else f"{day} {record.at:%H:%M} UTC"


def _chosen(words: tuple[str, ...], about: Mapping[str, Any], *, label: str, app: str) -> str:
    if not about["options"]:
        return words[0]
    offered = {normal(option): option for option in about["options"].values()}
    found: str | None = next((offered[normal(word)] for word in words if normal(word) in offered), None)
    if found is None:
        raise Rejected(
            Problem(
                cause="option-missing",
                what=f'"{label}" of the app {app} offers no choice that means {words[0].lower()}.',
                why=f"It offers {', '.join(offered.values())}.",
                fix=f'In Apptivo open the app, then Settings -> Master Layout, and add "{words[0]}" to the choices.',
                about=f"{app}: {label}",
            )
        )
    return found
