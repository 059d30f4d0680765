# ruff: noqa: S101
"""Tests that the server counts a record only if it arrived once and is correct."""

import json

import documents
import firm
import pytest
from xero import MOST, Books, Refused

APPTIVO = "http://127.0.0.1:1/app"


def contact(place):
    """Return the contact that is expected for a customer."""
    customer = firm.Customer(place)
    address = {"AddressType": "POBOX", "AddressLine1": customer.street, "City": "Sydney", "Region": "New South Wales"}
    return {
        "Name": customer.name,
        "ContactNumber": f"{firm.FIRM}-C-{customer.id}",
        "EmailAddress": customer.email,
        "Addresses": [{**address, "PostalCode": "2000", "Country": "AU"}],
        "DefaultCurrency": firm.CURRENCY,
    }


def invoice(place):
    """Return the invoice that is expected."""
    found = firm.invoice(place)
    return {
        "Type": "ACCREC",
        "Contact": {"ContactID": documents.ids("Contacts", found.customer.place)[0]},
        "InvoiceNumber": found.number,
        "Reference": found.order,
        "Date": found.day.isoformat(),
        "DueDate": found.due.isoformat(),
        "LineAmountTypes": "Exclusive",
        "CurrencyCode": firm.CURRENCY,
        "Status": "DRAFT",
        "Url": f"{APPTIVO}/invoice.jsp#/view/{found.id}",
        "LineItems": [
            {
                "Description": line.text,
                "Quantity": line.quantity,
                "UnitAmount": line.price / 100,
                "AccountCode": "200",
                "TaxType": "OUTPUT",
            }
            for line in found.lines
        ],
    }


def write(books, name, *records):
    """Write records as a contestant does, and return the elements of the answer."""
    shelf = books.shelf(name)
    places = books.write(shelf, json.dumps({name: records}).encode())
    return json.loads(books.written(shelf, places))[name]


def batches(books):
    """Write all customers."""
    for start in range(0, firm.CUSTOMERS, MOST):
        write(books, "Contacts", *map(contact, range(start, start + MOST)))


@pytest.fixture
def books():
    """Return the books for a firm of three invoices, with its customers there."""
    found = Books(3, APPTIVO)
    batches(found)
    return found


def test_everything_once_is_right(books):
    answered = write(books, "Invoices", *map(invoice, range(3)))
    assert books.right
    assert [each["InvoiceNumber"] for each in answered] == [firm.invoice(place).number for place in range(3)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Reference", "another"),
        ("Date", "2026-01-15"),
        ("DueDate", ""),
        ("CurrencyCode", "NZD"),
        ("Status", "AUTHORISED"),
        ("LineItems", []),
        ("Contact", {"ContactID": documents.ids("Contacts", 1)[0]}),
        ("InvoiceNumber", "AP-0000003"),
    ],
)
def test_a_field_that_differs_is_wrong(books, field, value):
    write(books, "Invoices", {**invoice(0), field: value}, invoice(1), invoice(2))
    assert not books.right
    assert (books.wrong, books.invoices.arrived) == (1, 2)


@pytest.mark.parametrize("off", [0.01, -0.01, 1e-9])
def test_a_price_that_differs_by_less_than_anybody_sees_is_wrong(books, off):
    first = invoice(0)
    first["LineItems"][4]["UnitAmount"] += off
    write(books, "Invoices", first, invoice(1), invoice(2))
    assert not books.right
    assert "UnitAmount" in books.faults[0]


def test_a_record_that_comes_twice_is_wrong(books):
    write(books, "Invoices", *map(invoice, range(3)))
    write(books, "Invoices", invoice(1))
    assert not books.right
    assert books.invoices.doubled == 1


def test_a_record_that_is_missing_is_wrong(books):
    write(books, "Invoices", invoice(0), invoice(2))
    assert not books.right


def test_an_invoice_before_its_contact_is_refused():
    books = Books(1, APPTIVO)
    (answered,) = write(books, "Invoices", invoice(0))
    assert answered["StatusAttributeString"] == "ERROR"
    assert not books.right


def test_too_many_records_in_one_call_are_refused(books):
    with pytest.raises(Refused):
        write(books, "Invoices", *[invoice(0)] * (MOST + 1))


def test_the_sums_of_an_answer_are_those_of_its_lines(books):
    (answered,) = write(books, "Invoices", invoice(1))
    lines = answered["LineItems"]
    assert round(sum(line["LineAmount"] for line in lines) * 100) == round(answered["SubTotal"] * 100)
    assert round(sum(line["TaxAmount"] for line in lines) * 100) == round(answered["TotalTax"] * 100)
    assert round((answered["SubTotal"] + answered["TotalTax"]) * 100) == round(answered["Total"] * 100)


def test_a_list_has_what_was_written_since(books):
    write(books, "Invoices", invoice(1))
    shelf, asked = books.invoices, {"page": "1", "pageSize": "1000"}
    assert [each["InvoiceNumber"] for each in json.loads(books.listed(shelf, asked, ""))["Invoices"]] == ["AP-0000001"]
    assert json.loads(books.listed(shelf, asked, "2100-01-01T00:00:00"))["Invoices"] == []
