"""Reading the fields of a record as sent: a value of the wrong kind refuses the whole call.

Source: docs/facts/xero.md, "Refused calls".
"""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from tieout_sandbox.xero import stamps
from tieout_sandbox.xero.findings import NO_ID
from tieout_sandbox.xero.problems import unreadable
from tieout_sandbox.xero.table import Record

_BOUND = Decimal(10) ** 20


def text(element: Record, name: str) -> str | None:
    """A text; numbers are taken as they are written. None when it is missing or null."""
    value = element.get(name)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool | dict | list):
        raise unreadable(f"The value of {name} is not a text.")
    return str(value)


def number(element: Record, name: str) -> Decimal | None:
    """A number, also when it comes as text. None when it is missing, null or empty."""
    value = element.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, Decimal | int | str) and not isinstance(value, bool):
        try:
            found = Decimal(value)
        except InvalidOperation:
            raise unreadable(f"The value '{value}' of {name} is not a number.") from None
        if found.is_finite() and abs(found) < _BOUND:
            return found
    raise unreadable(f"The value of {name} is not a number.")


def truth(element: Record, name: str) -> bool | None:
    """A boolean, also when it comes as text. None when it is missing or null."""
    value = element.get(name)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise unreadable(f"The value of {name} is neither true nor false.")


def guid(element: Record, name: str) -> str | None:
    """An id in its usual form. None when it is missing, null, empty or all zeros."""
    value = element.get(name)
    if not value or value == NO_ID:
        return None
    try:
        return str(UUID(value))
    except (ValueError, TypeError, AttributeError):
        raise unreadable(f"The value '{value}' of {name} is not a valid id.") from None


def day(element: Record, name: str) -> date | None:
    """A calendar date. None when it is missing, null or empty."""
    value = element.get(name)
    if not value:
        return None
    try:
        return stamps.day(value)
    except (ValueError, TypeError, OverflowError):
        raise unreadable(f"The value '{value}' of {name} is not a valid date.") from None


def part(element: Record, name: str) -> Record:
    """An object inside the record; empty when it is missing, null or, as in XML, an empty text."""
    value = element.get(name)
    if value in (None, ""):
        return {}
    if isinstance(value, dict):
        return value
    raise unreadable(f"The value of {name} is not an object.")


def parts(element: Record, name: str) -> list[Record]:
    """A list of objects inside the record; empty when it is missing, null or, as in XML, an empty text."""
    value: Any = element.get(name)
    if value in (None, ""):
        return []
    if isinstance(value, list) and all(isinstance(each, dict) for each in value):
        return value
    raise unreadable(f"The value of {name} is not a list of objects.")


def set_day(record: Record, name: str, value: date | None) -> None:
    """Write a calendar date into a record, with its `...String` companion; None takes both away."""
    if value is None:
        record.pop(name, None)
        record.pop(f"{name}String", None)
    else:
        record[f"{name}String"] = stamps.day_text(value)
        record[name] = stamps.day_stamp(value)
