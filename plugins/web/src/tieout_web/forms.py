"""Forms: what a browser sends as what the desk saves, and how a form comes back when something in it is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from starlette.datastructures import FormData
from tieout.desk import Changed, ConfigError, Field, Form

from tieout_web.page import Visit

Typed: TypeAlias = dict[str, str | dict[str, str]]
"""What was typed: text by the field's name, for a table by the name of its row."""

_OURS = ("csrf", "digest", "pair")


@dataclass(frozen=True, slots=True)
class Trouble:
    """A form that was not saved: which one, what was typed, the field that is wrong (if it is one), and why."""

    form: str
    typed: Typed = field(default_factory=dict)
    field: str = ""
    words: str = ""
    fix: str = ""

    def of(self, form: Form, field: Field) -> str:
        """The message that stands at a field, or nothing."""
        return self.words if self.form == form.name and self.field == field.name else ""

    def value(self, form: Form, field: Field, row: str = "") -> str | None:
        """What was typed into a field; None where the form shows what is saved."""
        given = self.typed.get(field.name) if self.form == form.name else None
        return given.get(row) if isinstance(given, dict) else given


NONE = Trouble("")


def typed(form: FormData) -> Typed:
    """What a browser sent; the rows of a table are named `KEY[ROW]`, and of several values the last one counts."""
    found: Typed = {}
    for name, value in form.multi_items():
        if name in _OURS or not isinstance(value, str):
            continue
        key, bracket, row = name.partition("[")
        if bracket:
            table = found.setdefault(key, {})
            if isinstance(table, dict):
                table[row.removesuffix("]")] = value
        else:
            found[name] = value
    return found


def save(visit: Visit, name: str) -> Trouble | None:
    """Save the form that was sent for a section; why that could not be, with all that was typed."""
    given = typed(visit.form)
    try:
        visit.desk.settings.save(name, visit.field("digest"), given)
    except Changed as error:
        return Trouble(name, given, words=error.problem.what, fix=error.problem.fix)
    except ConfigError as error:
        above = len(name.split("."))
        key = ".".join(error.key[above:]) if ".".join(error.key[:above]) == name else ""
        at = _nearest(key, given)
        return Trouble(name, given, at, error.what if at else error.problem.what, error.problem.fix)
    return None


def _nearest(key: str, given: Mapping[str, object]) -> str:
    """The field that an error's key means: itself, or the table that it stands in."""
    return next((name for name in given if key == name or key.startswith(f"{name}.")), "")
