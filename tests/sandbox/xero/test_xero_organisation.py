"""The organisation file, the state, and edits by a person."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tieout_sandbox import codec

Errors = Callable[[Any], list[str]]
CONTACT = "5f4b2c1a-0000-4000-8000-000000000001"
DONE = {
    "Type": "ACCREC",
    "InvoiceNumber": "OLD-1",
    "Contact": {"Name": "Given Co"},
    "Date": "2024-01-05",
    "DueDate": "/Date(1706745600000+0000)/",
    "Status": "PAID",
    "AmountPaid": 11,
    "LineItems": [{"Description": "x", "Quantity": 1, "UnitAmount": 10, "AccountCode": "200", "TaxType": "OUTPUT"}],
}


def given(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "organisation.json"
    path.write_text(content if isinstance(content, str) else codec.dumps(content))
    return path


def test_file_replaces_records_and_keeps_the_settings_it_does_not_name(make: Any, tmp_path: Path) -> None:
    content = {
        "Organisation": {"Name": "Given Org", "PeriodLockDate": "2026-06-30"},
        "Contacts": {"Id": "x", "Status": "OK", "Contacts": [{"Name": "Given Co", "ContactID": CONTACT}]},
        "Items": [{"Code": "I-1", "SalesDetails": {"UnitPrice": 5}}],
        "Invoices": [DONE],
        "PurchaseOrders": [{"Contact": {"ContactID": CONTACT}, "LineItems": [{"Description": "text"}]}],
        "Payments": [],
    }
    xero = make(organisation=given(tmp_path, content))
    assert xero.get("Organisation")[0]["Name"] == "Given Org"
    assert [each["ContactID"] for each in xero.get("Contacts")] == [CONTACT]
    [old] = xero.get("Invoices/OLD-1")
    assert (old["Status"], old["Total"], old["AmountDue"]) == ("PAID", 11, 0)
    assert (old["DateString"], old["DueDateString"]) == ("2024-01-05T00:00:00", "2024-02-01T00:00:00")
    assert xero.get("Items/I-1")[0]["SalesDetails"]["UnitPrice"] == 5
    assert len(xero.get("PurchaseOrders")) == 1
    assert len(xero.get("Accounts")) > 50
    assert xero.get("Organisation")[0]["OrganisationID"] == xero.credentials["tenant-id"]


def test_payment_of_a_file_pays_its_invoice(make: Any, tmp_path: Path) -> None:
    payment = {"Invoice": {"InvoiceNumber": "OLD-1"}, "Date": "2024-02-01", "Amount": 4}
    invoice = DONE | {"Status": "AUTHORISED", "AmountPaid": 0}
    content = {"Contacts": [{"Name": "Given Co"}], "Invoices": [invoice], "Payments": [payment]}
    xero = make(organisation=given(tmp_path, content))
    [open_still] = xero.get("Invoices/OLD-1")
    assert (open_still["Status"], open_still["AmountPaid"], open_still["AmountDue"]) == ("AUTHORISED", 4, 7)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "line 1"),
        ("[]", "an organisation is an object"),
        ({"Contcats": []}, "unknown key 'Contcats'"),
        ({"Contacts": [{"EmailAddress": "a@example.com"}]}, "Contacts[0]: Name is missing"),
        ({"Contacts": [1]}, "Contacts is not a list of objects"),
        ({"Accounts": [{"Name": "X", "Type": "MAGIC"}]}, "Accounts[0]: Type 'MAGIC' is no type of account"),
        ({"Invoices": [DONE]}, "Invoices[0]: its contact is not among Contacts"),
        (
            {"Contacts": [{"Name": "Given Co"}], "Invoices": [DONE | {"Date": "yesterday"}]},
            "Invoices[0]: The value 'yesterday' of Date is not a valid date.",
        ),
        ({"Currencies": [{"Code": "EUR"}]}, "the base currency AUD is not among the currencies"),
        ({"Organisation": {"PeriodLockDate": "soon"}}, "PeriodLockDate"),
    ],
)
def test_malformed_file_is_named_with_the_reason(make: Any, tmp_path: Path, content: Any, reason: str) -> None:
    path = given(tmp_path, content)
    with pytest.raises(codec.MalformedFile) as error:
        make(organisation=path)
    assert str(path) in str(error.value)
    assert reason in str(error.value)


def state(xero: Any) -> Any:
    return codec.loads(xero.http.get("/_sandbox/state").content)


def test_state_is_what_single_reads_give_and_starts_the_next_run(xero: Any, make: Any) -> None:
    made = xero.saved(
        Status="AUTHORISED",
        LineItems=[{"Description": "x", "Quantity": 7, "LineAmount": Decimal("33.33"), "AccountCode": "200"}],
    )
    xero.put("Payments", {"Invoice": {"InvoiceID": made["InvoiceID"]}, "Account": {"Code": "090"}, "Amount": 10})
    xero.put("Items", {"Code": "I-1", "SalesDetails": {"UnitPrice": Decimal("1.5")}})
    kept = state(xero)
    assert kept["Invoices"] == xero.get(f"Invoices/{made['InvoiceID']}", unitdp=4)
    assert kept["Organisation"]["OrganisationID"] == xero.credentials["tenant-id"]
    again = state(make(state=kept))
    assert {name: again[name] for name in kept if name not in ("Connections", "Grants")} == {
        name: kept[name] for name in kept if name not in ("Connections", "Grants")
    }


def test_reset_brings_the_start_back(xero: Any) -> None:
    before = state(xero)
    xero.saved()
    assert state(xero) != before
    xero.http.post("/_sandbox/reset")
    assert state(xero) == before


def test_person_changes_an_amount_and_the_totals_follow(xero: Any) -> None:
    made = xero.saved(InvoiceNumber="INV-7", Status="AUTHORISED")
    answer = xero.edit(collection="Invoices", number="INV-7", set={"LineItems.0.UnitAmount": Decimal("50.01")})
    assert answer.status_code == 200, answer.text
    [after] = xero.get("Invoices/INV-7")
    assert (after["Total"], after["AmountDue"]) == (Decimal("110.02"), Decimal("110.02"))
    assert after["UpdatedDateUTC"] > made["UpdatedDateUTC"]


@pytest.mark.parametrize("status", ["VOIDED", "DRAFT", "DELETED", "PAID"])
def test_person_may_set_any_status(xero: Any, status: str) -> None:
    identity = xero.saved(Status="AUTHORISED")["InvoiceID"]
    xero.edit(collection="Invoices", id=identity, set={"Status": status})
    after = xero.get(f"Invoices/{identity}")[0]
    assert (after["Status"], after["AmountDue"]) == (status, 110 if status == "DRAFT" else 0)


def test_person_overrides_a_total(xero: Any) -> None:
    identity = xero.saved()["InvoiceID"]
    xero.edit(collection="Invoices", id=identity, set={"Total": Decimal("111.00")})
    assert xero.get(f"Invoices/{identity}")[0]["AmountDue"] == 111


def test_person_renames_merges_creates_and_deletes(xero: Any) -> None:
    identity, winner = xero.contact(), xero.contact("Winner")
    merged = {"ContactStatus": "ARCHIVED", "MergedToContactID": winner}
    assert xero.edit(collection="Contacts", id=identity, set=merged).status_code == 200
    assert xero.get(f"Contacts/{identity}")[0]["MergedToContactID"] == winner
    made = xero.edit(collection="Contacts", create={"Name": "By hand"}).json()
    assert xero.get(f"Contacts/{made['ContactID']}")[0]["Name"] == "By hand"
    item = xero.put("Items", {"Code": "I-1"})
    assert xero.edit(collection="Items", id=item["ItemID"], delete=True).status_code == 200
    assert xero.get("Items") == []
    draft = xero.saved()
    xero.edit(collection="Invoices", id=draft["InvoiceID"], delete=True)
    assert xero.get(f"Invoices/{draft['InvoiceID']}")[0]["Status"] == "DELETED"


def test_person_archives_an_account(xero: Any, errors: Errors) -> None:
    xero.edit(collection="Accounts", number="200", set={"Status": "ARCHIVED"})
    assert errors(xero.put("Invoices", xero.invoice(Status="AUTHORISED"))) == [
        "Account code '200' has been archived, or has been deleted.",
        "Account code must be specified",
    ]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"collection": "Invoices", "id": "nobody", "set": {"Reference": "x"}}, 404),
        ({"collection": "Nonsense", "set": {"a": 1}}, 400),
        ({"collection": "Contacts", "number": "PowerDirect"}, 400),
        ({"collection": "Invoices", "create": {"Type": "ACCREC"}}, 400),
        ({"collection": "Connections", "id": "nobody", "delete": True}, 404),
    ],
)
def test_edit_that_makes_no_sense_is_refused(xero: Any, change: Any, status: int) -> None:
    answer = xero.edit(**change)
    assert (answer.status_code, "error" in answer.json()) == (status, True)


def test_calls_tell_how_many_records_they_wrote(xero: Any) -> None:
    xero.write("PUT", "Contacts", {"Name": "One"}, {"Name": "Two"})
    xero.http.post("/_sandbox/faults", json={"path": "/api.xro/2.0/Contacts", "fault": "429-minute"})
    refused = xero.call("PUT", "Contacts", {"Contacts": [{"Name": "Three"}]})
    assert (refused.status_code, refused.headers["x-rate-limit-problem"]) == (429, "minute")
    calls = xero.http.get("/_sandbox/calls").json()
    assert [(call["method"], call["status"], call["elements"]) for call in calls] == [("PUT", 200, 2), ("PUT", 429, 1)]


def test_faults_speak_like_xero(xero: Any) -> None:
    for fault in ("token-expired", "429-day"):
        xero.http.post("/_sandbox/faults", json={"path": "/api.xro/2.0/", "fault": fault})
    expired, over = xero.call("GET", "Items"), xero.call("GET", "Items")
    assert (expired.status_code, expired.json()["Detail"][:12]) == (401, "TokenExpired")
    assert (over.status_code, over.headers["retry-after"], over.content) == (429, "86400", b"")
