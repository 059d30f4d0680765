"""The chart of both sides by month: how high each bar is drawn, for one entity and currency."""

from __future__ import annotations

from calendar import month_abbr
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from tieout.rules.proof import TieLine

WIDTH, HEIGHT = 480, 190
_LEFT, _TOP, _BOTTOM = 46, 10, 22
_LATEST = 24
"""Months that one chart shows, the latest."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle: `kind` is source, left-out (held or skipped) or target; all else in units of the drawing."""

    kind: str
    x: Decimal
    y: Decimal
    width: Decimal
    height: Decimal
    words: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A line or mark of an axis, with its label."""

    at: Decimal
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn for one entity and currency; `clear` says that every month ties."""

    entity: str
    currency: str
    bars: tuple[Bar, ...]
    amounts: tuple[Tick, ...]
    months: tuple[Tick, ...]
    zero: Decimal
    clear: bool


def charts(lines: Iterable[TieLine]) -> list[Chart]:
    """One chart for each entity and currency that has money, of its latest months."""
    grouped: dict[tuple[str, str], dict[str, TieLine]] = {}
    for line in lines:
        if line.currency and line.period:
            grouped.setdefault((line.entity, line.currency), {})[line.period] = line
    return [_chart(entity, currency, by_month) for (entity, currency), by_month in grouped.items()]


def _chart(entity: str, currency: str, by_month: dict[str, TieLine]) -> Chart:
    months = list(_every(min(by_month), max(by_month)))[-_LATEST:]
    shown = [by_month.get(month, TieLine(entity, month, currency)) for month in months]
    figures = [value for line in shown for value in (line.source_total, line.target_total, Decimal(0))]
    step = _step(max(figures) - min(figures))
    low = step * (min(figures) / step).to_integral_value(ROUND_FLOOR)
    high = max(step * (max(figures) / step).to_integral_value(ROUND_CEILING), low + step)
    plot = Decimal(HEIGHT - _TOP - _BOTTOM)

    def y(value: Decimal) -> Decimal:
        return _TOP + plot * (high - value) / (high - low)

    slot = Decimal(WIDTH - _LEFT) / len(shown)
    bars = tuple(bar for place, line in enumerate(shown) for bar in _bars(line, _LEFT + slot * place, slot, y))
    ticks = range(int((high - low) / step) + 1)
    every = -(-len(shown) // 12)
    return Chart(
        entity=entity,
        currency=currency,
        bars=bars,
        amounts=tuple(Tick(y(low + step * place), _short(low + step * place)) for place in ticks),
        months=tuple(
            Tick(_LEFT + slot * place + slot / 2, f"{month_abbr[int(line.period[5:])]} {line.period[2:4]}")
            for place, line in enumerate(shown)
            if place % every == 0
        ),
        zero=y(Decimal(0)),
        clear=all(line.clear for line in by_month.values()),
    )


def _bars(line: TieLine, x: Decimal, slot: Decimal, y: Callable[[Decimal], Decimal]) -> Iterator[Bar]:
    wide = min(slot * Decimal("0.36"), Decimal(26))
    left = x + slot / 2 - wide
    sent = line.source_total - line.held_total - line.skipped_total
    parts: Sequence[tuple[str, Decimal, Decimal, Decimal]] = (
        ("source", left, Decimal(0), sent),
        ("left-out", left, sent, line.source_total),
        ("target", left + wide, Decimal(0), line.target_total),
    )
    for kind, at, low, high in parts:
        if low != high:
            top, bottom = y(max(low, high)), y(min(low, high))
            yield Bar(kind, at, top, wide - 1, bottom - top, f"{line.period}: {line.currency} {high - low:,.2f}")


def _every(first: str, last: str) -> Iterator[str]:
    year, month = int(first[:4]), int(first[5:])
    while (named := f"{year:04}-{month:02}") <= last:
        yield named
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


def _step(span: Decimal) -> Decimal:
    """The distance of the lines behind the bars: 1, 2 or 5 times a power of ten, for about four of them."""
    if span <= 0:
        return Decimal(1)
    power = Decimal(10) ** (span / 4).adjusted()
    return next(power * times for times in (1, 2, 5, 10) if power * times * 5 >= span)


def _short(amount: Decimal) -> str:
    for size, letter in ((Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "k")):
        if abs(amount) >= size:
            return f"{(amount / size).normalize():f}{letter}"
    return f"{amount.normalize():f}"
