"""The sandbox's only source of time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal


def real() -> datetime:
    """The time of this machine, aware and in UTC."""
    return datetime.now(UTC)


class Clock:
    """The time of one fake system: that of its source plus what a test has advanced it by.

    `speed` says how many times faster the windows of limits run; the lives of tokens and codes are not touched by it.
    `source` gives times that are aware and in UTC; it is the machine's own clock, or one that somebody else moves.
    """

    def __init__(self, speed: Decimal | int = 1, source: Callable[[], datetime] = real) -> None:
        if speed <= 0:
            raise ValueError(f"speed must be above 0, not {speed}")
        self.speed = Decimal(speed)
        self._source = source
        self._advanced = timedelta()

    def now(self) -> datetime:
        """The time of the fake system, aware and in UTC."""
        return self._source() + self._advanced

    def advance(self, seconds: float) -> None:
        """Move the time by so many seconds; limits, tokens and codes all see it."""
        self._advanced += timedelta(seconds=seconds)

    def reset(self) -> None:
        """Go back to the time of the source."""
        self._advanced = timedelta()

    def window(self, seconds: int) -> float:
        """How many seconds on this clock a limit's window of `seconds` lasts at this speed."""
        return float(seconds / self.speed)
