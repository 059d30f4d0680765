"""The judge of a simulation finds what is lost, doubled, unexpected or wrong, from what the systems hold alone."""

from copy import deepcopy

import pytest
from checker import duplicated, judge
from tieout.testing.simulation import Exchange

SOURCE = {
    "invoices": [
        {"id": "1", "invoiceNumber": "INV-1", "statusName": "Sent", "total": "110.00"},
        {"id": "2", "invoiceNumber": "INV-2", "statusName": "Void", "total": "50.00"},
    ],
    "supplier-invoices": [
        {
            "id": "3",
            "supplierInvoiceNumber": "SI-3",
            "supplierReferenceNumber": "4711",
            "statusName": "Sent",
            "total": 5,
        }
    ],
    "purchase-orders": [{"id": "4", "purchaseOrderNumber": "PO-4", "statusName": "Sent", "total": 7}],
    "customers": [{"id": "5", "customerName": "Less < More"}],
    "items": [{"id": "6", "itemCode": "abc", "itemName": "An item"}],
}
BOOKS = {
    "Invoices": [
        {"Type": "ACCREC", "InvoiceNumber": "INV-1", "Status": "AUTHORISED", "Total": 110, "Contact": {"Name": "A"}},
        {"Type": "ACCREC", "InvoiceNumber": "INV-2", "Status": "VOIDED", "Total": 50, "Contact": {"Name": "A"}},
        {"Type": "ACCPAY", "InvoiceNumber": "4711", "Status": "AUTHORISED", "Total": 5, "Contact": {"Name": "S"}},
    ],
    "PurchaseOrders": [{"PurchaseOrderNumber": "PO-4", "Status": "DRAFT", "Total": 7, "Contact": {"Name": "S"}}],
    "Contacts": [{"Name": "Less ( More"}],
    "Items": [{"Code": "ABC"}],
    "Payments": [{"Reference": "x-1", "Status": "AUTHORISED"}, {"Reference": "x-1", "Status": "DELETED"}],
}


def verdict(change=lambda source, books: None, excused=frozenset()):
    source, books = deepcopy(SOURCE), deepcopy(BOOKS)
    change(source, books)
    return judge(source, books, [], excused)


def test_what_agrees_is_right():
    assert verdict().right, list(verdict().details())


@pytest.mark.parametrize(
    "lose",
    [
        lambda source, books: books["Invoices"].pop(0),
        lambda source, books: books["Invoices"][0].update(Status="VOIDED"),
        lambda source, books: books["Invoices"].pop(2),
        lambda source, books: books["PurchaseOrders"].clear(),
        lambda source, books: books["Contacts"].clear(),
        lambda source, books: books["Items"].clear(),
    ],
)
def test_what_is_missing_is_lost(lose):
    found = verdict(lose)
    assert len(found.lost) == 1
    assert not found.right


def test_what_is_held_is_not_lost():
    gone = lambda source, books: books["Invoices"].pop(0)  # noqa: E731
    assert verdict(gone, {("invoices", "1")}).right


@pytest.mark.parametrize("kind", ["Invoices", "PurchaseOrders", "Contacts", "Items", "Payments"])
def test_what_is_there_twice_is_duplicated(kind):
    books = deepcopy(BOOKS)
    assert duplicated(books) == []
    books[kind].append(deepcopy(books[kind][0]))
    assert len(duplicated(books)) == 1


def test_bills_of_two_suppliers_may_share_a_number():
    books = deepcopy(BOOKS)
    books["Invoices"].append({**books["Invoices"][2], "Contact": {"Name": "T"}})
    assert duplicated(books) == []


def test_what_comes_from_nowhere_is_unexpected():
    found = verdict(lambda source, books: source["invoices"].pop(0))
    assert found.unexpected == [("invoices", "INV-1")]


def test_another_amount_is_wrong():
    found = verdict(lambda source, books: books["Invoices"][0].update(Total=109.99))
    assert [one[:2] for one in found.wrong] == [("invoices", "INV-1")]


def test_what_was_taken_back_and_still_stands_is_wrong():
    found = verdict(lambda source, books: books["Invoices"][1].update(Status="AUTHORISED"))
    assert [one[:2] for one in found.wrong] == [("invoices", "INV-2")]


def test_a_write_whose_answer_was_lost_is_recovered():
    exchange = Exchange(1.0, "life-1", "PUT", "/Invoices", "-", "late", 200, None)
    heard = Exchange(1.0, "life-1", "PUT", "/Invoices", "-", "", 200, 200)
    assert judge(SOURCE, BOOKS, [exchange, heard], set()).recovered == 1
