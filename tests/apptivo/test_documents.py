"""Invoices, supplier invoices, purchase orders, orders and estimates as documents."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tieout.api.model import Ref

Lift = Callable[..., Any]
Make = Callable[..., dict[str, Any]]
Refused = Callable[..., dict[str, Any]]


def test_an_invoice_is_a_document(lift: Lift, invoice: Make) -> None:
    document = lift("invoices", invoice(referenceNumber="PO 7", notes="<p>Thank you</p>"))
    assert (document.number, document.reference, document.standing) == ("INV-1007", "PO 7", "live")
    assert (document.date, document.due) == (date(2024, 3, 4), date(2024, 4, 3))
    assert document.customer == Ref(entity="customers", id="1000231", name="Acme Pty Ltd")
    assert document.contact == Ref(entity="contacts", id="2000077", name="Ana Reyes")
    assert (document.party, document.bill_to) == (None, None)
    assert (document.currency, document.rate, document.tax_mode) == ("AUD", None, "exclusive")
    assert (document.tax, document.total, document.note) == (Decimal("2.30"), Decimal("25.30"), "Thank you")


@pytest.mark.parametrize(("per", "rate"), [("own", "1.25"), ("document", "0.8"), ("", None)])
def test_an_exchange_rate_counts_only_where_the_profile_says_which_way_round_it_is(
    lift: Lift, invoice: Make, per: str, rate: str | None
) -> None:
    document = lift("invoices", invoice(exchangeRate="1.25"), profile={"invoices": {"rate-per": per}})
    assert document.rate == (Decimal(rate) if rate else None)


def test_a_line_has_all_that_was_stated(lift: Lift, invoice: Make, line: Make) -> None:
    row = line(accountCode=200, isInventoryItem="Y")
    [found] = lift("invoices", invoice(lines=[row])).lines
    assert (found.description, found.quantity, found.price) == ("Box of 100", Decimal(2), Decimal("11.50"))
    assert (found.amount, found.tax, found.tax_rate) == (Decimal("23.00"), "GST 10%", Decimal(10))
    assert (found.account, found.stock, found.role) == ("200", True, "goods")
    assert found.item == Ref(entity="items", id="4000011", name="Steel bolt M8")


def test_lifting_is_pure(lift: Lift, invoice: Make) -> None:
    wire = invoice(discountPercent=3, shippingAmount="4", taxAmount="2.23", total="28.54")
    before = copy.deepcopy(wire)
    assert lift("invoices", wire) == lift("invoices", wire)
    assert wire == before


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ({"note": "<p>Box &amp; lid</p>", "description": "other"}, "Box & lid"),
        ({"note": "<p> </p>", "description": "<b>other</b>"}, "other"),
        ({"note": None, "description": ""}, ""),
    ],
)
def test_a_line_is_described_by_its_note_else_its_description(
    lift: Lift, invoice: Make, line: Make, text: dict[str, Any], description: str
) -> None:
    assert lift("invoices", invoice(lines=[line(**text)])).lines[0].description == description


def test_services_are_hours_at_a_rate(lift: Lift, invoice: Make) -> None:
    service = {"taskName": "Welding", "hours": "1.5", "rate": "80", "taxName": "GST", "taxRate": 10, "amount": "120"}
    noted = service | {"note": "Welding on site"}
    wire = invoice(lines=..., serviceLines=[service, noted], taxAmount="24", total="264")
    first, second = lift("invoices", wire).lines
    assert (first.description, first.quantity, first.price) == ("Welding", Decimal("1.5"), Decimal(80))
    assert (first.amount, first.item, second.description) == (Decimal(120), None, "Welding on site")


def test_products_and_services_stand_on_one_invoice(lift: Lift, invoice: Make) -> None:
    wire = invoice(serviceLines=[{"taskName": "Welding", "hours": 1, "rate": 10}], total="35.30")
    assert [line.description for line in lift("invoices", wire).lines] == ["Box of 100", "Welding"]


def test_rows_without_content_are_left_out(lift: Lift, invoice: Make, line: Make) -> None:
    empty = {"itemId": "", "quantity": "0", "unitPrice": "", "amount": None, "note": "<br>"}
    assert len(lift("invoices", invoice(lines=[empty, line(), {}])).lines) == 1


def test_the_lines_lie_where_the_first_candidate_is_filled(lift: Lift, invoice: Make, line: Make) -> None:
    assert len(lift("invoices", invoice(lines=[], itemLines=[line()])).lines) == 1


def test_an_amount_without_quantity_and_price_is_one_at_that_price(lift: Lift, invoice: Make, line: Make) -> None:
    [found] = lift("invoices", invoice(lines=[line(quantity="", unitPrice="")])).lines
    assert (found.quantity, found.price, found.amount) == (Decimal(1), Decimal("23.00"), Decimal("23.00"))


def test_an_amount_of_several_without_a_price_is_refused(refused: Refused, invoice: Make, line: Make) -> None:
    problem = refused("invoices", invoice(lines=[line(unitPrice="")]))["price-missing"]
    assert "unitPrice, rate" in problem.why
    assert "profile.invoices.tables.products.fields.price" in problem.fix


@pytest.mark.parametrize(
    ("stated", "kept"),
    [
        ({"discountPercent": "10"}, (Decimal(10), None)),
        ({"discountAmount": "2.30", "discountPercent": 0}, (None, Decimal("2.30"))),
        ({"discountPercent": "10", "discountAmount": "2.30"}, (Decimal(10), None)),
        ({"discountPercent": "10", "discountAmount": "1", "amount": "20.70"}, (Decimal(10), None)),
        ({"discountPercent": "4", "discountAmount": "2.30", "amount": "20.70"}, (None, Decimal("2.30"))),
    ],
)
def test_a_discount_of_a_line_stays_on_it(
    lift: Lift, invoice: Make, line: Make, stated: dict[str, Any], kept: tuple[Decimal | None, Decimal | None]
) -> None:
    wire = invoice(lines=[line(**{"amount": ...} | stated)], taxAmount="2.07", total="22.77")
    [found] = lift("invoices", wire).lines
    assert (found.discount_rate, found.discount) == kept


def test_two_discounts_of_a_line_that_differ_are_refused(refused: Refused, invoice: Make, line: Make) -> None:
    row = line(discountPercent="10", discountAmount="5")
    assert "2.30" in refused("invoices", invoice(lines=[row]))["discount-contradictory"].why


def test_a_header_discount_becomes_a_line_for_each_tax(lift: Lift, invoice: Make, line: Make) -> None:
    rows = [line(amount="60.00"), line(amount="40.00", taxName="", taxRate="")]
    document = lift("invoices", invoice(lines=rows, discountPercent="5", taxAmount="5.70", total="100.70"))
    taxed, untaxed = document.lines[2:]
    assert (taxed.role, taxed.price, taxed.amount, taxed.tax) == ("discount", Decimal(-3), Decimal(-3), "GST 10%")
    assert (untaxed.role, untaxed.amount, untaxed.tax, untaxed.tax_rate) == ("discount", Decimal(-2), None, None)
    assert sum(line.amount for line in document.lines) + document.tax == document.total


def test_a_header_discount_by_amount_counts_before_its_percentage(lift: Lift, invoice: Make) -> None:
    wire = invoice(discountAmount="2.99", discountPercent="13", taxAmount="2.00", total="22.01")
    assert lift("invoices", wire).lines[-1].amount == Decimal("-2.99")


def test_a_discount_that_there_is_nothing_to_take_from_is_refused(refused: Refused, invoice: Make) -> None:
    assert "discount-without-lines" in refused("invoices", invoice(lines=[], discountAmount="5"))


def test_shipping_becomes_an_untaxed_line(lift: Lift, invoice: Make) -> None:
    found = lift("invoices", invoice(shippingAmount="12.50", total="37.80")).lines[-1]
    assert (found.role, found.price, found.amount, found.tax) == ("shipping", Decimal("12.5"), Decimal("12.5"), None)
    assert found.description


@pytest.mark.parametrize("app", ["invoices", "supplier-invoices", "purchase-orders"])
@pytest.mark.parametrize(
    ("stated", "roles"),
    [
        ({}, ["goods"]),
        ({"discountAmount": "3.00", "taxAmount": "2.00", "total": "22.00"}, ["goods", "discount"]),
        ({"shippingAmount": "4.00", "total": "29.30"}, ["goods", "shipping"]),
        (
            {"discountAmount": "3.00", "shippingAmount": "4.00", "taxAmount": "2.00", "total": "26.00"},
            ["goods", "discount", "shipping"],
        ),
    ],
)
def test_each_line_says_which_figure_it_stands_for(
    lift: Lift, invoice: Make, app: str, stated: dict[str, Any], roles: list[str]
) -> None:
    numbers = {"supplierInvoiceNumber": "S-1", "purchaseOrderNumber": "P-1", "orderDate": "03/04/2024", "statusId": ""}
    document = lift(app, invoice(**numbers, statusName="Sent", **stated))
    assert [line.role for line in document.lines] == roles
    assert sum(line.amount for line in document.lines) + document.tax == document.total


def test_prices_may_contain_the_tax(lift: Lift, invoice: Make) -> None:
    document = lift("invoices", invoice(isTaxInclusive="Y", taxAmount="2.09", total="23.00"))
    assert (document.tax_mode, document.tax) == ("inclusive", Decimal("2.09"))


def test_a_tax_of_several_parts_is_one_tax(lift: Lift, invoice: Make, line: Make) -> None:
    parts = [{"taxName": "GST", "taxRate": 5}, {"taxName": "PST", "taxRate": "7"}]
    wire = invoice(lines=[line(taxName=..., taxRate=..., taxes=parts)], taxAmount="2.76", total="25.76")
    [found] = lift("invoices", wire).lines
    assert (found.tax, found.tax_rate) == ("GST 5% + PST 7%", Decimal(12))


@pytest.mark.parametrize("total", ["25.25", "25.35", "25.30", Decimal("25.30"), "25.3"])
def test_a_total_may_differ_by_the_rounding_of_taxes(lift: Lift, invoice: Make, total: Any) -> None:
    assert lift("invoices", invoice(total=total)).total == Decimal(total)


@pytest.mark.parametrize("total", ["25.24", "25.36", "0", "253.00"])
def test_a_total_that_the_parts_do_not_come_to_is_refused_with_both(
    refused: Refused, invoice: Make, total: str
) -> None:
    problem = refused("invoices", invoice(total=total))["sums-differ"]
    assert "25.30" in problem.what
    assert total in problem.what
    assert problem.about == "invoices.fields.total"


def test_a_tax_that_is_not_stated_is_computed_for_the_sum_alone(lift: Lift, invoice: Make) -> None:
    assert lift("invoices", invoice(taxAmount="")).tax is None


def test_a_tax_without_a_rate_is_what_is_left_of_the_total(lift: Lift, invoice: Make, line: Make) -> None:
    document = lift("invoices", invoice(lines=[line(taxRate="")], taxAmount=""))
    assert (document.tax, document.lines[0].tax, document.lines[0].tax_rate) == (None, "GST", None)


@pytest.mark.parametrize("total", ["22.99", "46.01"])
def test_a_tax_without_a_rate_that_cannot_be_one_is_refused(
    refused: Refused, invoice: Make, line: Make, total: str
) -> None:
    problems = refused("invoices", invoice(lines=[line(taxRate="")], taxAmount="", total=total))
    assert "taxAmount" in problems["tax-missing"].why


def test_a_voided_invoice_need_not_add_up(lift: Lift, invoice: Make) -> None:
    document = lift("invoices", invoice(statusId=20006, statusName="Void", total="0"))
    assert (document.standing, document.total) == ("void", 0)


def test_an_invoice_whose_lines_are_not_found_is_refused_with_the_places_tried(refused: Refused, invoice: Make) -> None:
    problem = refused("invoices", invoice(lines=...))["lines-missing"]
    assert "lines, invoiceLines, itemLines, invoiceItemLines, serviceLines" in problem.why
    assert "profile.invoices.tables.products.path" in problem.fix


def test_an_invoice_over_nothing_may_have_no_lines(lift: Lift, invoice: Make) -> None:
    assert lift("invoices", invoice(lines=[], taxAmount=0, total="0.00")).lines == ()


def test_a_missing_total_and_date_are_told_at_once_with_the_places_tried(refused: Refused, invoice: Make) -> None:
    problems = refused("invoices", invoice(total="", invoiceDate="null"))
    assert set(problems) == {"total-missing", "date-missing"}
    assert "total, invoiceTotal, totalAmount" in problems["total-missing"].why
    assert "profile.invoices.fields.date" in problems["date-missing"].fix


def test_an_ambiguous_date_is_refused_where_no_format_is_known(refused: Refused, invoice: Make) -> None:
    problem = refused("invoices", invoice(dueDate="04/13/2024"), memory={})["date-ambiguous"]
    assert "03/04/2024" in problem.what
    assert "profile.date-format" in problem.fix


def test_the_firm_s_date_format_settles_it(lift: Lift, invoice: Make) -> None:
    wire = invoice(dueDate="04/04/2024")
    assert lift("invoices", wire, {"date-format": "dd/MM/yyyy"}).date == date(2024, 4, 3)
    assert lift("invoices", wire, {}, profile={"date-format": "dd/MM/yyyy"}).date == date(2024, 4, 3)


def test_a_number_that_cannot_be_read_is_told_once_and_no_sum_is_made_with_it(refused: Refused, invoice: Make) -> None:
    assert set(refused("invoices", invoice(total="25,3"))) == {"number-unreadable"}
    assert set(refused("invoices", invoice(shippingAmount="5,5"))) == {"number-unreadable"}


@pytest.mark.parametrize(
    ("app", "statuses"),
    [
        ("invoices", "Draft=draft Sent=live Viewed=live Partially_Paid=live Paid=settled Void=void"),
        ("supplier-invoices", "Created=live Sent=live Partially_Paid=live Paid=settled Void=void"),
        ("purchase-orders", "Draft=draft Sent=live Received=live Cancelled=void"),
    ],
)
def test_each_status_has_its_standing_by_name_and_by_id(lift: Lift, invoice: Make, app: str, statuses: str) -> None:
    first = {"invoices": 20001, "supplier-invoices": 22001, "purchase-orders": 21001}[app]
    for id, pair in enumerate(statuses.split(), start=first):
        name, standing = pair.replace("_", " ").split("=")
        wire = invoice(orderDate="03/04/2024", statusId="", statusName=name.upper())
        assert lift(app, wire).standing == standing
        assert lift(app, wire | {"statusId": id, "statusName": "renamed"}).standing == standing


def test_an_unknown_status_is_refused_with_the_line_to_add(refused: Refused, lift: Lift, invoice: Make) -> None:
    wire = invoice(statusId=20099, statusName="Awaiting approval")
    problem = refused("invoices", wire)["status-unknown"]
    assert problem.about == "Awaiting approval"
    assert 'profile.invoices.statuses."Awaiting approval" = ' in problem.fix
    profile = {"invoices": {"statuses": {"Awaiting approval": "draft"}}}
    assert lift("invoices", wire, profile=profile).standing == "draft"


def test_a_missing_status_is_refused(refused: Refused, invoice: Make) -> None:
    assert "statusId" in refused("invoices", invoice(statusId=..., statusName=...))["status-missing"].why


def test_a_document_out_of_use_is_archived(lift: Lift, invoice: Make) -> None:
    assert lift("invoices", invoice(objectStatus="1")).standing == "archived"


@pytest.mark.parametrize(("chosen", "bill_to"), [("Customer", "customer"), ("contact", "contact"), ("", None)])
def test_the_record_itself_chooses_who_is_billed(lift: Lift, invoice: Make, chosen: str, bill_to: str | None) -> None:
    memory = {"date-format": "MM/dd/yyyy", "labels:invoices": {"synctoxero": "select_1"}}
    attributes = [{"customAttributeId": "select_1", "customAttributeValue": chosen}]
    assert lift("invoices", invoice(customAttributes=attributes), memory).bill_to == bill_to


def test_a_choice_that_is_neither_is_refused(refused: Refused, invoice: Make) -> None:
    memory = {"date-format": "MM/dd/yyyy", "labels:invoices": {"synctoxero": "select_1"}}
    attributes = [{"customAttributeId": "select_1", "customAttributeValue": "Both"}]
    problem = refused("invoices", invoice(customAttributes=attributes), memory=memory)["bill-to-unknown"]
    assert problem.about == "Both"


def test_the_due_date_follows_from_the_payment_term_where_it_is_not_stated(lift: Lift, invoice: Make) -> None:
    assert lift("invoices", invoice(dueDate="", paymentTerm="Net 30")).due == date(2024, 4, 3)
    assert lift("invoices", invoice(dueDate="", paymentTerm="Some day")).due is None


def test_the_address_leads_to_the_record(lift: Lift, invoice: Make) -> None:
    assert lift("invoices", invoice()).url == "https://app.apptivo.com/app/invoice.jsp#/view/5000100"
    profile = {"invoices": {"page": "{base-url}/invoices.jsp#/overview/{id}"}}
    assert lift("invoices", invoice(), profile=profile).url.endswith("/app/invoices.jsp#/overview/5000100")


PURCHASE = {
    "supplierId": 3000005,
    "supplierName": "Bolt Supplies",
    "supplierReferenceNumber": "R-1",
    "supplierInvoiceNumber": "SI-3001",
    "purchaseOrderNumber": "PO-2001",
    "orderDate": "03/04/2024",
    "deliveryDate": "03/18/2024",
}


def test_a_supplier_invoice_has_one_party(lift: Lift, invoice: Make) -> None:
    document = lift("supplier-invoices", invoice(statusId=22001, statusName="Created", **PURCHASE))
    assert document.party == Ref(entity="suppliers", id="3000005", name="Bolt Supplies")
    assert (document.customer, document.contact) == (None, None)
    assert (document.number, document.reference) == ("SI-3001", "R-1")


def test_a_purchase_order_has_a_day_of_delivery(lift: Lift, invoice: Make) -> None:
    document = lift("purchase-orders", invoice(statusId=21002, invoiceDate="", **PURCHASE))
    assert (document.number, document.date, document.delivery) == ("PO-2001", date(2024, 3, 4), date(2024, 3, 18))


@pytest.mark.parametrize(("app", "prefix"), [("orders", "order"), ("estimates", "estimate")])
def test_orders_and_estimates_are_documents_too(lift: Lift, invoice: Make, app: str, prefix: str) -> None:
    wire = invoice(**{f"{prefix}Number": "X-1", f"{prefix}Date": "03/04/2024", "statusId": ""})
    document = lift(app, wire)
    assert (document.number, document.date, document.customer.id) == ("X-1", date(2024, 3, 4), "1000231")


def test_an_overridden_path_is_used(lift: Lift, invoice: Make) -> None:
    profile = {"invoices": {"fields": {"number": ["meta.no", "invoiceNo"], "total": ["sum"]}}}
    document = lift("invoices", invoice(meta={"no": "X-9"}, total=..., sum="25.30"), profile=profile)
    assert (document.number, document.total) == ("X-9", Decimal("25.30"))


def test_totals_are_text_or_numbers_and_prices_may_be_empty(lift: Callable[..., Any], invoice: Any) -> None:
    for total in ("25.30", Decimal("25.30"), "25.3"):
        assert lift("invoices", invoice(total=total)).total == Decimal("25.30")
    assert lift("items", {"id": "1", "itemCode": "B", "itemPrice": "", "suggestedPrice": ""}).price is None
