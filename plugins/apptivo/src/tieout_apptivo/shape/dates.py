"""Apptivo's dates and stamps, never guessed.

Sources: docs/facts/apptivo.md, "Dates and stamps". Dates are read by the firm's own format, then as MM/dd/yyyy, ISO
8601 and milliseconds since 1970; stamps stand on the clock of Apptivo's servers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any

from tieout_apptivo.shape.scalars import Unreadable, filled, text
from tieout_apptivo.shape.settings import Firm

DATE_FORMAT = "date-format"
"""The key under which a connection's memory keeps the date format of the firm."""

_TOKENS = {
    "yyyy": r"(?P<year>\d{4})",
    "yy": r"(?P<short>\d{2})",
    "MMMM": r"(?P<name>[A-Za-z]{3,9})\.?",
    "MMM": r"(?P<name>[A-Za-z]{3,9})\.?",
    "MM": r"(?P<month>\d{1,2})",
    "M": r"(?P<month>\d{1,2})",
    "dd": r"(?P<day>\d{1,2})",
    "d": r"(?P<day>\d{1,2})",
}
_TOKEN = re.compile(r"([A-Za-z])\1*|[^A-Za-z]+")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_MILLISECONDS = re.compile(r"\d{11,14}")
_TIME = re.compile(
    r"[ T,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?\s*(?P<half>[AaPp][Mm])?"
    r"\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?$"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Calendar:
    """How one firm writes dates: its format as configured (`dd/MM/yyyy`, empty: unknown), and the zone of stamps."""

    format: str
    zone: tzinfo

    def day(self, value: Any) -> date | None:
        """The date; None for none.

        Raises `Unreadable`: `date-ambiguous` where day and month could be exchanged and no format is known that tells
        them apart, `date-unreadable` where no format fits.
        """
        if not filled(value):
            return None
        if (moment := _moment(value)) is not None:
            return moment.astimezone(self.zone).date()
        return self._date(without_time(text(value)))

    def written(self, day: date) -> str:
        """The date as this firm writes it; as MM/dd/yyyy where its format is not known."""
        name = _MONTHS[day.month - 1].capitalize()
        parts = {"yyyy": f"{day.year:04}", "yy": f"{day.year % 100:02}", "MMMM": f"{day:%B}", "MMM": name}
        parts |= {"MM": f"{day.month:02}", "M": str(day.month), "dd": f"{day.day:02}", "d": str(day.day)}
        return _TOKEN.sub(lambda token: parts.get(token[0], token[0]), self.format or "MM/dd/yyyy")

    def stamp(self, value: Any) -> datetime | None:
        """The moment in UTC, by this calendar's format, ISO 8601 or milliseconds alone; None for none.

        Raises `Unreadable` (`date-unreadable`) for anything else: the format of stamps is found out by trying several.
        """
        stamp = taken_apart(value)
        return stamp.moment(self.exact(stamp.day), self.zone) if isinstance(stamp, Stamp) else stamp

    def exact(self, written: str) -> date:
        """The date by this calendar's format or ISO 8601 alone. Raises `Unreadable` (`date-unreadable`)."""
        if self.format and (day := by_format(self.format, written)):
            return day
        if match := _ISO.fullmatch(written):
            year, month, day_of_month = (int(part) for part in match.groups())
            return _date(year, month, day_of_month, written)
        raise _unreadable(written)

    def _date(self, written: str) -> date:
        match = _SLASHED.fullmatch(written)
        if match is None or (self.format and by_format(self.format, written)):
            return self.exact(written)
        month, day, year = (int(part) for part in match.groups())
        if month <= 12 and day <= 12 and month != day and not _month_first(self.format):
            raise Unreadable("date-ambiguous", f'"{written}" can be read with the day or with the month first.')
        return _date(year, month, day, written)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A stamp taken apart: only its day can be read in several ways."""

    day: str
    clock: timedelta
    zone: str | None

    def moment(self, day: date, zone: tzinfo) -> datetime:
        """The moment in UTC, if this is the day that is meant and `zone` where the stamp names none."""
        own = _zone(self.zone, zone)
        return (datetime(day.year, day.month, day.day, tzinfo=own) + self.clock).astimezone(UTC)


def taken_apart(value: Any) -> Stamp | datetime | None:
    """A stamp, for whoever knows how days are written; milliseconds are a moment (UTC) at once, and None is none."""
    if not filled(value):
        return None
    if (moment := _moment(value)) is not None:
        return moment
    written = text(value)
    if (time := _TIME.search(written)) is None:
        return Stamp(written, timedelta(), None)
    return Stamp(written[: time.start()], _clock(time), time["zone"])


def calendar(settings: Firm, memory: Mapping[str, Any]) -> Calendar:
    """The calendar of a connection: the format of its profile, else the one that the firm's configuration told."""
    return Calendar(settings.profile.date_format or text(memory.get(DATE_FORMAT)), settings.zone)


def without_time(written: str) -> str:
    """A stamp without its time of day."""
    time = _TIME.search(written)
    return written[: time.start()] if time else written


def _moment(value: Any) -> datetime | None:
    """Milliseconds since 1970, as a number or as its digits; None for anything else."""
    digits = text(value)
    return _EPOCH + timedelta(milliseconds=int(digits)) if _MILLISECONDS.fullmatch(digits) else None


def by_format(pattern: str, written: str) -> date | None:
    """The date that a text is in one format (`dd/MM/yyyy`); None where it does not fit."""
    form = _form(pattern)
    found = form.fullmatch(written) if form else None
    if found is None:
        return None
    parts = found.groupdict()
    year = int(parts["year"]) if parts.get("year") else 2000 + int(parts.get("short") or 0)
    name = (parts.get("name") or "").lower()[:3]
    month = _MONTHS.index(name) + 1 if name in _MONTHS else int(parts.get("month") or 0)
    try:
        return date(year, month, int(parts.get("day") or 0))
    except ValueError:
        return None


@lru_cache
def _form(pattern: str) -> re.Pattern[str] | None:
    """What a date of one format looks like; None for a format with parts that are not known."""
    tokens = [match[0] for match in _TOKEN.finditer(pattern)]
    if any(token.isalpha() and token not in _TOKENS for token in tokens):
        return None
    return re.compile("".join(_TOKENS[token] if token.isalpha() else re.escape(token) for token in tokens))


def _month_first(pattern: str) -> bool:
    return "M" in pattern and "d" in pattern and pattern.index("M") < pattern.index("d")


def _date(year: int, month: int, day: int, written: str) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise _unreadable(written) from None


def _unreadable(written: str) -> Unreadable:
    return Unreadable("date-unreadable", f'"{written}" is not a date in a known format.')


def _clock(time: re.Match[str]) -> timedelta:
    hour = int(time["hour"])
    if time["half"]:
        hour = hour % 12 + (12 if time["half"].lower() == "pm" else 0)
    return timedelta(hours=hour, minutes=int(time["minute"]), seconds=int(time["second"] or 0))


def _zone(written: str | None, default: tzinfo) -> tzinfo:
    if not written:
        return default
    return datetime.fromisoformat(f"2000-01-01T00:00:00{written.upper()}").tzinfo or default
