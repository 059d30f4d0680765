"""What a drop-down offers: reference data as last read, the legal and active rows alone. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tieout.api.contract import Pick
from tieout.api.model import Account, Reference, TaxRate, Tracking
from tieout.desk.fields import Field, Option, Row, text
from tieout.rules.report import HoldGroup


@dataclass(frozen=True, slots=True)
class Offers:
    """The choices of one pair: `rows` are the target's reference data by kind, `section` is the pair's as it stands.

    A tax is legal on a side when it may be used with the account that is chosen for that side.
    """

    rows: Mapping[str, tuple[Reference, ...]]
    section: Mapping[str, Any]

    def __call__(self, pick: Pick, value: str, name: str) -> tuple[Option, ...]:
        """The options of a drop-down; what is chosen now stays among them also when it is not legal any more."""
        if pick.kind == "tracking":
            chosen = next((row for row in self.rows.get("tracking", ()) if row.name == name), None)
            found = [Option(one, one) for one in (chosen.options if isinstance(chosen, Tracking) else ())]
        elif pick.kind in ("accounts", "taxes"):
            found = list(self._by_code(pick))
        else:
            found = [Option(row.name, row.name) for row in self.rows.get(pick.kind, ()) if row.active]
        if value and all(one.value != value for one in found):
            found.insert(0, self._gone(pick, value))
        return tuple(found)

    def completed(self, field: Field, held: Iterable[HoldGroup]) -> Field:
        """A table with the rows that it lacks: every tracking category, or what is held because it is not mapped."""
        if field.sort != "table" or field.pick is None:
            return field
        pick = field.pick
        if pick.kind == "tracking":
            lacking = [row.name for row in self.rows.get("tracking", ()) if row.active]
        else:
            # a hold for want of a mapping names the key in its fix
            lacking = sorted({one.problem.about for one in held if f"{field.name} " in f"{one.problem.fix} "})
        known = {row.name for row in field.rows}
        more = [Row(name, "", self(pick, "", name)) for name in lacking if name and name not in known]
        return replace(field, rows=(*field.rows, *more))

    def _by_code(self, pick: Pick) -> Iterator[Option]:
        category = self._category(pick.role) if pick.kind == "taxes" else ""
        for row in sorted(self.rows.get(pick.kind, ()), key=lambda row: (row.code or "", row.name)):
            if not row.active:
                continue
            if isinstance(row, Account) and (not pick.role or pick.role in row.roles):
                yield Option(row.code or row.id, _account(row))
            elif isinstance(row, TaxRate) and (not category or not row.categories or category in row.categories):
                yield Option(row.code or row.id, row.name, row.rate)

    def _category(self, role: str) -> str:
        """The category of the account that is chosen for a purpose; empty when there is none."""
        accounts = self.section.get("accounts")
        code = text(accounts.get(role)) if isinstance(accounts, Mapping) else ""
        found = (
            row for row in self.rows.get("accounts", ()) if isinstance(row, Account) and code in (row.code, row.id)
        )
        return next((row.category for row in found), "") if code else ""

    def _gone(self, pick: Pick, value: str) -> Option:
        rows = self.rows.get(pick.kind, ())
        row = next((one for one in rows if value in (one.code, one.id, one.name)), None)
        if row is None:
            return Option(value, value if not rows else f"{value} - not there any more", legal=not rows)
        label = _account(row) if isinstance(row, Account) else row.name
        rate = row.rate if isinstance(row, TaxRate) else None
        return Option(value, f"{label} - {'not legal here' if row.active else 'archived'}", rate, legal=False)


def _account(row: Account) -> str:
    kind = row.kind or row.type.replace("_", " ").capitalize()
    named = f"{row.code} - {row.name}" if row.code else row.name
    return f"{named} ({kind})" if kind else named
