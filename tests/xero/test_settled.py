"""Paid, part-paid and credited documents: what may still be edited goes, and the rest is told, all of it at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tieout.api.contract import Binding, Terms
from tieout.api.model import Document, Line, Ref
from tieout.api.work import Lowering, Reject, Step, Work
from tieout_xero import transform
from tieout_xero.documents import INVOICES

from . import made

PARTY: Ref[str] = Ref(entity="customers", side="target", id="contact-1")
NOW: dict[str, Any] = {
    "InvoiceID": "id-1",
    "Type": "ACCREC",
    "Status": "AUTHORISED",
    "AmountPaid": Decimal("5.00"),
    "InvoiceNumber": "INV-7",
    "Reference": "PO 1",
    "Contact": {"ContactID": "contact-1", "Name": "Acme"},
    "Date": "/Date(1793664000000+0000)/",
    "DueDate": "/Date(1796256000000+0000)/",
    "LineAmountTypes": "Exclusive",
    "CurrencyCode": "AUD",
    "CurrencyRate": Decimal("1.000000"),
    "Url": "https://app.example/7",
    "LineItems": [
        {
            "LineItemID": "l-1",
            "Description": "Pump",
            "Quantity": Decimal("2.0000"),
            "UnitAmount": Decimal("10.0000"),
            "LineAmount": Decimal("18.00"),
            "DiscountRate": Decimal("10.00"),
            "TaxType": "OUTPUT",
            "TaxAmount": Decimal("1.80"),
            "AccountCode": "210",
            "AccountID": "a-210",
            "ItemCode": "PUMP-1",
            "Tracking": [{"Name": "Region", "Option": "North"}],
        },
        {"LineItemID": "l-2", "Description": "Bolt", "Quantity": 1, "UnitAmount": 1, "TaxType": "OUTPUT"}
        | {"AccountCode": "200", "LineAmount": 1, "TaxAmount": Decimal("0.10"), "Tracking": []},
    ],
}
PUMP = Line(
    description="Pump",
    quantity=Decimal(2),
    price=Decimal(10),
    discount_rate=Decimal(10),
    tax="GST 10%",
    tax_rate=Decimal(10),
    item=Ref(entity="items", side="target", id="item-1", key="PUMP-1"),
)
BOLT = Line(description="Bolt", price=Decimal(1), tax="GST 10%", tax_rate=Decimal(10))


def document(*lines: Line, **changes: Any) -> Document:
    given: dict[str, Any] = {"number": "INV-7", "party": PARTY, "date": date(2026, 11, 3), "due": date(2026, 12, 3)}
    given |= {"reference": "PO 1", "currency": "AUD", "url": "https://app.example/7", "total": Decimal("20.90")}
    return Document(**{**given, "lines": lines or (PUMP, BOLT), **changes})


def turn(terms: Terms, record: Document, **now: Any) -> Any:
    binding = Binding(entity="invoices", connector="xero", resource="Invoices", constants=terms.constants)
    item = Lowering(record, {**NOW, **terms.constants, **now}, "id-1")
    work = Work(way="lower", items=(item,), binding=binding, resource=INVOICES, terms=terms)
    (answer,) = transform(None, work) or []  # type: ignore[arg-type]
    return answer


def sent(terms: Terms, record: Document, **now: Any) -> dict[str, Any]:
    answer = turn(terms, record, **now)
    assert not isinstance(answer, Reject), answer
    (step,) = answer
    assert isinstance(step, Step)
    assert (step.op, step.id) == ("update", "id-1")
    return step.body


def held(terms: Terms, record: Document, **now: Any) -> list[str]:
    answer = turn(terms, record, **now)
    assert isinstance(answer, Reject), answer
    assert {problem.cause for problem in answer.problems} == {"settled-in-target"}
    assert all(problem.what and problem.why and problem.fix for problem in answer.problems)
    return [problem.about for problem in answer.problems]


@pytest.mark.parametrize(
    "state",
    [
        {"AmountPaid": Decimal("0.01")},
        {"AmountPaid": 0, "AmountCredited": Decimal(5)},
        {"Status": "PAID", "AmountPaid": Decimal("20.90")},
    ],
)
def test_nothing_but_what_changed_goes(sales: Terms, state: dict[str, Any]) -> None:
    assert turn(sales, document(), **state) == ()
    assert sent(sales, document(due=date(2026, 12, 24)), **state) == {"Type": "ACCREC", "DueDate": "2026-12-24"}


@pytest.mark.parametrize("kind", ["ACCREC", "ACCPAY"])
@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"number": "INV-8"}, "InvoiceNumber", "INV-8"),
        ({"due": date(2027, 1, 1)}, "DueDate", "2027-01-01"),
        ({"url": "https://app.example/8"}, "Url", "https://app.example/8"),
        ({"party": PARTY.model_copy(update={"id": "contact-2"})}, "Contact", {"ContactID": "contact-2"}),
    ],
)
def test_a_field_that_is_free_goes(
    terms: Callable[..., Terms], *, kind: str, changes: dict[str, Any], field: str, value: Any
) -> None:
    given = terms({"Type": kind})
    taxes = "INPUT" if kind == "ACCPAY" else "OUTPUT"
    account = "300" if kind == "ACCPAY" else "200"
    lines = [{**NOW["LineItems"][1], "TaxType": taxes, "AccountCode": account}]
    record = document(BOLT, total=Decimal("1.10"), **changes)
    assert sent(given, record, LineItems=lines) == {"Type": kind, field: value}


def test_a_sales_reference_goes(sales: Terms) -> None:
    assert sent(sales, document(reference="PO 2")) == {"Type": "ACCREC", "Reference": "PO 2"}


def test_a_description_takes_the_lines_along_as_they_are_in_xero(sales: Terms) -> None:
    body = sent(sales, document(PUMP.model_copy(update={"description": "Big pump"}), BOLT))
    assert body == {
        "Type": "ACCREC",
        "LineItems": [
            {
                "LineItemID": "l-1",
                "Description": "Big pump",
                "Quantity": Decimal(2),
                "UnitAmount": Decimal(10),
                "DiscountRate": Decimal(10),
                "TaxType": "OUTPUT",
                "TaxAmount": Decimal("1.80"),
                "AccountCode": "210",
                "ItemCode": "PUMP-1",
                "Tracking": [{"Name": "Region", "Option": "North"}],
            },
            {
                "LineItemID": "l-2",
                "Description": "Bolt",
                "Quantity": 1,
                "UnitAmount": 1,
                "TaxType": "OUTPUT",
                "TaxAmount": Decimal("0.10"),
                "AccountCode": "200",
            },
        ],
    }


def test_an_account_of_the_source_goes(sales: Terms) -> None:
    body = sent(sales, document(PUMP.model_copy(update={"account": "200"}), BOLT))
    assert [line["AccountCode"] for line in body["LineItems"]] == ["200", "200"]
    assert not any("AccountID" in line for line in body["LineItems"])


def test_an_account_stays_where_the_tax_office_withholds(sales: Terms) -> None:
    record = document(PUMP.model_copy(update={"account": "200"}), BOLT)
    assert held(sales, record, CISDeduction=Decimal(2)) == ["account of line 1"]


def test_the_contact_stays_when_a_credit_note_paid(sales: Terms) -> None:
    other = document(party=PARTY.model_copy(update={"id": "contact-2"}))
    assert held(sales, other, AmountCredited=Decimal(5)) == ["contact"]


def test_everything_that_is_fixed_is_told_at_once(sales: Terms) -> None:
    pump = PUMP.model_copy(update={"quantity": Decimal(3), "discount_rate": None})
    bolt = BOLT.model_copy(update={"price": Decimal(2), "tax": "GST 15%", "tax_rate": Decimal(15)})
    record = document(
        pump,
        bolt,
        date=date(2026, 11, 4),
        currency="USD",
        rate=Decimal("0.65"),
        total=Decimal("35.30"),
        reference="PO 2",
    )
    assert held(sales, record) == [
        "date",
        "currency",
        "exchange rate",
        "quantity of line 1",
        "amount of line 1",
        "price of line 2",
        "amount of line 2",
        "tax of line 2",
    ]


def test_added_and_removed_lines_are_told(sales: Terms) -> None:
    assert held(sales, document(PUMP, BOLT, BOLT, total=Decimal("22.00"))) == ["number of lines"]
    assert held(sales, document(PUMP, total=Decimal("19.80"))) == ["number of lines"]


def test_the_words_name_both_values(sales: Terms) -> None:
    (problem,) = turn(sales, document(date=date(2026, 11, 4))).problems
    assert problem.what.startswith("The date is 2026-11-03 in Xero and 2026-11-04 at the source")


def test_the_rounding_line_that_is_there_is_no_new_line(sales: Terms) -> None:
    closed = [*NOW["LineItems"], {"LineItemID": "l-3", "Description": "Rounding", "Quantity": 1}]
    closed[2] |= {"UnitAmount": Decimal("0.02"), "LineAmount": Decimal("0.02"), "AccountCode": "860", "TaxType": "NONE"}
    record = document(total=Decimal("20.92"), reference="PO 2")
    assert sent(sales, record, LineItems=closed) == {"Type": "ACCREC", "Reference": "PO 2"}
    assert held(sales, document(total=Decimal("20.93")), LineItems=closed) == ["price of line 3", "amount of line 3"]


def test_a_strangers_binding_is_limited_too(sales: Terms) -> None:
    def own(record: Document, terms: Terms, now: Any) -> dict[str, Any]:
        return {"Date": "2026-11-09", "Reference": "mine", "LineItems": [dict(line) for line in NOW["LineItems"]]}

    binding = Binding(
        entity="strangers", connector="xero", resource="Invoices", constants={"Type": "ACCREC"}, lower=own
    )
    item = Lowering(document(), NOW, "id-1")
    work = Work(way="lower", items=(item,), binding=binding, resource=INVOICES, terms=sales)
    (answer,) = transform(None, work) or []  # type: ignore[arg-type]
    assert [(problem.cause, problem.about) for problem in answer.problems] == [("settled-in-target", "date")]


def test_a_locked_period_stays_locked(sales: Terms) -> None:
    answer = turn(sales, document(reference="PO 2", date=date(2026, 6, 1)), Date="2026-06-01")
    assert [problem.cause for problem in answer.problems] == ["period-locked"]


def test_what_xero_is_never_told_may_change_on_a_paid_document() -> None:
    assert {"customer", "contact", "bill_to", "delivery", "note"} <= INVOICES.free
    assert not {"total", "tax", "date", "currency"} & INVOICES.free


def test_of_a_paid_document_only_what_is_free_goes(sales: Terms) -> None:
    paid = {**made.APPROVED, "Status": "PAID", "AmountPaid": 110}
    assert made.body(sales, made.document(due=date(2026, 12, 24)), paid) == {"Type": "ACCREC", "DueDate": "2026-12-24"}
    assert set(made.causes(sales, made.document("121", made.line("110"), date=date(2026, 11, 4)), paid)) == {
        "settled-in-target"
    }
