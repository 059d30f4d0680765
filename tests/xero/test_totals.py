"""The check of totals: whatever the document, a single cent is never lost, neither before nor after it is sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tieout.api.contract import Binding, Terms
from tieout.api.model import Document, Line, Ref
from tieout.api.work import Lowering, Reject, Work
from tieout_xero import transform
from tieout_xero.documents import INVOICES
from tieout_xero.settings import Pair

from .test_arithmetic import cents, numbers

CENT = Decimal("0.01")
RATES = {"GST 10%": Decimal(10), "GST 15%": Decimal(15), None: Decimal(0)}
PARTY: Ref[str] = Ref(entity="customers", side="target", id="contact-1")
either = st.sampled_from([CENT, -CENT])

line = st.builds(
    lambda quantity, price, tax, off: Line(
        description="x", quantity=quantity, price=price, tax=tax, tax_rate=RATES[tax] or None, **off
    ),
    numbers(0, 900_000, 3),
    numbers(-9_000_000, 90_000_000, 5),
    st.sampled_from(list(RATES)),
    st.one_of(
        st.just({}),
        numbers(0, 10_000, 2).map(lambda rate: {"discount_rate": rate}),
        numbers(0, 10_000, 2).map(lambda off: {"discount": off}),
    ),
)
documents = st.tuples(st.lists(line, min_size=1, max_size=6), st.sampled_from(["exclusive", "inclusive", "none"]))
quick = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


def computed(lines: list[Line], mode: str) -> tuple[Decimal, Decimal]:
    """Tax and total of the source's lines, in fractions, rounded per line as Xero documents it."""
    tax = net = 0
    for each in lines:
        value = Fraction(each.quantity) * Fraction(each.price)
        value -= value * Fraction(each.discount_rate or 0) / 100 + Fraction(each.discount or 0)
        amount, rate = cents(value), Fraction(each.tax_rate or 0) / 100
        net += amount
        within = Fraction(amount, 100)
        tax += {"exclusive": cents(within * rate), "inclusive": cents(within - within / (1 + rate)), "none": 0}[mode]
    return Decimal(tax) / 100, Decimal(net + (tax if mode == "exclusive" else 0)) / 100


def lowered(terms: Terms, lines: list[Line], mode: str, tax: Decimal, total: Decimal) -> Any:
    record = Document.model_validate(
        {"number": "7", "party": PARTY, "date": date(2026, 11, 3), "lines": lines, "tax_mode": mode}
        | {"tax": tax, "total": total}
    )
    binding = Binding(entity="invoices", connector="xero", resource="Invoices", constants=terms.constants)
    work = Work(way="lower", items=(Lowering(record),), binding=binding, resource=INVOICES, terms=terms)
    (answer,) = transform(None, work) or []  # type: ignore[arg-type]
    return answer if isinstance(answer, Reject) else answer[0].body


def lifted(terms: Terms, wire: dict[str, Any]) -> Document:
    record = INVOICES.lift(wire, terms)
    assert isinstance(record, Document)
    return record


@pytest.fixture
def strict(sales: Terms, pair: Pair) -> Terms:
    """Terms that round nothing away."""
    return replace(
        sales, pair=pair.model_copy(update={"rounding": pair.rounding.model_copy(update={"tolerance": Decimal(0)})})
    )


@quick
@given(documents)
def test_a_total_that_agrees_goes_as_it_is(strict: Terms, made: tuple[list[Line], str]) -> None:
    tax, total = computed(*made)
    body = lowered(strict, *made, tax, total)
    assert not isinstance(body, Reject), body
    assert len(body["LineItems"]) == len(made[0])
    assert (lifted(strict, body).tax, lifted(strict, body).total) == (tax, total)


@quick
@given(documents, either)
def test_a_cent_in_the_total_or_the_tax_is_held_where_nothing_is_rounded(
    strict: Terms, made: tuple[list[Line], str], off: Decimal
) -> None:
    tax, total = computed(*made)
    for changed in ((tax, total + off), (tax + off, total), (tax + off, total + off)):
        held = lowered(strict, *made, *changed)
        assert isinstance(held, Reject)
        assert [problem.cause for problem in held.problems] == ["total-differs"]


@quick
@given(documents, either)
def test_a_cent_that_may_be_rounded_stands_in_a_line_of_its_own(
    sales: Terms, made: tuple[list[Line], str], off: Decimal
) -> None:
    tax, total = computed(*made)
    body = lowered(sales, *made, tax, total + off)
    assert not isinstance(body, Reject), body
    *_, rounding = body["LineItems"]
    assert (rounding["Description"], rounding["Quantity"], rounding["UnitAmount"]) == ("Rounding", 1, off)
    assert lifted(sales, body).total == total + off


@quick
@given(documents, either, st.data())
def test_a_cent_that_xero_changed_is_seen_when_the_answer_is_read(
    strict: Terms, made: tuple[list[Line], str], off: Decimal, data: st.DataObject
) -> None:
    tax, total = computed(*made)
    body = lowered(strict, *made, tax, total)
    assert not isinstance(body, Reject), body
    stated = {**body, "Total": total, "TotalTax": tax}
    assert (lifted(strict, stated).total, lifted(strict, stated).tax) == (total, tax)
    assert lifted(strict, {**stated, "Total": total + off}).total == total + off
    assert lifted(strict, {**stated, "TotalTax": tax + off}).tax == tax + off
    place = data.draw(st.integers(0, len(body["LineItems"]) - 1))
    extra = {"Description": "y", "Quantity": Decimal(1), "UnitAmount": off, "TaxType": "NONE"}
    lines = [*body["LineItems"][:place], extra, *body["LineItems"][place:]]
    assert lifted(strict, {**body, "LineItems": lines}).total == total + off
