"""The sums that Xero will come to, against a slow computation in fractions written from its published rules."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tieout_xero.arithmetic import sums

RATES = {"OUTPUT": Decimal(10), "TAX001": Decimal(15), "ODD": Decimal("8.875"), "NONE": Decimal(0)}


def rate(tax_type: str | None) -> Decimal:
    return RATES[tax_type or "NONE"]


def cents(value: Fraction) -> int:
    """Whole cents, half a cent away from zero."""
    return floor(value * 100 + Fraction(1, 2)) if value >= 0 else -floor(-value * 100 + Fraction(1, 2))


def slow(body: dict[str, Any]) -> tuple[int, int]:
    """Tax and total in cents."""
    net = tax = 0
    for line in body["LineItems"]:
        value = Fraction(line["Quantity"]) * Fraction(line["UnitAmount"])
        value *= 1 - Fraction(line.get("DiscountRate", 0)) / 100
        value -= Fraction(line.get("DiscountAmount", 0))
        amount, percent = cents(value), Fraction(RATES[line["TaxType"]])
        net += amount
        if body["LineAmountTypes"] == "Exclusive":
            tax += cents(Fraction(amount, 100) * percent / 100)
        elif body["LineAmountTypes"] == "Inclusive":
            tax += cents(Fraction(amount, 100) - Fraction(amount, 100) / (1 + percent / 100))
    return tax, net + tax if body["LineAmountTypes"] == "Exclusive" else net


def numbers(low: int, high: int, places: int) -> st.SearchStrategy[Decimal]:
    return st.integers(low, high).map(lambda value: Decimal(value).scaleb(-places))


line = st.fixed_dictionaries(
    {
        "Quantity": numbers(-50_000, 900_000, 3),
        "UnitAmount": numbers(-90_000_000, 90_000_000, 4),
        "TaxType": st.sampled_from(sorted(RATES)),
    }
)
discounts = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"DiscountRate": numbers(0, 10_000, 2)}),
    st.fixed_dictionaries({"DiscountAmount": numbers(0, 100_000, 2)}),
)
body = st.fixed_dictionaries(
    {
        "LineAmountTypes": st.sampled_from(["Exclusive", "Inclusive", "NoTax"]),
        "LineItems": st.lists(st.builds(lambda a, b: {**a, **b}, line, discounts), max_size=8),
    }
)


@given(body)
def test_it_agrees_with_the_slow_computation_to_the_cent(body: dict[str, Any]) -> None:
    come_to = sums(body, rate)
    tax, total = slow(body)
    assert (come_to.tax, come_to.total) == (Decimal(tax) / 100, Decimal(total) / 100)
    assert come_to.net + come_to.tax == come_to.total


def test_tax_is_rounded_per_line_as_in_xeros_own_example() -> None:
    lines = [
        {"Quantity": Decimal(1), "UnitAmount": Decimal(price), "TaxType": "TAX001"}
        for price in ("25.06", "25.61", "25.63")
    ]
    come_to = sums({"LineAmountTypes": "Exclusive", "LineItems": lines}, rate)
    assert (come_to.net, come_to.tax, come_to.total) == (Decimal("76.30"), Decimal("11.44"), Decimal("87.74"))


@pytest.mark.parametrize(("price", "amount"), [("0.005", "0.01"), ("-0.005", "-0.01"), ("1.0049", "1.00")])
def test_half_a_cent_is_rounded_away_from_zero(price: str, amount: str) -> None:
    lines = [{"Quantity": Decimal(1), "UnitAmount": Decimal(price)}]
    assert sums({"LineItems": lines}, rate).total == Decimal(amount)


def test_a_line_without_price_counts_with_its_amount() -> None:
    lines = [{"Description": "only words"}, {"LineAmount": Decimal("12.30"), "TaxType": "OUTPUT"}]
    assert sums({"LineItems": lines}, rate).total == Decimal("13.53")
