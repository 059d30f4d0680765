"""Purchase orders and payments (docs/facts/xero.md, "Messages", "Purchase orders", "Payments")."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

ZERO = "00000000-0000-0000-0000-000000000000"
Errors = Callable[[Any], list[str]]
Line = Callable[..., dict[str, Any]]


@pytest.fixture
def order(xero: Any, line: Line) -> Callable[..., dict[str, Any]]:
    identity = xero.contact("Supplier Co")
    lines = [line(UnitAmount=Decimal("1.23456"), AccountCode="300", TaxType="INPUT")]
    return lambda **more: {"Contact": {"ContactID": identity}, "Date": "2026-11-03", "LineItems": lines} | more


def test_order_keeps_four_decimals_whatever_is_asked(xero: Any, order: Any) -> None:
    made = xero.put("PurchaseOrders", order(DeliveryDate="2026-11-10", AttentionTo="Bo"))
    assert (made["Status"], made["PurchaseOrderNumber"]) == ("DRAFT", "PO-0001")
    assert made["LineItems"][0]["UnitAmount"] == Decimal("1.2346")
    assert (made["SubTotal"], made["TotalTax"], made["Total"]) == (Decimal("2.47"), Decimal("0.25"), Decimal("2.72"))
    assert made["DeliveryDateString"] == "2026-11-10T00:00:00"
    assert xero.get("PurchaseOrders/PO-0001")[0]["PurchaseOrderID"] == made["PurchaseOrderID"]


def test_order_creates_no_contact(xero: Any, order: Any, errors: Errors) -> None:
    assert errors(xero.put("PurchaseOrders", order(Contact={"Name": "Brand New"}))) == [
        "A Contact must be specified for this type of transaction"
    ]


def test_number_is_unique_for_put_and_matched_by_post(xero: Any, order: Any, errors: Errors) -> None:
    made = xero.put("PurchaseOrders", order(PurchaseOrderNumber="P-1"))
    assert errors(xero.put("PurchaseOrders", order(PurchaseOrderNumber="P-1"))) == ["Order number must be unique"]
    again = xero.post("PurchaseOrders", {"PurchaseOrderNumber": "P-1", "Reference": "r"})
    assert (again["PurchaseOrderID"], again["Reference"]) == (made["PurchaseOrderID"], "r")


def test_deleted_order_still_owns_its_number(xero: Any, order: Any, errors: Errors) -> None:
    made = xero.put("PurchaseOrders", order(PurchaseOrderNumber="P-1", Status="BILLED"))
    deleted = xero.post("PurchaseOrders", {"PurchaseOrderID": made["PurchaseOrderID"], "Status": "DELETED"})
    assert deleted["Status"] == "DELETED"
    refused = xero.post("PurchaseOrders", order(PurchaseOrderNumber="P-1"))
    assert errors(refused) == [
        "PurchaseOrder status change is invalid",
        "Deleted PurchaseOrders cannot be updated",
    ]
    assert refused["PurchaseOrderID"] == ZERO
    assert errors(xero.put("PurchaseOrders", order(PurchaseOrderNumber="P-1"))) == ["Order number must be unique"]
    assert errors(xero.post("PurchaseOrders", {"PurchaseOrderID": made["PurchaseOrderID"], "Reference": "x"})) == [
        "Deleted PurchaseOrders cannot be updated"
    ]


def test_order_renamed_before_it_is_deleted_frees_its_number(xero: Any, order: Any) -> None:
    identity = xero.put("PurchaseOrders", order(PurchaseOrderNumber="P-1"))["PurchaseOrderID"]
    for change in ({"PurchaseOrderNumber": "P-1-VOID-1"}, {"Status": "DELETED"}):
        assert xero.post("PurchaseOrders", {"PurchaseOrderID": identity, **change})["StatusAttributeString"] == "OK"
    assert xero.put("PurchaseOrders", order(PurchaseOrderNumber="P-1"))["StatusAttributeString"] == "OK"


def test_locked_period_does_not_concern_orders(xero: Any, order: Any) -> None:
    assert xero.put("PurchaseOrders", order(Date="2025-01-01"))["StatusAttributeString"] == "OK"


def test_sent_is_for_approved_orders_only(xero: Any, order: Any) -> None:
    made = xero.put("PurchaseOrders", order(SentToContact=True))
    text = "Only AUTHORISED and BILLED purchase orders may have SentToContact updated."
    assert (made["StatusAttributeString"], made["Warnings"]) == ("WARNING", [{"Message": text}])


def test_orders_are_always_paged_and_know_no_where(xero: Any, order: Any) -> None:
    for day in (1, 2, 3):
        xero.put("PurchaseOrders", order(Date=f"2026-11-0{day}", Status="DRAFT" if day < 3 else "BILLED"))
    body, found = xero.read("PurchaseOrders", where='Status=="NONE"')
    assert body["pagination"] == {"page": 1, "pageSize": 100, "pageCount": 1, "itemCount": 3}
    assert all(each["LineItems"] for each in found)
    assert len(xero.get("PurchaseOrders", Status="BILLED")) == 1
    assert len(xero.get("PurchaseOrders", DateFrom="2026-11-02", DateTo="2026-11-02")) == 1
    assert xero.get("PurchaseOrders", Status="") == []


@pytest.fixture
def owed(xero: Any) -> Any:
    return xero.saved(Status="AUTHORISED", InvoiceNumber="INV-7")


def payment(owed: Any, **more: Any) -> dict[str, Any]:
    named = {"Invoice": {"InvoiceID": owed["InvoiceID"]}, "Account": {"Code": "090"}}
    return named | {"Date": "2026-11-05", "Amount": Decimal("60.00"), "Reference": "P-77"} | more


def test_payments_reduce_what_is_due_until_the_invoice_is_paid(xero: Any, owed: Any) -> None:
    made = xero.put("Payments", payment(owed))
    assert (made["PaymentType"], made["Status"], made["Account"]["Code"]) == ("ACCRECPAYMENT", "AUTHORISED", "090")
    [partly] = xero.get("Invoices/INV-7")
    assert (partly["Status"], partly["AmountPaid"], partly["AmountDue"]) == ("AUTHORISED", 60, 50)
    assert [(each["Amount"], each["Reference"]) for each in partly["Payments"]] == [(60, "P-77")]
    xero.put("Payments", payment(owed, Amount=50))
    [fully] = xero.get("Invoices/INV-7")
    assert (fully["Status"], fully["AmountDue"]) == ("PAID", 0)
    assert fully["FullyPaidOnDate"] == "/Date(1793836800000+0000)/"
    assert fully["UpdatedDateUTC"] > partly["UpdatedDateUTC"] > owed["UpdatedDateUTC"]


def test_deleting_a_payment_opens_the_invoice_again(xero: Any, owed: Any) -> None:
    made = xero.put("Payments", payment(owed, Amount=110))
    answer = xero.call("POST", f"Payments/{made['PaymentID']}", {"Status": "DELETED"})
    assert answer.json()["Payments"][0]["Status"] == "DELETED"
    [open_again] = xero.get("Invoices/INV-7")
    assert (open_again["Status"], open_again["AmountDue"], open_again["Payments"]) == ("AUTHORISED", 110, [])
    assert "FullyPaidOnDate" not in open_again


def test_repeated_payment_is_a_second_payment(xero: Any, owed: Any, errors: Errors) -> None:
    half = payment(owed, Amount=Decimal("55.00"))
    assert xero.put("Payments", half)["PaymentID"] != xero.put("Payments", half)["PaymentID"]
    assert errors(xero.put("Payments", half)) == ["Payment amount exceeds the amount outstanding on this document"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"Amount": Decimal("110.01")}, "Payment amount exceeds the amount outstanding on this document"),
        ({"Account": {"Code": "200"}}, "Account code '200' is not a valid code for this document."),
        (
            {"Date": "2026-03-01"},
            "The document date cannot be before the period lock date, currently set at 31 March 2026",
        ),
    ],
)
def test_payment_is_refused_for(xero: Any, owed: Any, errors: Errors, more: Any, message: str) -> None:
    refused = xero.put("Payments", payment(owed, **more))
    assert errors(refused) == [message]
    assert (refused["PaymentID"], refused["HasValidationErrors"]) == (ZERO, True)


def test_draft_cannot_be_paid(xero: Any, errors: Errors) -> None:
    assert len(errors(xero.put("Payments", payment(xero.saved())))) == 1


def test_account_enabled_for_payments_and_one_without_code_will_do(xero: Any, owed: Any) -> None:
    [dollar] = xero.get("Accounts", where='Name=="Business USD Account"')
    assert "Code" not in dollar
    for account in ({"Code": "880"}, {"AccountID": dollar["AccountID"]}):
        made = xero.put("Payments", payment(owed, Account=account, Amount=1))
        assert made["StatusAttributeString"] == "OK"
