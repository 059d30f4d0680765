"""Apptivo's half of the server: the customers and the invoices of the firm.

The parameters of a call may be in the form or in the address. Rows are encoded before the first call if they are not
too many for memory, otherwise whenever they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import firm
from msgspec import json

PAGE = 250
"""How many rows a page has at most."""

_PARTY = ("customerName", "customerNumber", "statusName", "currencyCode", "addresses", "phoneNumbers", "emailAddresses")
_DOCUMENT = (
    *("invoiceNumber", "customerId", "customerName", "contactId", "contactName", "statusName", "currencyCode"),
    *("invoiceDate", "dueDate", "paymentTerm", "poNumber", "isTaxInclusive", "discountAmount", "notes"),
    *("subTotal", "taxAmount", "total"),
)
_LINE = ("itemId", "itemName", "itemCode", "note", "quantity", "uomId", "unitPrice", "taxName", "taxRate", "amount")
_STATUSES = {
    3: ((10000, "Active"), (10001, "Inactive")),
    33: ((20001, "Draft"), (20002, "Sent"), (20004, "Partially Paid"), (20005, "Paid"), (20006, "Void")),
}


class Rows:
    """The rows of one list, encoded."""

    def __init__(self, count: int, row: Callable[[int], dict[str, Any]]) -> None:
        self.count = count
        self._row = row
        self._kept = [json.encode(row(place)) for place in range(count)] if count <= firm.PREPARED else []

    def at(self, place: int) -> bytes:
        """Return the row at a place."""
        return self._kept[place] if self._kept else json.encode(self._row(place))


class Apptivo:
    """The two apps of the firm, which are only read.

    While `by_change` is false, lists ignore the order by the last change, like an index that is being rebuilt. A client
    that reads changes from the newest on then has to read everything.
    """

    def __init__(self, invoices: int) -> None:
        self.by_change = True
        self._lists = {"customers": Rows(firm.CUSTOMERS, customer), "invoice": Rows(invoices, invoice)}
        self._settings = {"customers": _settings(3, _PARTY, ()), "invoice": _settings(33, _DOCUMENT, _LINE)}

    def answer(self, app: str, asked: Mapping[str, str]) -> bytes | None:
        """Return the answer to a call; None for an unknown app or action."""
        rows = self._lists.get(app)
        if rows is None:
            return None
        match asked.get("a"):
            case "getAll":
                return self._page(rows, asked)
            case "getConfigData":
                return self._settings[app]
            case "getById":
                return self._single(rows, asked)
        return None

    def _page(self, rows: Rows, asked: Mapping[str, str]) -> bytes:
        start = int(asked.get("startIndex") or 0)
        stop = min(start + min(int(asked.get("numRecords") or 50), PAGE), rows.count)
        ordered = self.by_change or asked.get("sortColumn") != "lastUpdateDate"
        falling = asked.get("sortDir") == "desc" and ordered
        places = (rows.count - 1 - place if falling else place for place in range(start, stop))
        return b'{"data":[' + b",".join(map(rows.at, places)) + b'],"countOfRecords":%d}' % rows.count

    def _single(self, rows: Rows, asked: Mapping[str, str]) -> bytes:
        wanted = asked.get("customerId") or asked.get("invoiceId") or ""
        place = int(wanted) % 1_000_000 if wanted.isdecimal() else rows.count
        return b'{"data":' + (rows.at(place) if place < rows.count else b"{}") + b"}"


def customer(place: int) -> dict[str, Any]:
    """Return a customer as it is listed."""
    found = firm.Customer(place)
    return {
        "id": str(found.id),
        "customerId": found.id,
        **_stamps(found.made),
        "customerName": found.name,
        "customerNumber": f"CUS-{place:04}",
        "statusId": 10000,
        "statusName": "Active",
        "currencyCode": firm.CURRENCY,
        "addresses": [
            {
                "id": "1",
                "addressAttributeId": "address_section_attr_id",
                "addressTypeCode": "1",
                "addressType": "Billing Address",
                "addressLine1": found.street,
                "city": "Sydney",
                "state": "New South Wales",
                "stateCode": "NSW",
                "zipCode": "2000",
                "countryName": "Australia",
                "countryCode": "AU",
            }
        ],
        "phoneNumbers": [],
        "emailAddresses": [
            {
                "emailAddress": found.email,
                "emailType": "Business",
                "emailTypeCode": "BUSINESS",
                "id": "cont_email_input",
            }
        ],
    }


def invoice(place: int) -> dict[str, Any]:
    """Return an invoice as it is listed."""
    found = firm.invoice(place)
    return {
        "id": str(found.id),
        "invoiceId": found.id,
        **_stamps(found.made),
        "invoiceNumber": found.number,
        "customerId": found.customer.id,
        "customerName": found.customer.name,
        "contactId": found.customer.id + 1_000_000,
        "contactName": found.customer.contact,
        "statusId": 20002,
        "statusName": "Sent",
        "invoiceDate": f"{found.day:%d/%m/%Y}",
        "dueDate": f"{found.due:%d/%m/%Y}",
        "currencyCode": firm.CURRENCY,
        "paymentTerm": "Net 30",
        "paymentTermId": 30003,
        "poNumber": found.order,
        "addresses": [],
        "serviceLines": [],
        "subTotal": _money(found.net),
        "taxAmount": _money(found.tax),
        "total": _money(found.net + found.tax),
        "lines": [
            {
                "itemId": 4_000_000 + (place + at) % 400,
                "itemName": line.text.partition(",")[0],
                "itemCode": f"ITM-{(place + at) % 400:04}",
                "note": line.text,
                "quantity": line.quantity,
                "uomId": 1,
                "unitPrice": _money(line.price),
                "taxName": firm.TAX,
                "taxRate": firm.RATE,
                "amount": _money(line.net),
            }
            for at, line in enumerate(found.lines)
        ],
    }


def _stamps(made: datetime) -> dict[str, Any]:
    stamp = f"{made:%d/%m/%Y %H:%M:%S}"
    return {
        "objectStatus": "0",
        "isActive": "Y",
        "version": 1,
        "firmId": firm.FIRM,
        "creationDate": stamp,
        "lastUpdateDate": stamp,
        "createdByName": "Sasha Lee",
        "lastUpdatedByName": "Sasha Lee",
        "customAttributes": [],
    }


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def _settings(object_id: int, fields: tuple[str, ...], lines: tuple[str, ...]) -> bytes:
    """Return an app's configuration, in which the layout is JSON inside a text."""
    sections = [_section("section_1", fields)] + ([_section("lines", lines)] if lines else [])
    statuses = [{"statusId": id, "statusName": name, "isEnabled": "Y"} for id, name in _STATUSES[object_id]]
    return json.encode(
        {
            "firmId": firm.FIRM,
            "objectId": object_id,
            "accessLevel": "FULL",
            "dateFormat": "dd/MM/yyyy",
            "currencyCode": firm.CURRENCY,
            "isMultiCurrency": "N",
            "currencies": [firm.CURRENCY],
            "statuses": statuses,
            "paymentTerms": [{"paymentTermId": 30003, "paymentTermCode": "Net 30"}],
            "webLayout": json.encode({"sections": sections}).decode(),
        }
    )


def _section(id: str, names: tuple[str, ...]) -> dict[str, Any]:
    attributes = [
        {
            "attributeId": f"{name}_attr",
            "type": "Standard",
            "tagName": name,
            "isEnabled": True,
            "label": {"originalLabel": name, "modifiedLabel": name},
            "right": [{"tag": "input", "tagName": name}],
        }
        for name in names
    ]
    return {"id": id, "label": id, "attributes": attributes}
