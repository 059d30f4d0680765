"""How times, amounts and counts are written for people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

_UNITS = (("day", 86400), ("h", 3600), ("min", 60), ("s", 1))


def count(number: int, noun: str) -> str:
    """A number with its noun: `1 record`, `1,240 records`."""
    return f"{number:,} {noun if number == 1 else f'{noun}s'}"


def money(amount: Decimal, currency: str) -> str:
    """An amount with its currency: `AUD 1,240.50`."""
    return f"{currency} {amount:,.2f}".strip()


def sums(amounts: Mapping[str, Decimal]) -> str:
    """Amounts of several currencies, in one line."""
    return ", ".join(money(amount, currency) for currency, amount in sorted(amounts.items()))


def span(length: timedelta) -> str:
    """A length of time in its two largest units: `2 h 5 min`."""
    left = max(0, round(length.total_seconds()))
    parts = []
    for unit, seconds in _UNITS:
        number, left = divmod(left, seconds)
        if number:
            parts.append(f"{number} {unit}{'s' if unit == 'day' and number > 1 else ''}")
    return " ".join(parts[:2]) or "0 s"


def moment(at: datetime, now: datetime) -> str:
    """A time in UTC, and how far it is from now: `2026-07-02 10:15 UTC (3 min ago)`."""
    gap = now - at
    if abs(gap) > timedelta(minutes=1):
        gap = timedelta(minutes=round(gap / timedelta(minutes=1)))
    far = "now" if abs(gap) < timedelta(seconds=1) else f"{span(gap)} ago" if gap > timedelta() else f"in {span(-gap)}"
    return f"{at:%Y-%m-%d %H:%M} UTC ({far})"
