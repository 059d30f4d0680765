"""What bites integrators, from 32: for each line of facts/xero.md 10 that is a connector's a test of its number."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from tieout.contract import Connection, Terms
from tieout.errors import ReauthNeeded, TieoutError
from tieout.model import Account, Document, Item, Lock, Permission
from tieout.secret import remember
from tieout.work import Key
from tieout_xero import XERO, connectors, consent, fetch, find, reference
from tieout_xero.settings import Arrival

from .conftest import Served, Told, Xero, guid
from .made import CONTACTS, INVOICES, ITEMS, ORDERS, answer, body, causes, document, found, line, pushed


@pytest.mark.parametrize(
    "wire", [{"Date": "/Date(1793664000000+1300)/"}, {"Date": "/Date(1)/", "DateString": "2026-11-03T00:00:00"}]
)
def test_32_a_date_is_the_one_that_stands_there(sales: Terms, wire: dict[str, Any]) -> None:
    assert getattr(INVOICES.lift(wire, sales), "date", None) == date(2026, 11, 3)
    assert body(sales, document())["Date"] == "2026-11-03"


def test_33_stamps_are_utc_and_those_of_a_nested_contact_do_not_count(
    xero: Xero, connection: Connection, invoices_of: Callable[..., list[dict[str, Any]]]
) -> None:
    xero.lists["Invoices"] = [
        row | {"Contact": {"ContactID": guid(9), "UpdatedDateUTC": "/Date(1900000000000)/"}}
        for row in invoices_of(2, start=datetime(2026, 11, 3, 11, 59, 30, tzinfo=UTC))
    ]
    page = fetch(connection, INVOICES, None)
    assert page is not None
    assert page.resume is not None
    assert page.resume["since"] == "2026-11-03T11:59:29"


@pytest.mark.parametrize("until", [date(2026, 11, 3), date(2026, 12, 31)])
def test_34_a_locked_period_is_told_before_it_is_sent(
    terms: Callable[..., Terms], reference: dict[str, Any], until: date
) -> None:
    locks = (Lock(id="period", name="Period"), Lock(id="year", name="Year", until=until))
    assert causes(terms({"Type": "ACCREC"}, reference=reference | {"locks": locks}), document()) == ["period-locked"]


NOW: dict[str, Any] = {
    "InvoiceID": guid(1),
    "Type": "ACCREC",
    "Status": "AUTHORISED",
    "InvoiceNumber": "7",
    "Contact": {"ContactID": "contact-1"},
    "LineAmountTypes": "Exclusive",
    "Date": "2026-11-03",
    "DueDate": "2026-12-03",
    "LineItems": [
        {"LineItemID": "l-1", "Description": "Pump", "Quantity": 1, "UnitAmount": 100, "LineAmount": 100}
        | {"AccountCode": "200", "TaxType": "OUTPUT", "Tracking": [{"Name": "Region", "Option": "North"}]}
    ],
}


def test_35_of_a_paid_document_only_what_is_free_goes(sales: Terms) -> None:
    paid = {**NOW, "Status": "PAID", "AmountPaid": 110}
    assert body(sales, document(due=date(2026, 12, 24)), paid) == {"Type": "ACCREC", "DueDate": "2026-12-24"}
    assert set(causes(sales, document("121", line("110"), date=date(2026, 11, 4)), paid)) == {"settled-in-target"}


def test_36_lines_keep_their_ids_and_none_is_left_out(sales: Terms) -> None:
    (kept,) = body(sales, document(), NOW)["LineItems"]
    assert (kept["LineItemID"], kept["Tracking"]) == ("l-1", [{"Name": "Region", "Option": "North"}])
    more = body(sales, document("220", line(), line()), NOW)["LineItems"]
    assert [sent.get("LineItemID") for sent in more] == [None, None]


def test_37_every_bill_of_a_number_is_found(xero: Xero, connection: Connection) -> None:
    xero.lists["Invoices"] = [
        {"InvoiceID": guid(one), "InvoiceNumber": "7", "Type": "ACCPAY", "Contact": {"ContactID": guid(one)}}
        for one in (1, 2)
    ]
    assert len(found(connection, INVOICES, "number", "7")) == 2
    assert "number" not in INVOICES.unique


def test_38_an_order_gives_its_number_back_before_it_is_deleted(orders: Terms) -> None:
    now = {"PurchaseOrderID": guid(1), "PurchaseOrderNumber": "PO-1", "Status": "AUTHORISED", "Date": "2026-11-03"}
    renamed, removed = answer(orders, document(standing="void"), now, ORDERS)
    assert renamed.body["PurchaseOrderNumber"].startswith("PO-1-VOID-")
    assert (removed.op, removed.body) == ("remove", {"Status": "DELETED"})


@pytest.mark.parametrize("resource", XERO.resources)
def test_39_a_key_is_trusted_for_less_than_six_minutes_and_then_looked_up(resource: Any) -> None:
    assert 0 < resource.key_seconds < 360
    assert resource.find


def test_40_the_key_goes_as_it_was_given_and_its_refusal_is_understood(xero: Xero, connection: Connection) -> None:
    said = "Idempotency Key: idem-1 is used with a different request."
    xero.answer(400, {"ErrorNumber": 10, "Type": "ValidationException", "Message": said})
    (receipt,) = pushed(connection, INVOICES, {"InvoiceNumber": "7"})
    assert xero.calls[0].headers["Idempotency-Key"] == "idem-1"
    assert receipt.problems[0].cause == "repeat-refused"


def test_41_42_43_an_item_never_becomes_tracked_stock(sales: Terms) -> None:
    item = Item(code="A", name="Pump", price=Decimal(2), cost=Decimal(1), stock=True)
    sent = body(sales, item, resource=ITEMS)
    tracking = {"InventoryAssetAccountCode", "IsTrackedAsInventory", "QuantityOnHand"}
    assert not tracking & sent.keys()
    assert set(sent["PurchaseDetails"]) == {"UnitPrice", "AccountCode"}
    tracked = {"ItemID": guid(1), "Code": "A", "IsTrackedAsInventory": True}
    assert not {"PurchaseDetails", *tracking} & body(sales, item, tracked, ITEMS).keys()


def test_44_codes_that_become_one_when_cut_are_seen_as_one(sales: Terms) -> None:
    both = [body(sales, Item(code="X" * 30 + end), resource=ITEMS) for end in ("-left", "-right")]
    assert [getattr(ITEMS.lift(sent, sales), "code", None) for sent in both] == ["X" * 30, "X" * 30]
    assert "code" in ITEMS.unique


def test_45_a_name_with_quotes_is_found_without_a_filter(xero: Xero, connection: Connection) -> None:
    xero.lists["Contacts"] = [{"ContactID": guid(1), "Name": 'The "Best" Bakery'}]
    assert len(found(connection, CONTACTS, "name", 'The "Best" Bakery')) == 1
    assert not any("where" in call.params for call in xero.calls)


def test_46_signs_in_a_filter_are_encoded(books: Connection, served: Served) -> None:
    served.answers["/api/Contacts"] = [Told(200, {"Contacts": [{"ContactID": guid(1), "Name": "A & B+C=D"}]})]
    assert len(found(books, CONTACTS, "name", "A & B+C=D")) == 1
    assert "A%20%26%20B%2BC%3DD" in served.asked[0][1].replace("+", "%20")


def test_47_48_no_parameter_is_empty_and_every_list_is_paged(xero: Xero, connection: Connection) -> None:
    for resource in XERO.resources:
        fetch(connection, resource, None)
        for field in resource.find:
            find(connection, resource, [Key(field, value) for value in ("a", "b")])
    lists = [call for call in xero.calls if "/" not in call.path and call.path != "Items"]
    assert lists
    assert all(call.params.get("page") == "1" for call in lists)
    assert all(value for call in xero.calls for value in call.params.values())


def test_49_few_calls_are_made(xero: Xero, connection: Connection) -> None:
    assert all(resource.batch == 50 and resource.bytes <= 3_500_000 for resource in XERO.resources)
    xero.answer(200, {"Invoices": []})
    pushed(connection, INVOICES, *({"InvoiceNumber": str(number)} for number in range(50)))
    fetch(connection, INVOICES, None)
    assert len(xero.calls) == 2
    assert xero.calls[1].params["pageSize"] == "1000"


def test_50_two_uncertified_apps_are_named_as_a_reason(xero: Xero, connection: Connection) -> None:
    xero.answer(200, [])
    with pytest.raises(ReauthNeeded, match="takes two apps that Xero has not certified"):
        consent.tenants(connection, {"authentication_event_id": "e"})


def test_51_a_plan_that_refuses_is_told_before_it_is_sent(terms: Callable[..., Terms]) -> None:
    approved = terms({"Type": "ACCPAY"}, settings=Arrival(status="authorised"))
    found = answer(approved, document())
    assert [problem.cause for problem in found.problems] == ["plan-does-not-allow"]
    assert "draft" in found.problems[0].fix
    assert body(terms({"Type": "ACCPAY"}), document())["Status"] == "DRAFT"


def test_52_a_currency_that_is_not_enabled_is_told_before_it_is_sent(
    terms: Callable[..., Terms], reference: dict[str, Any]
) -> None:
    foreign = document(currency="JPY")
    assert causes(terms({"Type": "ACCREC"}), foreign) == ["currency-not-enabled"]
    single = (Permission(id="UseMulticurrency", name="UseMulticurrency", allowed=False),)
    given = terms({"Type": "ACCREC"}, reference=reference | {"permissions": single})
    assert "one currency only" in answer(given, foreign).problems[0].why


def test_54_unknown_values_and_fields_are_kept(xero: Xero, connection: Connection, sales: Terms) -> None:
    strange = {"InvoiceID": guid(1), "Status": "HELD", "LineAmountTypes": "Net", "Date": "2026-11-03", "New": {"a": 1}}
    xero.lists["Invoices"] = [strange | {"UpdatedDateUTC": "", "LineItems": [{"TaxType": "NEW9", "UnitAmount": 1}]}]
    page = fetch(connection, INVOICES, None)
    assert page is not None
    assert page.wires[0] == xero.lists["Invoices"][0]
    record = INVOICES.lift(page.wires[0], sales)
    assert isinstance(record, Document)
    assert (record.standing, record.lines[0].tax) == ("live", "NEW9")
    xero.answer(200, {"Accounts": [{"AccountID": "a", "Type": "CRYPTO", "Class": "OTHER", "Status": "ACTIVE"}]})
    (account,) = reference(connection, "accounts") or []
    assert isinstance(account, Account)
    assert (account.type, account.category, account.roles) == ("CRYPTO", "OTHER", frozenset())


@pytest.mark.parametrize("content", [b"<html>not found</html>", b"", b"The resource cannot be found"])
def test_55_a_record_that_is_not_there_needs_no_json(xero: Xero, connection: Connection, content: bytes) -> None:
    xero.answer(404, content)
    assert found(connection, ORDERS, "number", "PO-1") == []


@pytest.mark.parametrize("status", [400, 403, 404, 412, 429, 500, 503])
def test_56_no_error_tells_the_token(books: Connection, served: Served, status: int) -> None:
    served.answers["/api/Contacts"] = [Told(status, b"refused: Bearer token-of-the-test", {"Retry-After": "9000"})]
    remember("token-of-the-test")
    with pytest.raises(TieoutError) as caught:
        fetch(books, CONTACTS, None)
    for shown in (str(caught.value), repr(caught.value), repr(caught.value.problem), repr(books)):
        assert "token-of-the-test" not in shown


def test_57_control_characters_go_and_a_number_is_plain_text(sales: Terms) -> None:
    assert body(sales, document("110", line(description="Pump\x00\x07\r\nbig")))["LineItems"][0]["Description"] == (
        "Pump\nbig"
    )
    assert causes(sales, document(number="7-\U0001f950")) == ["number-unfit"]


def test_58_automatic_sales_tax_is_left_alone(sales: Terms) -> None:
    automatic = {**NOW, "LineItems": [NOW["LineItems"][0] | {"TaxBreakdown": [{"TaxComponentId": "1"}]}]}
    assert causes(sales, document(), automatic) == ["automatic-sales-tax"]
    assert causes(sales, document(standing="void"), automatic) == ["automatic-sales-tax"]


def test_the_connector_under_test_is_the_one_that_is_offered() -> None:
    assert tuple(connectors()) == (XERO,)
