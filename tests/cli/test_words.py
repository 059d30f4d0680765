"""How times, amounts and counts are written."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from tieout_app.cli import words


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0 s"), (59.6, "1 min"), (61, "1 min 1 s"), (7500, "2 h 5 min"), (86400, "1 day"), (180_000, "2 days 2 h")],
)
def test_spans_have_two_units_at_most(seconds: float, expected: str) -> None:
    assert words.span(timedelta(seconds=seconds)) == expected


@pytest.mark.parametrize(("minutes", "far"), [(-3.4, "3 min ago"), (5, "in 5 min"), (0, "now"), (-0.5, "30 s ago")])
def test_times_name_their_zone_and_distance(now: datetime, minutes: float, far: str) -> None:
    at = now + timedelta(minutes=minutes)
    assert words.moment(at, now) == f"{at:%Y-%m-%d %H:%M} UTC ({far})"


def test_money_has_its_currency() -> None:
    assert words.sums({"NZD": Decimal("3"), "AUD": Decimal("-1240.5")}) == "AUD -1,240.50, NZD 3.00"


def test_counts_agree_with_their_noun() -> None:
    assert [words.count(number, "record") for number in (0, 1, 1240)] == ["0 records", "1 record", "1,240 records"]
