"""The audit stamps of Apptivo: written on a server clock that is neither UTC nor the firm's.

Source: docs/facts/apptivo.md, "Dates and stamps".
"""

from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache

from tieout_sandbox.apptivo.dates import Pattern

NEVER = datetime(2, 1, 1, tzinfo=UTC)
"""What counts as the moment of a text that is no stamp: older than everything."""

_ALSO = tuple(map(Pattern, ("MM/dd/yyyy", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-ddTHH:mm:ss", "yyyy-MM-dd")))


class Stamps:
    """Writes and reads the stamps of one firm."""

    def __init__(self, form: Pattern, offset: timedelta) -> None:
        self._form = form
        self._zone = timezone(offset)
        self._read = lru_cache(maxsize=65_536)(self._parsed)

    def written(self, moment: datetime) -> str:
        """An aware moment as this firm's Apptivo writes it."""
        return self._form.written(moment.astimezone(self._zone))

    def moment(self, text: object) -> datetime:
        """The moment of a stamp, aware and in UTC; `NEVER` for what is no stamp."""
        return self._read(str(text))

    def day(self, text: object) -> date:
        """The day of a stamp on the clock that it is written on."""
        return self.moment(text).astimezone(self._zone).date()

    def _parsed(self, text: str) -> datetime:
        for form in (self._form, *_ALSO):
            try:
                return form.read(text).replace(tzinfo=self._zone).astimezone(UTC)
            except (ValueError, OverflowError):
                continue
        return NEVER
