"""The one source of time."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime


class Clock:
    """Tells the time in UTC and waits; tests and plugins are given another one instead of patching."""

    def now(self) -> datetime:
        """The time now, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back, for measuring how long something takes."""
        return time.monotonic()

    def wait(self, seconds: float, stop: threading.Event | None = None) -> None:
        """Wait for `seconds`, or until `stop` is set."""
        (stop or threading.Event()).wait(seconds)
