"""The sandbox, with books and a firm that are small enough to read for each test."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from tieout.api.runtime import Runtime
from tieout_sandbox.fake import Limits
from tieout_sandbox.inprocess import InProcess

AUDIT = {
    "objectStatus": "0",
    "isActive": "Y",
    "customAttributes": [],
    "creationDate": "15/07/2026 09:00:00",
    "lastUpdateDate": "15/07/2026 09:05:00",
}
LISTS: dict[str, Any] = {"addresses": [], "phoneNumbers": [], "emailAddresses": []}
ACTIVE = {"statusId": 10000, "statusName": "Active"}


def parties(singular: str, start: int, count: int) -> list[dict[str, Any]]:
    return [
        {**AUDIT, **LISTS, **ACTIVE, "id": str(one), f"{singular}Id": one, f"{singular}Name": f"{singular} {one}"}
        for one in range(start, start + count)
    ]


def people(start: int, count: int) -> list[dict[str, Any]]:
    names = {"firstName": "Ana", "lastName": "Reyes", "fullName": "Ana Reyes"}
    status = {"contactStatusId": 10000, "contactStatusName": "Active"}
    return [
        {**AUDIT, **LISTS, **names, **status, "id": str(one), "contactId": one} for one in range(start, start + count)
    ]


def documents(singular: str, start: int, about: dict[str, Any]) -> list[dict[str, Any]]:
    line = {"itemName": "Bolt", "note": "Box of 100", "quantity": 2, "unitPrice": "11.50"}
    taxed = {**line, "taxName": "GST", "taxRate": "10", "amount": "23.00"}
    figures = {"lines": [taxed], "subTotal": "23.00", "taxAmount": "2.30", "total": "25.30", "currencyCode": "AUD"}
    return [
        {**AUDIT, **figures, **about, "id": str(one), f"{singular}Id": one, f"{singular}Number": f"N-{one}"}
        for one in range(start, start + 3)
    ]


SUPPLIED = {"supplierId": 3000001, "supplierName": "supplier 3000001"}
SOLD = {"customerId": 1000001, "customerName": "customer 1000001", "contactId": 2000001, "contactName": "Ana Reyes"}
FIRM = {
    "customers": parties("customer", 1000001, 130),
    "contacts": people(2000001, 3),
    "suppliers": parties("supplier", 3000001, 3),
    "items": [
        {
            **AUDIT,
            "id": str(one),
            "itemId": one,
            "itemCode": f"BOLT-{one}",
            "itemName": "Bolt",
            "itemPrice": "11.5000001",
        }
        for one in range(4000001, 4000004)
    ],
    "invoices": documents(
        "invoice", 5000001, {**SOLD, "statusId": 20002, "statusName": "Sent", "invoiceDate": "15/07/2026"}
    ),
    "supplier-invoices": documents(
        "supplierInvoice",
        7000001,
        {**SUPPLIED, "statusId": 22001, "statusName": "Created", "invoiceDate": "15/07/2026"},
    ),
    "purchase-orders": documents(
        "purchaseOrder", 6000001, {**SUPPLIED, "statusId": 21002, "statusName": "Sent", "orderDate": "15/07/2026"}
    ),
}

BOUGHT_AND_SOLD = {"Description": "Bolts", "Quantity": 2, "UnitAmount": 11.5}
BOOKS = {
    "Contacts": [
        {"Name": f"Contact {number}", "UpdatedDateUTC": f"/Date({1_780_000_000_000 + 60_000 * number}+0000)/"}
        for number in range(1050)
    ],
    "Items": [{"Code": f"NUT-{number}", "Name": "Nut"} for number in range(3)],
    "Invoices": [
        {
            "Type": kind,
            "InvoiceNumber": f"{kind}-1",
            "Contact": {"Name": "Contact 1"},
            "DateString": "2026-07-01T00:00:00",
            "DueDateString": "2026-07-31T00:00:00",
            "LineItems": [{**BOUGHT_AND_SOLD, "AccountCode": account, "TaxType": tax}],
        }
        for kind, account, tax in (("ACCREC", "200", "OUTPUT"), ("ACCPAY", "300", "INPUT"))
    ]
    + [
        {
            "Type": "ACCREC",
            "Status": "AUTHORISED",
            "InvoiceNumber": "PAID-1",
            "Contact": {"Name": "Contact 1"},
            "DateString": "2026-07-01T00:00:00",
            "DueDateString": "2026-07-31T00:00:00",
            "LineItems": [{**BOUGHT_AND_SOLD, "AccountCode": "200", "TaxType": "OUTPUT"}],
        }
    ],
    "Payments": [
        {"Invoice": {"InvoiceNumber": "PAID-1"}, "Account": {"Code": "090"}, "Date": "2026-07-02", "Amount": 5}
    ],
    "PurchaseOrders": [
        {
            "PurchaseOrderNumber": "PO-1",
            "Contact": {"Name": "Contact 1"},
            "DateString": "2026-07-01T00:00:00",
            "LineItems": [{**BOUGHT_AND_SOLD, "AccountCode": "300", "TaxType": "INPUT"}],
        }
    ],
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    """One sandbox for the tests of a module."""
    folder = tmp_path_factory.mktemp("sandbox")
    firm, books = folder / "firm", folder / "books.json"
    firm.mkdir()
    for name, records in FIRM.items():
        _keep(firm / f"{name}.json", records)
    _keep(books, BOOKS)
    limits = Limits(minute=100_000, day=100_000, concurrent=5)
    with InProcess(firm=firm, organisation=books, limits=limits, speed=1000) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: InProcess, below: Callable[[Runtime], None]) -> InProcess:
    """The sandbox as it was at its start, below whatever connects."""
    for address in (running.apptivo["base-url"], running.xero["api-url"]):
        running.answer(httpx.Request("POST", urljoin(address, "/_sandbox/reset"))).raise_for_status()
    below(Runtime(transport=running.transport))
    return running


def _keep(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")
