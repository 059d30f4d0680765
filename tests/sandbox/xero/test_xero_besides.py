"""Accounts as they are written, notes, attachments, e-mail and the customer's page.

Source: docs/facts/xero.md, "E-mail and online pages", "Accounts", "Attachments", "History".
"""

from typing import Any

import pytest


def account(**more: Any) -> dict[str, Any]:
    return {"Code": "123456", "Name": "Foobar", "Type": "EXPENSE", "Description": "Hello"} | more


def test_account_is_created_alone_or_in_a_list(xero: Any) -> None:
    [made] = xero.call("PUT", "Accounts", account()).json()["Accounts"]
    assert (made["Class"], made["TaxType"], made["Status"]) == ("EXPENSE", "INPUT", "ACTIVE")
    assert xero.get("Accounts", where='Code=="123456"')[0]["AccountID"] == made["AccountID"]
    assert xero.call("PUT", "Accounts", {"Accounts": [account(Code="2", Name="Two")]}).status_code == 200


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"Name": "SALES"}, "Please enter a unique Name."),
        ({"Code": "200"}, "Please enter a unique Code."),
        ({"Type": "MAGIC"}, "Account type 'MAGIC' is not valid"),
        ({"Type": "BANK"}, "BankAccountNumber must be specified for bank accounts"),
    ],
)
def test_account_is_refused_for(xero: Any, more: Any, message: str) -> None:
    answer = xero.call("PUT", "Accounts", account(**more), summarizeErrors="false")
    assert (answer.status_code, answer.json()["Elements"][0]["ValidationErrors"]) == (400, [{"Message": message}])


def test_account_is_renamed_archived_and_deleted_by_its_id(xero: Any) -> None:
    [made] = xero.call("PUT", "Accounts", account()).json()["Accounts"]
    path = f"Accounts/{made['AccountID']}"
    assert xero.call("POST", path, {"Name": "Renamed"}).json()["Accounts"][0]["Name"] == "Renamed"
    assert xero.call("POST", path, {"Status": "ARCHIVED"}).json()["Accounts"][0]["Status"] == "ARCHIVED"
    assert xero.call("DELETE", path).json()["Accounts"][0]["Status"] == "DELETED"
    assert xero.call("GET", path).status_code == 404


def test_accounts_that_stay(xero: Any) -> None:
    xero.saved()
    by_code = {each.get("Code"): each["AccountID"] for each in xero.get("Accounts")}
    assert xero.call("DELETE", f"Accounts/{by_code['200']}").status_code == 400
    assert xero.call("DELETE", f"Accounts/{by_code['610']}").status_code == 400
    assert xero.call("POST", f"Accounts/{by_code['090']}", {"Name": "x"}).status_code == 400
    assert xero.call("POST", "Accounts", account()).status_code == 404


def test_notes_are_kept_the_latest_first(xero: Any) -> None:
    path = f"Invoices/{xero.saved()['InvoiceID']}/History"
    for text in ("one", "two"):
        assert xero.call("PUT", path, {"HistoryRecords": [{"Details": text}]}).status_code == 200
    assert [(each["Details"], each["User"]) for each in xero.get(path)] == [
        ("two", "System Generated"),
        ("one", "System Generated"),
    ]
    assert xero.call("PUT", path, {"HistoryRecords": [{"Details": "x" * 2501}]}).status_code == 400


def attach(xero: Any, identity: str, name: str, content: bytes = b"pdf") -> Any:
    headers = xero.headers | {"Content-Type": "application/pdf"}
    return xero.http.put(f"/api.xro/2.0/Invoices/{identity}/Attachments/{name}", content=content, headers=headers)


def test_attachments_are_listed_read_and_replaced_by_name(xero: Any) -> None:
    identity = xero.saved()["InvoiceID"]
    first = attach(xero, identity, "a%20b.pdf").json()["Attachments"][0]
    again = attach(xero, identity, "a%20b.pdf", b"longer").json()["Attachments"][0]
    assert (first["FileName"], again["AttachmentID"]) == ("a b.pdf", first["AttachmentID"])
    [listed] = xero.get(f"Invoices/{identity}/Attachments")
    assert (listed["ContentLength"], listed["MimeType"]) == (6, "application/pdf")
    read = xero.call("GET", f"Invoices/{identity}/Attachments/a%20b.pdf")
    assert (read.content, read.headers["content-type"]) == (b"longer", "application/pdf")
    assert xero.get(f"Invoices/{identity}")[0]["HasAttachments"] is True


def test_attachments_are_ten_at_most_and_well_named(xero: Any) -> None:
    identity = xero.saved()["InvoiceID"]
    assert [attach(xero, identity, f"{number}.pdf").status_code for number in range(11)] == [200] * 10 + [400]
    assert attach(xero, xero.saved()["InvoiceID"], "a%2Bb.pdf").status_code == 400


def test_email_goes_to_customers_of_approved_invoices_only(xero: Any) -> None:
    draft, approved = xero.saved()["InvoiceID"], xero.saved(Status="AUTHORISED")["InvoiceID"]
    assert xero.call("POST", f"Invoices/{draft}/Email").status_code == 400
    assert xero.call("POST", f"Invoices/{approved}/Email").status_code == 204
    assert xero.get(f"Invoices/{approved}")[0]["SentToContact"] is True


def test_online_invoice_is_not_for_drafts(xero: Any) -> None:
    draft, approved = xero.saved()["InvoiceID"], xero.saved(Status="AUTHORISED")["InvoiceID"]
    assert xero.call("GET", f"Invoices/{draft}/OnlineInvoice").status_code == 404
    assert approved in xero.get(f"Invoices/{approved}/OnlineInvoice")[0]["OnlineInvoiceUrl"]
