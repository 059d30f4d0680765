"""Xero's documents as it answers them: whole, with ids, sums, taxes and stamps."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any
from uuid import UUID

import firm
import reference
from msgspec import Raw, json

REFUSED = {
    "StatusAttributeString": "ERROR",
    "HasErrors": True,
    "ValidationErrors": [{"Message": "This record is not the expected one."}],
}
"""The answer to a record that is refused."""

_STREET = {"AddressType": "STREET", "City": "", "Region": "", "PostalCode": "", "Country": "", "AttentionTo": ""}
_PHONES = [
    {"PhoneType": kind, "PhoneNumber": "", "PhoneAreaCode": "", "PhoneCountryCode": ""}
    for kind in ("DEFAULT", "DDI", "FAX", "MOBILE")
]
_NOTHING = Raw(b"0.00")
_CUT = Raw(b"\0")
"""A byte that JSON cannot contain; encoded documents are cut at it."""


def ids(name: str, place: int, count: int = 1) -> list[str]:
    """Return the first ids of a document: its own, then those of its lines.

    They are the same each time but look random, so that a ledger cannot compress them better than Xero's own.
    """
    found = blake2b(place.to_bytes(8, "big"), key=name.encode()).digest()
    if count > 4:
        found += blake2b(found).digest()
    return [str(UUID(bytes=found[at * 16 : at * 16 + 16], version=4)) for at in range(count)]


def enveloped(name: str, elements: Iterable[Any], **besides: Any) -> bytes:
    """Return elements in the envelope of the API's answers."""
    now = time.time_ns()
    head = {"Id": str(UUID(int=now << 32)), "Status": "OK", "ProviderName": "Benchmark"}
    return json.encode({**head, "DateTimeUTC": f"/Date({now // 1_000_000})/", **besides, name: list(elements)})


def prepare(count: int) -> None:
    """Prepare the first invoices, so that the first call is as fast as later ones."""
    for place in range(min(count, firm.PREPARED)):
        _pieces(place)


def contact(place: int, number: str, written: int, *, inside: bool = False) -> bytes:
    """Return the contact of a customer, alone or as it is `inside` a document.

    `written` is in milliseconds since 1970.
    """
    customer = firm.Customer(place)
    box = {
        "AddressType": "POBOX",
        "AddressLine1": customer.street,
        "City": "Sydney",
        "Region": "New South Wales",
        "PostalCode": "2000",
        "Country": "AU",
        "AttentionTo": "",
    }
    return json.encode(
        {
            "ContactID": ids("Contacts", place)[0],
            "ContactNumber": number,
            "ContactStatus": "ACTIVE",
            "Name": customer.name,
            "FirstName": "",
            "LastName": "",
            "EmailAddress": customer.email,
            "BankAccountDetails": "",
            "Addresses": [_STREET, box],
            "Phones": _PHONES,
            "UpdatedDateUTC": _stamp(written),
            "ContactGroups": [],
            "IsSupplier": False,
            "IsCustomer": True,
            "DefaultCurrency": firm.CURRENCY,
            "SalesTrackingCategories": [],
            "PurchasesTrackingCategories": [],
            "ContactPersons": [],
            "HasValidationErrors": False,
            **({} if inside else {"HasAttachments": False, "StatusAttributeString": "OK"}),
        }
    )


def invoice(place: int, url: str, party: bytes, written: int) -> bytes:
    """Return an invoice with its link `url` and its encoded contact `party`."""
    moment = f'"{datetime.fromtimestamp(written // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"'
    one, two, three, four, five = _pieces(place)
    stamp = f'"{_stamp(written)}"'
    return b"".join((one, json.encode(url), two, party, three, stamp.encode(), four, moment.encode(), five))


@lru_cache(firm.PREPARED)
def _pieces(place: int) -> list[bytes]:
    """Return an encoded invoice without its link, its contact and its two stamps."""
    found = firm.invoice(place)
    own, *lines = ids("Invoices", place, firm.LINES + 1)
    total = _money(found.net + found.tax)
    whole = json.encode(
        {
            "Type": "ACCREC",
            "InvoiceID": own,
            "InvoiceNumber": found.number,
            "Reference": found.order,
            "Payments": [],
            "CreditNotes": [],
            "Prepayments": [],
            "Overpayments": [],
            "AmountDue": total,
            "AmountPaid": _NOTHING,
            "AmountCredited": _NOTHING,
            "Url": _CUT,
            "CurrencyRate": Raw(b"1.000000"),
            "IsDiscounted": False,
            "HasAttachments": False,
            "HasErrors": False,
            "InvoicePaymentServices": [],
            "InvoiceAddresses": [],
            "SentToContact": False,
            "BrandingThemeID": reference.THEME,
            "Contact": _CUT,
            "DateString": f"{found.day}T00:00:00",
            "Date": _midnight(found.day),
            "DueDateString": f"{found.due}T00:00:00",
            "DueDate": _midnight(found.due),
            "Status": "DRAFT",
            "LineAmountTypes": "Exclusive",
            "LineItems": [_line(id, line) for id, line in zip(lines, found.lines, strict=True)],
            "SubTotal": _money(found.net),
            "TotalTax": _money(found.tax),
            "Total": total,
            "UpdatedDateUTC": _CUT,
            "UpdatedDateUTCString": _CUT,
            "CurrencyCode": firm.CURRENCY,
            "StatusAttributeString": "OK",
        }
    )
    return whole.split(bytes(_CUT))


def _line(id: str, line: firm.Line) -> dict[str, Any]:
    return {
        "LineItemID": id,
        "Description": line.text,
        "UnitAmount": _money(line.price),
        "TaxType": reference.TAXED,
        "TaxAmount": _money(line.tax),
        "LineAmount": _money(line.net),
        "AccountCode": reference.SALES,
        "AccountID": reference.account_id(reference.SALES),
        "Tracking": [],
        "Quantity": Raw(b"%d.0000" % line.quantity),
        "ValidationErrors": [],
    }


def _money(cents: int) -> Raw:
    return Raw(b"%d.%02d" % divmod(cents, 100))


def _stamp(written: int) -> str:
    return f"/Date({written}+0000)/"


def _midnight(day: date) -> str:
    return _stamp((day.toordinal() - date(1970, 1, 1).toordinal()) * 86_400_000)
