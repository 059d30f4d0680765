"""Tracked stock: moved by approval alone, at average cost, never below nothing.

Source: docs/facts/xero.md, "Tracked stock".
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

Errors = Callable[[Any], list[str]]
TRACKED = {
    "Code": "PUMP",
    "Description": "Pump",
    "InventoryAssetAccountCode": "630",
    "PurchaseDetails": {"UnitPrice": 3, "COGSAccountCode": "310"},
    "SalesDetails": {"UnitPrice": 9, "AccountCode": "200"},
}


@pytest.fixture
def bill(xero: Any) -> Callable[..., Any]:
    """Buys so many pumps at a price; a number below zero gives them back."""

    def buy(quantity: int, price: str, **more: Any) -> Any:
        lines = [{"ItemCode": "PUMP", "Description": "Pump", "Quantity": quantity, "UnitAmount": Decimal(price)}]
        return xero.put(
            "Invoices", xero.invoice(**{"Type": "ACCPAY", "Status": "AUTHORISED", "LineItems": lines, **more})
        )

    xero.put("Items", TRACKED)
    return buy


def sell(xero: Any, quantity: int, **more: Any) -> Any:
    lines = [{"ItemCode": "PUMP", "Quantity": quantity}]
    return xero.put("Invoices", xero.invoice(**{"Status": "AUTHORISED", "LineItems": lines, **more}))


def held(xero: Any) -> tuple[Any, Any]:
    item = xero.get("Items/PUMP")[0]
    return item["QuantityOnHand"], item["TotalCostPool"]


def test_bills_raise_and_invoices_lower_stock_at_average_cost(xero: Any, bill: Any) -> None:
    assert held(xero) == (0, 0)
    bought = bill(10, "3.00")
    assert bought["LineItems"][0]["AccountCode"] == "630"
    bill(10, "5.00")
    assert held(xero) == (20, 80)
    sell(xero, 5)
    assert held(xero) == (15, 60)


def test_drafts_move_nothing_until_they_are_approved(xero: Any, bill: Any) -> None:
    draft = bill(4, "2.00", Status="DRAFT")
    assert held(xero) == (0, 0)
    xero.post("Invoices", {"InvoiceID": draft["InvoiceID"], "Status": "AUTHORISED"})
    assert held(xero) == (4, 8)
    xero.post("Invoices", {"InvoiceID": draft["InvoiceID"], "Status": "VOIDED"})
    assert held(xero) == (0, 0)


def test_stock_never_falls_below_nothing(xero: Any, bill: Any, errors: Errors) -> None:
    bought = bill(3, "2.00")
    assert len(errors(sell(xero, 4))) == 1
    assert sell(xero, 4, Status="DRAFT")["StatusAttributeString"] == "OK"
    sell(xero, 2)
    refused = xero.post("Invoices", {"InvoiceID": bought["InvoiceID"], "Status": "VOIDED"})
    assert len(errors(refused)) == 1
    assert held(xero) == (1, 2)


def test_backorders_are_allowed_on_request(xero: Any, bill: Any) -> None:
    element = xero.invoice(Status="AUTHORISED", LineItems=[{"ItemCode": "PUMP", "Quantity": 4}])
    assert xero.put("Invoices", element, allowBackorders="true")["StatusAttributeString"] == "OK"
    assert held(xero)[0] == -4


def test_credit_notes_bring_stock_back_and_send_it_back(xero: Any, bill: Any) -> None:
    bill(10, "3.00")
    sell(xero, 4)
    contact = xero.invoice()["Contact"]
    note = {"Type": "ACCRECCREDIT", "Contact": contact, "Date": "2026-11-03", "Status": "AUTHORISED"}
    xero.put("CreditNotes", {**note, "LineItems": [{"ItemCode": "PUMP", "Quantity": 1}]})
    assert held(xero) == (7, 21)
    back = {"ItemCode": "PUMP", "Description": "Pump", "Quantity": 2, "UnitAmount": 3}
    xero.put("CreditNotes", {**note, "Type": "ACCPAYCREDIT", "LineItems": [back]})
    assert held(xero) == (5, 15)


def test_opening_stock_is_a_bill_of_nothing(xero: Any, bill: Any) -> None:
    lines = [
        {"ItemCode": "PUMP", "Description": "Opening", "Quantity": 8, "UnitAmount": 2, "TaxType": "BASEXCLUDED"},
        {"Description": "Against", "Quantity": -1, "UnitAmount": 16, "AccountCode": "850", "TaxType": "BASEXCLUDED"},
    ]
    made = xero.put("Invoices", xero.invoice(Type="ACCPAY", Status="AUTHORISED", LineItems=lines))
    assert (made["StatusAttributeString"], made["Total"], held(xero)) == ("OK", 0, (8, 16))


def test_used_tracked_item_stays(xero: Any, bill: Any) -> None:
    bill(1, "2.00")
    assert xero.call("DELETE", f"Items/{xero.get('Items/PUMP')[0]['ItemID']}").status_code == 400


def test_refused_batch_moves_nothing(xero: Any, bill: Any) -> None:
    lines = [{"ItemCode": "PUMP", "Description": "Pump", "Quantity": 5, "UnitAmount": 2}]
    good = xero.invoice(Type="ACCPAY", Status="AUTHORISED", LineItems=lines)
    assert xero.call("PUT", "Invoices", {"Invoices": [good, {"Type": "ACCREC"}]}).status_code == 400
    assert held(xero) == (0, 0)
