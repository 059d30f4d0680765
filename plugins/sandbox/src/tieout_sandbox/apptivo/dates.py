"""Dates as firms write them, by patterns such as `dd/MM/yyyy` (docs/facts/apptivo.md, "Dates and stamps")."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime

_PARTS = {
    "yyyy": "%Y",
    "MMM": "%b",
    "MM": "%m",
    "dd": "%d",
    "HH": "%H",
    "hh": "%I",
    "mm": "%M",
    "ss": "%S",
    "a": "%p",
}
_PART = re.compile("|".join(_PARTS))


@dataclass(frozen=True, slots=True)
class Pattern:
    """A date pattern: yyyy, MM, MMM, dd, HH, hh, mm, ss and a, with whatever stands between them.

    Raises `ValueError` for a pattern without year, month and day.
    """

    text: str
    _form: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        form = _PART.sub(lambda match: _PARTS[match[0]], self.text.replace("%", "%%"))
        if "%Y" not in form or "%d" not in form or not re.search("%[mb]", form):
            raise ValueError(f"{self.text!r} is no date pattern; one is dd/MM/yyyy")
        object.__setattr__(self, "_form", form)

    def written(self, moment: date) -> str:
        """A date or a moment in this pattern."""
        return moment.strftime(self._form)

    def read(self, text: str) -> datetime:
        """What a text of this pattern means, without a zone. Raises `ValueError` when it is none."""
        return datetime.strptime(text, self._form)  # noqa: DTZ007 - the caller knows the zone, or there is none
