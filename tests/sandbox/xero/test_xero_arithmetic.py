"""The arithmetic of documents, against an independent computation in fractions (docs/facts/xero.md, "Arithmetic")."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tieout_sandbox.xero.arithmetic import Price, price, tax_of, totals
from tieout_sandbox.xero.findings import Refused

Errors = Callable[[Any], list[str]]
Line = Callable[..., dict[str, Any]]
LINES = st.lists(
    st.tuples(
        st.decimals("-20", "500", places=4),
        st.decimals("0", "9999", places=4),
        st.sampled_from(["0", "5", "12.5", "33.33"]),
        st.sampled_from(["0", "8.25", "10", "15"]),
    ),
    min_size=1,
    max_size=6,
)


def cents(value: Fraction) -> Decimal:
    """Half away from zero, to the cent."""
    sign = -1 if value < 0 else 1
    return Decimal(sign * floor(abs(value) * 100 + Fraction(1, 2))) / 100


@settings(max_examples=150, deadline=None)
@given(LINES, st.sampled_from(["Exclusive", "Inclusive", "NoTax"]))
def test_every_document_agrees_with_exact_fractions(lines: list[Any], kind: str) -> None:
    records, amount, tax = [], Decimal(0), Decimal(0)
    for quantity, unit, discount, rate in lines:
        found = price(Price(quantity, unit, rate=Decimal(discount)), 4).amount
        exact = cents(Fraction(quantity) * Fraction(unit) * (100 - Fraction(discount)) / 100)
        whole = {"Exclusive": Fraction(100), "Inclusive": 100 + Fraction(rate)}.get(kind)
        wanted = cents(Fraction(exact) * Fraction(rate) / whole) if whole else Decimal(0)
        assert found == exact
        assert tax_of(found, Decimal(rate), kind) == wanted
        records.append({"LineAmount": found, "TaxAmount": wanted})
        amount, tax = amount + exact, tax + wanted
    result = totals(records, kind)
    assert result.total == amount + (tax if kind == "Exclusive" else 0)
    assert result.sub_total == result.total - result.tax
    assert result.tax == tax


def test_tax_is_rounded_per_line_as_in_the_rounding_guide(xero: Any, line: Line) -> None:
    lines = [line(Quantity=1, UnitAmount=Decimal(unit), TaxType="TAX001") for unit in ("25.06", "25.61", "25.63")]
    made = xero.saved(LineItems=lines)
    assert [each["TaxAmount"] for each in made["LineItems"]] == [Decimal("3.76"), Decimal("3.84"), Decimal("3.84")]
    assert (made["SubTotal"], made["TotalTax"], made["Total"]) == (
        Decimal("76.30"),
        Decimal("11.44"),
        Decimal("87.74"),
    )


def test_inclusive_amounts_contain_their_tax(xero: Any, line: Line) -> None:
    made = xero.saved(LineAmountTypes="Inclusive", LineItems=[line(Quantity=1, UnitAmount=Decimal("110.00"))])
    assert (made["SubTotal"], made["TotalTax"], made["Total"]) == (100, 10, 110)


def test_no_tax_documents_have_none(xero: Any, line: Line) -> None:
    made = xero.saved(LineAmountTypes="NoTax", LineItems=[line(Quantity=1, UnitAmount=Decimal("110.00"))])
    assert (made["SubTotal"], made["TotalTax"], made["Total"]) == (110, 0, 110)


@pytest.mark.parametrize(("places", "unit", "amount"), [(2, "1.23", "123.00"), (4, "1.2346", "123.46")])
def test_unit_amount_is_rounded_before_the_line(xero: Any, line: Line, places: int, unit: str, amount: str) -> None:
    lines = [line(Quantity=100, UnitAmount=Decimal("1.23456"))]
    made = xero.put("Invoices", xero.invoice(LineItems=lines), unitdp=places)
    assert (made["LineItems"][0]["UnitAmount"], made["LineItems"][0]["LineAmount"]) == (Decimal(unit), Decimal(amount))


def test_line_amount_must_agree_with_quantity_and_unit_amount(xero: Any, line: Line, errors: Errors) -> None:
    wrong = [line(Quantity=3, UnitAmount=Decimal("3.335"), LineAmount=Decimal("10.00"))]
    assert errors(xero.put("Invoices", xero.invoice(LineItems=wrong), unitdp=4)) == [
        "The line total 10.00 does not match the expected line total 10.01"
    ]
    right = [line(Quantity=3, UnitAmount=Decimal("3.335"), LineAmount=Decimal("10.005"))]
    assert xero.put("Invoices", xero.invoice(LineItems=right), unitdp=4)["StatusAttributeString"] == "OK"


def test_line_amount_alone_or_with_quantity_gives_the_rest(xero: Any, line: Line) -> None:
    lines = [
        line(Quantity=7, UnitAmount=None, LineAmount=Decimal("33.33")),
        line(Quantity=None, UnitAmount=None, LineAmount=Decimal("5.00")),
    ]
    made = xero.saved(LineItems=lines)["LineItems"]
    assert [(each["Quantity"], each["UnitAmount"], each["LineAmount"]) for each in made] == [
        (7, Decimal("4.7614"), Decimal("33.33")),
        (1, 5, 5),
    ]


def test_discounts_by_rate_and_by_amount(xero: Any, line: Line) -> None:
    lines = [
        line(Quantity=2, UnitAmount=Decimal("120.5"), DiscountRate=5),
        line(Quantity=1, UnitAmount=Decimal("20"), DiscountAmount=Decimal("2.5")),
    ]
    made = xero.saved(LineItems=lines)
    assert [each["LineAmount"] for each in made["LineItems"]] == [Decimal("228.95"), Decimal("17.50")]
    assert (made["TotalDiscount"], made["IsDiscounted"]) == (Decimal("14.55"), True)


@pytest.mark.parametrize("discount", [{"DiscountRate": 101}, {"DiscountAmount": Decimal("100.01")}])
def test_discount_is_not_larger_than_the_line(xero: Any, line: Line, errors: Errors, discount: Any) -> None:
    assert errors(xero.put("Invoices", xero.invoice(LineItems=[line(**discount)]))) == [
        "Discount must not be greater than the line total"
    ]


def test_bills_know_no_discount(xero: Any, line: Line, errors: Errors) -> None:
    bill = xero.invoice(Type="ACCPAY", LineItems=[line(AccountCode="300", TaxType="INPUT", DiscountRate=5)])
    assert len(errors(xero.put("Invoices", bill))) == 1


def test_three_numbers_that_disagree_are_refused_by_the_function() -> None:
    with pytest.raises(Refused, match=r"line total 9\.99 does not match the expected line total 10\.00"):
        price(Price(Decimal(2), Decimal(5), Decimal("9.99")), 4)
