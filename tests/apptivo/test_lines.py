"""Spreading a discount over taxes: in proportion, in cents, and exactly."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tieout.api.model import Line
from tieout_apptivo.records.lines import CENT, cents, discounts, net, spread

amounts = st.decimals(min_value=0, max_value=1_000_000, places=2)
weights = st.lists(st.decimals(min_value=0, max_value=1_000_000, places=2), min_size=1, max_size=8)


@given(amounts, weights.filter(any))
def test_the_shares_add_up_exactly_and_none_is_a_cent_off(amount: Decimal, weights: list[Decimal]) -> None:
    shares = spread(amount, weights)
    assert sum(shares) == amount
    whole = sum(weights)
    for share, weight in zip(shares, weights, strict=True):
        assert share == cents(share)
        assert abs(share - amount * weight / whole) < CENT


@given(amounts, weights.filter(any))
def test_what_weighs_nothing_bears_nothing(amount: Decimal, weights: list[Decimal]) -> None:
    assert spread(amount, [*weights, Decimal(0)])[-1] == 0


def test_the_cent_left_over_goes_to_the_largest_remainder() -> None:
    assert spread(Decimal("1.00"), [Decimal(1), Decimal(1), Decimal(1)]) == [
        Decimal("0.34"),
        Decimal("0.33"),
        Decimal("0.33"),
    ]
    assert spread(Decimal("0.04"), [Decimal(1), Decimal(9)]) == [Decimal("0.00"), Decimal("0.04")]


def test_nothing_to_spread_over_is_an_error() -> None:
    with pytest.raises(ValueError, match="add up to nothing"):
        spread(Decimal(1), [Decimal(5), Decimal(-5)])


taxes = st.sampled_from([None, "GST 10%", "VAT 20%", "GST 5% + PST 7%"])
prices = st.decimals(min_value="0.01", max_value=100_000, places=2)
lines = st.lists(st.builds(Line, amount=prices, tax=taxes), min_size=1, max_size=12)


@given(lines, st.decimals(min_value="0.01", max_value=10_000, places=2))
def test_the_discount_of_a_document_is_whole_whatever_its_taxes(given: list[Line], discount: Decimal) -> None:
    found = discounts(given, discount)
    assert sum(net(line) for line in found) == -discount
    assert len({line.tax for line in found}) == len(found)
    assert {line.tax for line in found} <= {line.tax for line in given}
    assert {line.role for line in found} == {"discount"}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (Line(quantity=3, price=Decimal("1.115")), "3.35"),
        (Line(quantity=2, price=10, discount_rate=Decimal("12.5")), "17.50"),
        (Line(quantity=2, price=10, discount=Decimal("0.01")), "19.99"),
        (Line(quantity=2, price=10, amount=Decimal("19.98")), "19.98"),
    ],
)
def test_a_line_comes_to_what_it_states_else_to_what_it_makes(line: Line, expected: str) -> None:
    assert net(line) == Decimal(expected)
