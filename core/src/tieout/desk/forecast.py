"""What a number of calls means at the day's quota of a system."""

from __future__ import annotations

from dataclasses import dataclass

from tieout.host.connections import Connections


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """How many `calls` are needed of a connection, of how many that are `left` of the day's `allowed`.

    `allowed` and `left` are None for a system without a limit by the day. `days` is on how many days it is worked on,
    today included, when nobody else uses calls.
    """

    connection: str
    calls: int
    allowed: int | None = None
    left: int | None = None

    @property
    def fits(self) -> bool:
        """Whether the calls that are left of the day are enough."""
        return self.left is None or self.calls <= self.left

    @property
    def days(self) -> int:
        """On how many days it is worked on."""
        if self.fits or self.left is None or not self.allowed:
            return 1
        return -(-(self.calls - self.left) // self.allowed) + (1 if self.left else 0)

    def __str__(self) -> str:
        if self.left is None:
            return "The system has no limit by the day."
        told = f"{self.left:,} of the {self.allowed:,} calls of the day are left"
        if self.fits:
            return f"{told}: that is enough."
        return f"{told}: it goes on over {self.days} days, by itself, where each day's quota ends."


def forecast(connections: Connections, connection: str, calls: int) -> Forecast:
    """What a number of calls means for a connection, by the usage that the ledger knows; no call is made."""
    allowed = connections.allowed(connection)
    left = None if allowed is None else max(allowed - connections.usage(connection).used, 0)
    return Forecast(connection=connection, calls=calls, allowed=allowed, left=left)
