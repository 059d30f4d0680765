"""The stamps of a list, in every way that they can be read.

In which format stamps are written is not documented, and it need not be that of the firm's dates
(docs/facts/apptivo.md, "Dates and stamps"). So the formats that come into question are tried on a whole page: what
reads everything and keeps the order that was asked for is possible, and once one alone is left it is remembered.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, TypeAlias

from tieout import Connection

from tieout_apptivo.doctor.evidence import FORMATS
from tieout_apptivo.shape.dates import Calendar, Stamp, calendar, taken_apart
from tieout_apptivo.shape.scalars import Unreadable

STAMP_FORMAT = "stamp-format"
"""The key under which a connection's memory keeps the format of stamps, once a page has proved it."""

Reading: TypeAlias = tuple[datetime | None, ...]
"""The stamps of a page in UTC, as one format reads them; None where a record has none."""


def readings(connection: Connection, written: Sequence[Any]) -> tuple[Reading, ...]:
    """Every way in which these stamps can be read, without repetition; none where no format reads them all."""
    settings, known = connection.settings, connection.memory.get(STAMP_FORMAT)
    told = settings.profile.stamp_format or known
    found = _readings(connection, written, (told,)) if told else {}
    if not found and not settings.profile.stamp_format:
        asked = calendar(settings, connection.memory).format
        found = _readings(connection, written, tuple(dict.fromkeys((asked, *FORMATS))))
        if len(found) == 1 and known not in found:
            [connection.memory[STAMP_FORMAT]] = found
    return tuple(dict.fromkeys(found.values()))


def descending(possible: Sequence[Reading]) -> tuple[Reading, ...]:
    """Those readings that have every stamp and run from the newest to the oldest."""
    return tuple(one for one in possible if None not in one and _known(one) == sorted(_known(one), reverse=True))


def newest(possible: Sequence[Reading]) -> datetime | None:
    """The newest stamp; where it can be read in several ways the earliest of them, so that nothing is overlooked."""
    return min((max(known) for one in possible if (known := _known(one))), default=None)


def _known(reading: Reading) -> list[datetime]:
    return [stamp for stamp in reading if stamp]


def _readings(connection: Connection, written: Sequence[Any], formats: Sequence[str]) -> dict[str, Reading]:
    zone = connection.settings.zone
    stamps = [taken_apart(value) for value in written]
    days = dict.fromkeys(stamp.day for stamp in stamps if isinstance(stamp, Stamp))
    found: dict[str, Reading] = {}
    # formats that take the days of a page for the same ones read all of it alike
    alike: dict[tuple[date, ...], Reading] = {}
    for format_ in formats:
        exact = Calendar(format_, zone).exact
        try:
            meant = {day: exact(day) for day in days}
        except Unreadable:
            continue
        known = tuple(meant.values())
        if known not in alike:
            alike[known] = tuple(one.moment(meant[one.day], zone) if isinstance(one, Stamp) else one for one in stamps)
        found[format_] = alike[known]
    return found
