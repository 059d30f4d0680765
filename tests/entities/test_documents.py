"""Invoices, supplier invoices and purchase orders: who is billed, under what number, and what is held."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError
from tieout.api.contract import Entity, Settings
from tieout.api.model import Document, Line, Ref
from tieout_entities.invoices import INVOICES, InvoiceSettings
from tieout_entities.purchase_orders import PURCHASE_ORDERS
from tieout_entities.supplier_invoices import SUPPLIER_INVOICES, SupplierInvoiceSettings

CUSTOMER: Ref[str] = Ref(entity="customers", id="1", name="Acme")
CONTACT: Ref[str] = Ref(entity="contacts", id="2", name="Ana Reyes")
SUPPLIER: Ref[str] = Ref(entity="suppliers", id="3", name="Bolt Supplies")
ITEM: Ref[str] = Ref(entity="items", id="4", name="Steel bolt M8")
DOCUMENTS = (INVOICES, SUPPLIER_INVOICES, PURCHASE_ORDERS)
every_document = pytest.mark.parametrize("entity", DOCUMENTS, ids=lambda entity: entity.name)


def line(**fields: Any) -> Line:
    return Line(**{"description": "Bolts", "price": Decimal("23.00"), "amount": Decimal("23.00"), **fields})


def document(entity: Entity, **fields: Any) -> Document:
    parties = {"customer": CUSTOMER, "contact": CONTACT} if entity is INVOICES else {"party": SUPPLIER}
    figures = {"number": "1007", "date": date(2026, 7, 1), "total": Decimal("23.00"), "lines": (line(),)}
    return Document(**{**parties, **figures, **fields})


def prepared(entity: Entity, settings: Settings | None = None, **fields: Any) -> Document:
    done = entity.prepare(document(entity, **fields), settings or entity.settings())
    assert isinstance(done, Document)
    return done


def causes(entity: Entity, settings: Settings | None = None, **fields: Any) -> list[str]:
    chosen = settings or entity.settings()
    return [problem.cause for problem in entity.check(prepared(entity, chosen, **fields), chosen)]


@every_document
def test_a_complete_document_goes(entity: Entity) -> None:
    assert entity.skip(document(entity), entity.settings()) is None
    assert causes(entity) == []


@every_document
@pytest.mark.parametrize("standing", ["draft", "void", "archived"])
def test_what_is_no_document_in_the_source_is_skipped_with_a_reason(entity: Entity, standing: str) -> None:
    assert entity.skip(document(entity, standing=standing), entity.settings())


@every_document
def test_a_settled_document_that_was_never_sent_goes(entity: Entity) -> None:
    assert entity.skip(document(entity, standing="settled"), entity.settings()) is None


@every_document
def test_drafts_go_once_they_are_switched_on(entity: Entity) -> None:
    assert entity.skip(document(entity, standing="draft"), entity.settings(drafts=True)) is None


@every_document
def test_the_prefix_stands_before_the_number(entity: Entity) -> None:
    assert prepared(entity, entity.settings(number_prefix="AP-"), number=" 1007 ").number == "AP-1007"


@every_document
def test_a_document_without_a_number_gets_none_from_the_prefix(entity: Entity) -> None:
    assert causes(entity, entity.settings(number_prefix="AP-"), number=" ") == ["number-missing"]


@every_document
def test_a_line_without_text_is_described_by_its_item(entity: Entity) -> None:
    done = prepared(entity, lines=(line(description=" ", item=ITEM), line(description="As agreed", item=ITEM)))
    assert [one.description for one in done.lines] == ["Steel bolt M8", "As agreed"]


@every_document
def test_each_line_that_nothing_describes_is_named(entity: Entity) -> None:
    nameless: Ref[str] = Ref(entity="items", id="9")
    lines = (line(), line(description=""), line(description="", item=nameless))
    problems = list(entity.check(prepared(entity, lines=lines), entity.settings()))
    assert [problem.cause for problem in problems] == ["line-description-missing"] * 2
    assert ["Line 2" in problems[0].what, "Line 3" in problems[1].what] == [True, True]


@every_document
def test_all_that_is_missing_is_told_at_once(entity: Entity) -> None:
    lacking: dict[str, Any] = {"number": None, "lines": ()}
    found = causes(entity, **lacking, **dict.fromkeys(("customer", "contact", "party"), None))
    whom = ["customer-missing", "contact-missing"] if entity is INVOICES else ["supplier-missing"]
    assert found == [*whom, "number-missing", "lines-missing"]


@every_document
def test_what_an_accountant_changes_on_a_line_is_kept(entity: Entity) -> None:
    assert entity.target_owns == {"lines": {"__all__": {"account": True, "tax": True, "tax_rate": True}}}


@every_document
def test_the_party_is_the_one_reference_that_must_resolve(entity: Entity) -> None:
    assert entity.follows == ("party",)


@pytest.mark.parametrize(
    ("bill_to", "setting", "party"),
    [
        (None, "customer", CUSTOMER),
        (None, "contact", CONTACT),
        ("contact", "customer", CONTACT),
        ("customer", "contact", CUSTOMER),
    ],
)
def test_the_invoice_says_who_is_billed_and_else_the_setting(
    bill_to: str | None, setting: str, party: Ref[str]
) -> None:
    settings = InvoiceSettings.model_validate({"party": setting})
    assert prepared(INVOICES, settings, bill_to=bill_to).party == party


@pytest.mark.parametrize(
    ("settings", "lacking", "found"),
    [
        ({}, "customer", ["customer-missing"]),
        ({}, "contact", ["contact-missing"]),
        ({"contact-required": False}, "contact", []),
        ({"contact-required": False}, "customer", ["customer-missing"]),
        ({"party": "contact"}, "customer", []),
        ({"party": "contact", "contact-required": False}, "contact", ["contact-missing"]),
    ],
)
def test_an_invoice_needs_whom_it_bills_and_a_contact_unless_that_is_relaxed(
    settings: dict[str, Any], lacking: str, found: list[str]
) -> None:
    assert causes(INVOICES, InvoiceSettings.model_validate(settings), **{lacking: None}) == found


def test_a_bill_goes_under_the_number_that_the_supplier_printed() -> None:
    bill = prepared(SUPPLIER_INVOICES, SupplierInvoiceSettings(number_prefix="AP-"), number="SI-1", reference=" 4711 ")
    assert (bill.number, bill.reference) == ("4711", "AP-SI-1")


def test_a_bill_without_the_suppliers_number_goes_under_the_own_one() -> None:
    assert prepared(SUPPLIER_INVOICES, SupplierInvoiceSettings(number_prefix="AP-"), number="SI-1").number == "AP-SI-1"


def test_a_bill_can_always_go_under_the_own_number() -> None:
    bill = prepared(SUPPLIER_INVOICES, SupplierInvoiceSettings(number="own"), number="SI-1", reference="4711")
    assert (bill.number, bill.reference) == ("SI-1", "4711")


def test_a_misspelt_setting_is_refused() -> None:
    with pytest.raises(ValidationError, match="contact_requird"):
        InvoiceSettings.model_validate({"contact_requird": False})
