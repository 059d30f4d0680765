"""What people do inside Xero: payments, merges, archiving, leaving.

Source: docs/facts/xero.md, "Contacts", "Payments", "Connections".
"""

from decimal import Decimal
from typing import Any

import pytest
from tieout_sandbox import codec


def enter(xero: Any, invoice: Any, amount: Any, **more: Any) -> Any:
    """A payment that a person enters."""
    named = {"Invoice": {"InvoiceID": invoice["InvoiceID"]}, "Account": {"Code": "090"}}
    made = xero.edit(collection="Payments", create={**named, "Date": "2026-11-05", "Amount": amount, **more})
    assert made.status_code == 200, made.text
    return codec.loads(made.content)


def settled(xero: Any, invoice: Any) -> tuple[Any, ...]:
    [now] = xero.get(f"Invoices/{invoice['InvoiceID']}")
    return now["Status"], now["AmountPaid"], now["AmountDue"], len(now["Payments"])


@pytest.mark.parametrize("kind", ["ACCREC", "ACCPAY"])
def test_person_pays_in_parts_and_takes_back(xero: Any, line: Any, kind: str) -> None:
    sale = kind == "ACCREC"
    lines = [line() if sale else line(AccountCode="300", TaxType="INPUT")]
    invoice = xero.saved(Type=kind, Status="AUTHORISED", LineItems=lines)
    before = invoice["UpdatedDateUTC"]
    first = enter(xero, invoice, 30)
    assert settled(xero, invoice) == ("AUTHORISED", 30, 80, 1)
    assert xero.get(f"Invoices/{invoice['InvoiceID']}")[0]["UpdatedDateUTC"] > before
    second = enter(xero, invoice, 80)
    assert settled(xero, invoice) == ("PAID", 110, 0, 2)
    xero.edit(collection="Payments", id=first["PaymentID"], delete=True)
    assert settled(xero, invoice) == ("AUTHORISED", 80, 30, 1)
    xero.edit(collection="Payments", id=second["PaymentID"], set={"Status": "DELETED"})
    assert settled(xero, invoice) == ("AUTHORISED", 0, 110, 0)
    assert {each["Status"] for each in xero.get("Payments")} == {"DELETED"}


def test_person_enters_a_payment_again_with_another_amount(xero: Any) -> None:
    invoice = xero.saved(Status="AUTHORISED")
    payment = enter(xero, invoice, 110, Reference="cheque 7")
    changed = xero.edit(
        collection="Payments", number="cheque 7", set={"Amount": Decimal("40.25"), "Date": "2026-11-06"}
    )
    assert changed.json()["PaymentID"] == payment["PaymentID"]
    assert settled(xero, invoice) == ("AUTHORISED", Decimal("40.25"), Decimal("69.75"), 1)
    refused = xero.edit(collection="Payments", id=payment["PaymentID"], set={"Amount": 111})
    assert (refused.status_code, settled(xero, invoice)) == (400, ("AUTHORISED", Decimal("40.25"), Decimal("69.75"), 1))


def test_merged_contact_leaves_its_documents_to_the_other(xero: Any) -> None:
    loser, winner = xero.contact("Loser Ltd"), xero.contact("Winner Ltd")
    invoice = xero.saved(Contact={"ContactID": loser})
    assert xero.edit(collection="Contacts", id=loser, set={"MergedToContactID": winner}).status_code == 200
    [gone] = xero.get(f"Contacts/{loser}")
    assert (gone["ContactStatus"], gone["MergedToContactID"]) == ("ARCHIVED", winner)
    [kept] = xero.get(f"Invoices/{invoice['InvoiceID']}")
    assert (kept["Contact"]["ContactID"], kept["UpdatedDateUTC"]) == (winner, invoice["UpdatedDateUTC"])
    assert xero.get(f"Contacts/{winner}")[0]["IsCustomer"] is True
    assert xero.edit(collection="Contacts", id=winner, set={"MergedToContactID": loser}).status_code == 400


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"collection": "Accounts", "number": "200", "set": {"Status": "ARCHIVED"}},
            "Account code '200' has been archived, or has been deleted.",
        ),
        (
            {"collection": "TaxRates", "number": "OUTPUT", "set": {"Status": "DELETED"}},
            "The TaxType code OUTPUT does not exist or cannot be used for this type of transaction",
        ),
        (
            {"collection": "Contacts", "number": "Acme Pumps", "set": {"ContactStatus": "ARCHIVED"}},
            "The contact with the specified contact details has been archived. "
            "The contact must be un-archived before creating new invoices or credit notes",
        ),
    ],
)
def test_approval_meets_what_was_archived_meanwhile(xero: Any, errors: Any, change: Any, message: str) -> None:
    draft = xero.saved()
    assert xero.edit(**change).status_code == 200
    approved = xero.post("Invoices", {"InvoiceID": draft["InvoiceID"], "Status": "AUTHORISED"})
    assert errors(approved) == [message]
    assert xero.get(f"Invoices/{draft['InvoiceID']}")[0]["Status"] == "DRAFT"


def test_tokens_notes_and_files_outlive_a_run(xero: Any, make: Any) -> None:
    invoice = xero.saved()
    path = f"Invoices/{invoice['InvoiceID']}"
    xero.call("PUT", f"{path}/History", {"HistoryRecords": [{"Details": "kept"}]})
    xero.call("PUT", f"{path}/Attachments/a.txt", {"any": "content"})
    again = make(state=codec.loads(xero.http.get("/_sandbox/state").content))
    again.headers = xero.headers
    assert [each["Details"] for each in again.get(f"{path}/History")] == ["kept"]
    assert again.call("GET", f"{path}/Attachments/a.txt").json() == {"any": "content"}
    assert [each["InvoiceID"] for each in again.get("Invoices", createdByMyApp="true")] == [invoice["InvoiceID"]]
    given = xero.credentials
    refresh = {"grant_type": "refresh_token", "refresh_token": given["authorised"]["refresh-token"]}
    answer = again.http.post("/connect/token", data=refresh, auth=(given["client-id"], given["client-secret"]))
    assert answer.status_code == 200
    before, after = (
        [each["id"] for each in one.http.get("/connections", headers=xero.headers).json()] for one in (xero, again)
    )
    assert before == after
