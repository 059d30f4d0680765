"""How a firm writes dates, concluded from all the dates at hand, and never guessed.

Source: docs/facts/apptivo.md, "Dates and stamps", "Probes".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC

from tieout_apptivo.shape.dates import Calendar, by_format, without_time
from tieout_apptivo.shape.scalars import Unreadable, text

FORMATS = (
    "dd/MM/yyyy",
    "MM/dd/yyyy",
    "yyyy-MM-dd",
    "dd-MMM-yyyy",
    "dd MMM yyyy",
    "MMM dd, yyyy",
    "dd.MM.yyyy",
    "dd-MM-yyyy",
    "MM-dd-yyyy",
    "yyyy/MM/dd",
    "dd/MM/yy",
    "MM/dd/yy",
)
"""The formats that come into question."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A format with how many dates there are and how many of them fit no other; `format` is empty where none is sure.

    `possible` are all the formats that read every date.
    """

    format: str
    dates: int
    telling: int
    possible: tuple[str, ...]


def judge(written: Iterable[str], told: str) -> Verdict:
    """The format in which all of these dates are written; `told` is what the firm's configuration says.

    Where several read them all, the configuration decides if it names one of them; nothing else does.
    """
    dates = sorted({without_time(one) for one in written if one and not one.isdigit()})
    formats = dict.fromkeys((*((told,) if told else ()), *FORMATS))
    fitting = {one: [date for date in dates if by_format(one, date)] for one in formats}
    possible = tuple(one for one, read in fitting.items() if len(read) == len(dates)) if dates else ()
    chosen = told if told in possible else possible[0] if len(_different(possible, dates)) == 1 else ""
    others = [set(fitting[one]) for one in formats if one != chosen]
    telling = sum(1 for date in dates if not any(date in read for read in others)) if chosen else 0
    if not chosen and told and dates and _read(told, dates):
        return Verdict(told, len(dates), 0, (told,))
    return Verdict(chosen, len(dates), telling, possible)


def _different(possible: Sequence[str], dates: Sequence[str]) -> list[str]:
    """The formats that read these dates in different ways."""
    ways: dict[tuple[object, ...], str] = {}
    for one in possible:
        ways.setdefault(tuple(by_format(one, date) for date in dates), one)
    return list(ways.values())


def _read(told: str, dates: Sequence[str]) -> bool:
    """Whether a calendar of this format reads everything, the formats included that no firm has to choose."""
    days = Calendar(told, UTC)
    try:
        return all(days.day(text(one)) for one in dates)
    except Unreadable:
        return False
