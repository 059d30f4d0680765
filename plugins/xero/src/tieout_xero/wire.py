"""Xero's scalars: stamps, dates, amounts and text that its fields accept.

Sources: docs/facts/xero.md, "Fields", "Stamps and dates".
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tieout import Wire

NO_ID = "00000000-0000-0000-0000-000000000000"
"""What stands where an id would be in a record that was refused; never an id (docs/facts/xero.md, "Refused calls")."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICKS = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028\u2029\ufeff\ud800-\udfff]")
_BLANKS = re.compile(r"\s+")


def stamp(value: object) -> datetime | None:
    """The moment that `/Date(milliseconds)/` or an ISO text tells, aware, in UTC; None when it tells none.

    The offset inside `/Date()/` is ignored, because the milliseconds count in UTC already.
    """
    text = str(value or "")
    if ticks := _TICKS.fullmatch(text):
        return _EPOCH + timedelta(milliseconds=int(ticks[1]))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def day(wire: Wire, name: str) -> date | None:
    """The calendar date of a document's field, from `{name}String` or else from the field itself.

    It is the date part in UTC, never of a local zone: Xero shows a date as midnight UTC.
    """
    for value in (wire.get(f"{name}String"), wire.get(name)):
        if moment := stamp(value):
            return moment.date()
    return None


def amount(value: object) -> Decimal | None:
    """A JSON number as `Decimal`; None when there is none."""
    if value is None or value == "" or isinstance(value, bool):
        return None
    return Decimal(str(value))


def rounded(value: Decimal, places: int = 2) -> Decimal:
    """The value rounded half up, away from zero, as Xero does."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def plain(value: Decimal) -> Decimal:
    """The same value without trailing zeros and without an exponent."""
    short = value.normalize()
    exponent = short.as_tuple().exponent
    return short.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else short


def places(value: Decimal) -> int:
    """How many decimals the value needs."""
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def text(value: str, limit: int) -> str:
    """Text of several lines without control characters, trimmed and cut to `limit` characters."""
    return _CONTROL.sub("", value.replace("\r\n", "\n").replace("\r", "\n")).strip()[:limit].rstrip()


def line(value: str, limit: int) -> str:
    """Text of one line: without control characters, every run of blanks one blank, trimmed and cut."""
    seen = _CONTROL.sub("", _BLANKS.sub(" ", value))
    return _BLANKS.sub(" ", seen).strip()[:limit].rstrip()


def name(value: str) -> str:
    """A contact's name as Xero keeps it: one line of at most 255 characters without angle brackets.

    Source: docs/facts/xero.md, "Contacts".
    """
    return line(value.replace("<", "(").replace(">", ")"), 255)


def fold(value: object) -> str:
    """What two natural keys are compared by: case and runs of blanks make no difference to Xero."""
    return _BLANKS.sub(" ", str(value or "")).strip().casefold()


def is_id(value: str) -> bool:
    """Whether the value has the shape of an id that Xero gave."""
    return _GUID.fullmatch(value) is not None and value != NO_ID


def filled(fields: dict[str, Any]) -> Wire:
    """The fields that have a value: what is left out stays unchanged in Xero, a null does not.

    Source: docs/facts/xero.md, "Fields".
    """
    return {key: value for key, value in fields.items() if value not in (None, "", [], {})}
