"""The sandbox's only source of time."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal


class Clock:
    """The time of one fake system: the real time plus what a test has advanced it by.

    `speed` says how many times faster the windows of limits run; the lives of tokens and codes are not touched by it.
    """

    def __init__(self, speed: Decimal | int = 1) -> None:
        if speed <= 0:
            raise ValueError(f"speed must be above 0, not {speed}")
        self.speed = Decimal(speed)
        self._advanced = timedelta()

    def now(self) -> datetime:
        """The time of the fake system, aware and in UTC."""
        return datetime.now(UTC) + self._advanced

    def advance(self, seconds: float) -> None:
        """Move the time by so many seconds; limits, tokens and codes all see it."""
        self._advanced += timedelta(seconds=seconds)

    def reset(self) -> None:
        """Go back to the real time."""
        self._advanced = timedelta()

    def window(self, seconds: int) -> float:
        """How many seconds on this clock a limit's window of `seconds` lasts at this speed."""
        return float(seconds / self.speed)
