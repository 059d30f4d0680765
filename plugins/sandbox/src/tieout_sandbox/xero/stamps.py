"""Times and dates as Xero writes them: `/Date(ms+0000)/`, and plain ISO text beside it.

Source: docs/facts/xero.md, "Stamps and dates".
"""

import re
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache

_WIRE = re.compile(r"/Date\((-?\d+)([+-]\d{4})?\)/")
_DAY = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)")
_DAY_MS = 86_400_000
_EPOCH = date(1970, 1, 1)
_START = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(moment: datetime) -> int:
    """An aware time as milliseconds since the epoch."""
    return (moment - _START) // timedelta(milliseconds=1)


def stamp(ms: int) -> str:
    """Milliseconds since the epoch as Xero writes them."""
    return f"/Date({ms}+0000)/"


def stamp_ms(text: str) -> int:
    """Milliseconds since the epoch of a stamp or of ISO text (UTC unless it says otherwise).

    Raises `ValueError` for anything else.
    """
    found = _WIRE.fullmatch(text)
    if found:
        return int(found[1])
    moment = datetime.fromisoformat(text)
    return milliseconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def text_of(ms: int) -> str:
    """The ISO text of `UpdatedDateUTCString`: whole seconds with a Z."""
    return (_START + timedelta(seconds=ms // 1000)).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=4096)
def day(value: str) -> date:
    """The calendar date of `YYYY-MM-DD` (also without leading zeros), of ISO text with a time, or of a stamp (in UTC).

    Raises `ValueError` for anything else.
    """
    found = _WIRE.fullmatch(value)
    if found:
        return _EPOCH + timedelta(days=int(found[1]) // _DAY_MS)
    plain = _DAY.fullmatch(value)
    return date(*map(int, plain.groups())) if plain else datetime.fromisoformat(value).date()


@lru_cache(maxsize=4096)
def day_stamp(value: date) -> str:
    """A calendar date as Xero writes it: midnight UTC."""
    return stamp((value - _EPOCH).days * _DAY_MS)


@lru_cache(maxsize=4096)
def day_text(value: date) -> str:
    """A calendar date as the `...String` fields have it."""
    return f"{value.isoformat()}T00:00:00"


def modified_since(header: str) -> int:
    """The milliseconds of an `If-Modified-Since` header, ISO text in UTC or the form of HTTP.

    Raises `ValueError` for anything else.
    """
    try:
        return stamp_ms(header)
    except ValueError:
        return milliseconds(parsedate_to_datetime(header).astimezone(UTC))
