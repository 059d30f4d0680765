"""Reading the values of one record by the profile, gathering all that is wrong with it.

Sources: docs/facts/apptivo.md, "Scalars", "Custom attributes", "Out of use".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from tieout import Problem, Ref, Rejected, Standing, Terms, Wire

from tieout_apptivo.shape import scalars
from tieout_apptivo.shape.dates import Calendar, calendar
from tieout_apptivo.shape.profile import App, Fields, Shape
from tieout_apptivo.shape.scalars import Unreadable, filled

T = TypeVar("T")


def labels_key(app: str) -> str:
    """The key under which a connection's memory keeps the custom attributes of an app: normalised label to id."""
    return f"labels:{app}"


def normal(label: str) -> str:
    """A label as it is compared: case, spaces, hyphens and underscores do not count.

    Source: docs/facts/apptivo.md, "Custom attributes".
    """
    return "".join(mark for mark in label.casefold() if mark.isalnum())


def at(wire: Any, path: str) -> Any:
    """The value at a dotted place; None when there is none."""
    for part in path.split("."):
        wire = wire.get(part) if isinstance(wire, dict) else None
    return wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """The values of a record, or of a row in it, by the names of the profile's fields.

    `place` is where these fields stand in the profile, `noun` what people call the record. What cannot be read becomes
    a problem that names the value and the line of the profile to look at; `settle` raises them all at once.
    """

    wire: Wire
    fields: Shape
    place: str
    noun: str
    calendar: Calendar
    problems: list[Problem] = field(default_factory=list)

    def within(self, wire: Wire, fields: Shape, place: str) -> Values:
        """The values of a row of this record; its problems are the record's."""
        return replace(self, wire=wire, fields=fields, place=place, noun="line")

    def raw(self, name: str) -> Any:
        """The first filled value of a field as it came; None when there is none."""
        return next((value for path in self.paths(name) if filled(value := at(self.wire, path))), None)

    def paths(self, name: str) -> tuple[str, ...]:
        """Where the profile says that a field lies."""
        found: tuple[str, ...] = getattr(self.fields, name)
        return found

    def text(self, name: str) -> str:
        """The field as text; empty for none."""
        return scalars.text(self.raw(name))

    def plain(self, name: str) -> str:
        """The first text of a field that is not empty without its markup; empty for none."""
        found = (scalars.plain(at(self.wire, path)) for path in self.paths(name))
        return next((text for text in found if text), "")

    def number(self, name: str) -> Decimal | None:
        """The field as a number; None for none."""
        return self._read(name, scalars.number)

    def flag(self, name: str, default: bool) -> bool:
        """The field as Y or N; `default` for none."""
        found = self._read(name, scalars.flag)
        return default if found is None else found

    def day(self, name: str) -> date | None:
        """The field as a date; None for none."""
        return self._read(name, self.calendar.day)

    def ref(self, entity: str, name: str) -> Ref[str] | None:
        """The field as a reference, named by the field `<name>_name`; None without an id."""
        id = scalars.ident(self.raw(name))
        return Ref(entity=entity, id=id, name=self.text(f"{name}_name") or None) if id else None

    def rows(self, name: str) -> list[Wire]:
        """The objects of the first list that a field finds with something in it; empty for none."""
        return objects(self.raw(name))

    def problem(self, cause: str, what: str, *, field: str, why: str = "", fix: str = "", about: str = "") -> None:
        """Note a problem with a field; without a fix of its own it says which line of the profile to check."""
        fix = fix or f"Correct the record in Apptivo, or correct profile.{self.key(field)}."
        self.problems.append(Problem(cause=cause, what=what, why=why, fix=fix, about=about or self.key(field)))

    def missing(self, name: str) -> None:
        """Note that a needed field is not filled, with all the places that were tried."""
        tried, called = ", ".join(self.paths(name)), name.removesuffix("_id").replace("_", " ")
        self.problem(
            f"{called.replace(' ', '-')}-missing",
            f"This {self.noun} has no {called}.",
            field=name,
            why=f"Nothing stands at {tried}." if tried else "The profile names no place for it.",
            fix=f"Fill it in in Apptivo, or name where it lies: profile.{self.key(name)} = [...].",
        )

    def key(self, field: str) -> str:
        """The key of a field in the profile."""
        return f"{self.place}.fields.{field.replace('_', '-')}"

    def settle(self) -> None:
        """Raise `Rejected` with all the problems found, if there are any."""
        if self.problems:
            raise Rejected(*self.problems)

    def _read(self, name: str, reader: Callable[[Any], T | None]) -> T | None:
        try:
            return reader(self.raw(name))
        except Unreadable as error:
            fix = ""
            if error.cause.startswith("date-"):
                fix = "Say how dates are written in the connection: profile.date-format, for example dd/MM/yyyy."
            self.problem(error.cause, error.why, field=name, why=f"It stands at {self._found(name)}.", fix=fix)
            return None

    def _found(self, name: str) -> str:
        return next((path for path in self.paths(name) if filled(at(self.wire, path))), "")


def values(wire: Wire, name: str, fields: Fields, terms: Terms) -> Values:
    """The values of a whole record of the app called `name`."""
    days = calendar(terms.connection, terms.memory)
    return Values(wire=wire, fields=fields, place=name, noun=name.removesuffix("s").replace("-", " "), calendar=days)


def objects(value: Any) -> list[Wire]:
    """The objects of a list; empty for anything else."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def attribute(record: Values, known: Mapping[str, str], labels: tuple[str, ...]) -> str:
    """The text of the first custom attribute with one of the labels that is filled in; empty for none."""
    by_id = {
        scalars.text(entry.get("customAttributeId")): _attribute_text(entry) for entry in record.rows("attributes")
    }
    wanted = (known.get(normal(label)) for label in labels)
    return next((found for id in wanted if id and (found := by_id.get(id, ""))), "")


def counterpart(record: Values, app: App, known: Mapping[str, str]) -> str | None:
    """The id in the books that the record itself names, written there by us or by the native integration."""
    return attribute(record, known, app.marks.target_id) or None


def in_use(record: Values) -> bool:
    """Whether a record is active: not switched off, and not of another object status than 0."""
    return record.flag("active", True) and record.text("object_status") in ("", "0")


def status(wire: Wire, app: Any) -> Standing | None:
    """What the status of a record means by the profile of its app; None where the profile does not know it."""
    names = {name.casefold(): meaning for name, meaning in app.statuses.items()}
    said = [scalars.ident(at(wire, path)) for path in (*app.fields.status_id, *app.fields.status_name)]
    return next((names[one.casefold()] for one in said if one.casefold() in names), None)


def standing(record: Values, app: App) -> Standing | None:
    """What the record's status means by the profile; None where the profile does not know it.

    Where the id and the name mean different things the difference is noted as a problem.
    """
    names = {name.casefold(): meaning for name, meaning in app.statuses.items()}
    id, name = scalars.ident(record.raw("status_id")), record.text("status_name")
    by_id, by_name = names.get(id.casefold()), names.get(name.casefold())
    if by_id and by_name and by_id != by_name:
        record.problem(
            "status-contradictory",
            f'The status "{name}" means {by_name}, but its id {id} means {by_id}.',
            field="status_id",
            why="The profile knows this id under another meaning.",
            fix=f'Say what it means here: profile.{record.place}.statuses.{id} = "{by_name}".',
            about=name,
        )
    return by_id or by_name


def _attribute_text(entry: Wire) -> str:
    several = objects(entry.get("attributeValues"))
    chosen = ", ".join(text for choice in several if (text := scalars.text(choice.get("attributeValue"))))
    return scalars.text(entry.get("customAttributeValue")) or chosen
