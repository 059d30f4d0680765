"""Credit notes: numbers, statuses, and what their allocations do to invoices.

Source: docs/facts/xero.md, "Credit notes", "Matching".
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

ZERO = "00000000-0000-0000-0000-000000000000"
Errors = Callable[[Any], list[str]]
Line = Callable[..., dict[str, Any]]
CLOSED = "Credit note not of valid status for modification"
SETTLED = "This document cannot be edited as it has a payment or credit note allocated to it"


@pytest.fixture
def note(xero: Any, line: Line) -> Callable[..., dict[str, Any]]:
    """A credit note as it is sent: one line of 2 x 50.00 plus 10 % tax."""

    def element(**more: Any) -> dict[str, Any]:
        contact = xero.invoice()["Contact"]
        return {"Type": "ACCRECCREDIT", "Contact": contact, "Date": "2026-11-03", "LineItems": [line()], **more}

    return element


@pytest.fixture
def saved(xero: Any, note: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Saves an approved credit note of 110.00."""

    def save(**more: Any) -> Any:
        made = xero.put("CreditNotes", note(**{"Status": "AUTHORISED", **more}))
        assert made["StatusAttributeString"] == "OK", made
        return made

    return save


def allocate(xero: Any, credit: Any, invoice: Any, amount: Any) -> Any:
    """The result of one allocation."""
    element = {"Invoice": {"InvoiceID": invoice["InvoiceID"]}, "Amount": amount, "Date": "2026-11-05"}
    path = f"CreditNotes/{credit['CreditNoteID']}/Allocations"
    answer = xero.call("PUT", path, {"Allocations": [element]}, summarizeErrors="false")
    assert answer.status_code == 200, answer.text
    return answer.json(parse_float=Decimal)["Allocations"][0]


def test_saved_credit_note_has_what_xero_derives(xero: Any, saved: Any) -> None:
    made = saved(Reference="RMA 9")
    assert (made["CreditNoteNumber"], made["Total"], made["RemainingCredit"]) == ("CN-0001", 110, 110)
    assert (made["Status"], made["Allocations"], made["Reference"]) == ("AUTHORISED", [], "RMA 9")
    assert xero.get("CreditNotes/CN-0001")[0]["LineItems"] == made["LineItems"]
    supplier = {"Type": "ACCPAYCREDIT", "LineItems": [{"Description": "x"}], "Status": "DRAFT", "Reference": "no"}
    bill = saved(**supplier)
    assert (bill["CreditNoteNumber"], "Reference" in bill) == ("", False)


def test_number_is_unique_to_customers_only(xero: Any, note: Any, saved: Any, errors: Errors) -> None:
    made = saved(CreditNoteNumber="C-1", Status="DRAFT")
    refused = xero.put("CreditNotes", note(CreditNoteNumber="C-1"))
    assert (errors(refused), refused["CreditNoteID"]) == (["Credit Note # must be unique."], ZERO)
    again = xero.post("CreditNotes", {"Type": "ACCRECCREDIT", "CreditNoteNumber": "C-1", "Reference": "new"})
    assert (again["CreditNoteID"], again["Reference"], again["Total"]) == (made["CreditNoteID"], "new", 110)
    supplier = note(Type="ACCPAYCREDIT", CreditNoteNumber="C-1", LineItems=[{"Description": "x"}])
    assert xero.put("CreditNotes", supplier)["CreditNoteID"] != xero.put("CreditNotes", supplier)["CreditNoteID"]


@pytest.mark.parametrize(
    ("before", "after", "allowed"),
    [
        ("DRAFT", "SUBMITTED", True),
        ("DRAFT", "DELETED", True),
        ("DRAFT", "VOIDED", False),
        ("DRAFT", "PAID", False),
        ("SUBMITTED", "AUTHORISED", True),
        ("AUTHORISED", "DRAFT", False),
        ("AUTHORISED", "DELETED", False),
        ("AUTHORISED", "VOIDED", True),
    ],
)
def test_statuses(xero: Any, saved: Any, errors: Errors, before: str, after: str, allowed: bool) -> None:
    made = saved(Status=before)
    changed = xero.post("CreditNotes", {"CreditNoteID": made["CreditNoteID"], "Status": after})
    if allowed:
        assert changed["Status"] == after
    else:
        assert (errors(changed), changed["CreditNoteID"]) == ([CLOSED], made["CreditNoteID"])


def test_approval_needs_complete_lines_and_discounts_are_unknown(
    xero: Any, note: Any, line: Line, errors: Errors
) -> None:
    bare = note(Status="AUTHORISED", LineItems=[line(AccountCode=None, TaxType=None)])
    assert errors(xero.put("CreditNotes", bare)) == ["Account code must be specified", "The TaxType field is mandatory"]
    assert len(errors(xero.put("CreditNotes", note(LineItems=[line(DiscountRate=5)])))) == 1


def test_allocation_lowers_what_is_due_and_what_is_left(xero: Any, saved: Any) -> None:
    invoice, credit = xero.saved(Status="AUTHORISED"), saved()
    made = allocate(xero, credit, invoice, Decimal("30.50"))
    assert (made["Amount"], made["Date"]) == (Decimal("30.5"), "/Date(1793836800000+0000)/")
    [after] = xero.get(f"Invoices/{invoice['InvoiceID']}")
    assert (after["AmountCredited"], after["AmountDue"], after["Status"]) == (
        Decimal("30.5"),
        Decimal("79.5"),
        "AUTHORISED",
    )
    assert [(each["CreditNoteNumber"], each["AppliedAmount"]) for each in after["CreditNotes"]] == [
        (credit["CreditNoteNumber"], Decimal("30.5"))
    ]
    [left] = xero.get(f"CreditNotes/{credit['CreditNoteID']}")
    assert (left["RemainingCredit"], left["AppliedAmount"]) == (Decimal("79.5"), Decimal("30.5"))
    assert [each["AllocationID"] for each in left["Allocations"]] == [made["AllocationID"]]


def test_whole_credit_pays_the_invoice_until_it_is_taken_back(xero: Any, saved: Any) -> None:
    invoice, credit = xero.saved(Status="AUTHORISED"), saved()
    made = allocate(xero, credit, invoice, 110)
    paths = (f"Invoices/{invoice['InvoiceID']}", f"CreditNotes/{credit['CreditNoteID']}")
    assert [xero.get(path)[0]["Status"] for path in paths] == ["PAID", "PAID"]
    assert "FullyPaidOnDate" in xero.get(paths[0])[0]
    answer = xero.call("DELETE", f"{paths[1]}/Allocations/{made['AllocationID']}")
    assert (answer.status_code, answer.json()["IsDeleted"]) == (200, True)
    for path in paths:
        [after] = xero.get(path)
        assert (after["Status"], "FullyPaidOnDate" in after) == ("AUTHORISED", False)
    assert (xero.get(paths[0])[0]["AmountDue"], xero.get(paths[0])[0]["CreditNotes"]) == (110, [])
    assert xero.call("DELETE", f"{paths[1]}/Allocations/{made['AllocationID']}").status_code == 404


def test_allocation_that_makes_no_sense_is_refused(xero: Any, saved: Any, line: Line, errors: Errors) -> None:
    invoice, credit = xero.saved(Status="AUTHORISED"), saved()
    large = xero.saved(Status="AUTHORISED", LineItems=[line(Quantity=20)])
    bill = xero.saved(Type="ACCPAY", LineItems=[line(AccountCode="300", TaxType="INPUT")], Status="AUTHORISED")
    other = xero.saved(Status="AUTHORISED", Contact={"ContactID": xero.contact("Somebody Else")})
    draft = xero.saved()
    said = [
        errors(allocate(xero, credit, wanted, amount))
        for wanted, amount in ((large, Decimal("110.01")), (invoice, 0), (bill, 1), (other, 1), (draft, 1))
    ]
    assert said == [
        ["The allocation amount exceeds the credit that remains on this document"],
        ["The allocation amount must be greater than zero"],
        ["The document with the supplied id was not found for this endpoint."],
        ["Credit can only be allocated to documents of the same contact"],
        ["Credit can only be allocated to Authorised documents"],
    ]
    assert xero.get(f"CreditNotes/{credit['CreditNoteID']}")[0]["RemainingCredit"] == 110


def test_documents_with_an_allocation_cannot_be_voided_or_repriced(
    xero: Any, saved: Any, line: Line, errors: Errors
) -> None:
    invoice, credit = xero.saved(Status="AUTHORISED"), saved()
    allocate(xero, credit, invoice, 10)
    for plural, document in (("Invoices", invoice), ("CreditNotes", credit)):
        named = {name: document[name] for name in ("InvoiceID", "CreditNoteID") if name in document}
        assert errors(xero.post(plural, {**named, "Status": "VOIDED"})) == [SETTLED]
        assert errors(xero.post(plural, {**named, "LineItems": [line(Quantity=3)]})) == [SETTLED]
        assert xero.post(plural, {**named, "Reference": "still fine"})["Reference"] == "still fine"


def test_batch_of_allocations_is_all_or_nothing_without_summarize_errors(xero: Any, saved: Any) -> None:
    invoice, credit = xero.saved(Status="AUTHORISED"), saved()
    elements = [{"Invoice": {"InvoiceID": invoice["InvoiceID"]}, "Amount": amount} for amount in (60, 60)]
    refused = xero.call("PUT", f"CreditNotes/{credit['CreditNoteID']}/Allocations", {"Allocations": elements})
    assert (refused.status_code, refused.json()["Type"]) == (400, "ValidationException")
    assert xero.http.get("/_sandbox/calls").json()[-1]["elements"] == 2
    assert xero.get(f"Invoices/{invoice['InvoiceID']}")[0]["AmountDue"] == 110


def test_lists_are_paged_filtered_and_ordered(xero: Any, saved: Any) -> None:
    for number in ("C-2", "C-1", "C-3"):
        saved(CreditNoteNumber=number, Status="DRAFT" if number == "C-3" else "AUTHORISED")
    body, records = xero.read("CreditNotes", page=1, pageSize=2, order="CreditNoteNumber DESC")
    assert [each["CreditNoteNumber"] for each in records] == ["C-3", "C-2"]
    assert (body["pagination"]["itemCount"], len(records[0]["LineItems"])) == (3, 1)
    found = xero.get("CreditNotes", where='Status=="AUTHORISED" AND Total>=110')
    assert [(each["CreditNoteNumber"], each["LineItems"]) for each in found] == [("C-2", []), ("C-1", [])]


def test_reset_and_state_keep_credit_notes_and_what_they_gave(xero: Any, make: Any, saved: Any) -> None:
    invoice, credit = xero.saved(Status="AUTHORISED"), saved()
    allocate(xero, credit, invoice, 30)
    state = xero.http.get("/_sandbox/state").json(parse_float=Decimal)
    again = make(state=state)
    [kept] = again.get(f"Invoices/{invoice['InvoiceID']}")
    assert (kept["AmountCredited"], kept["AmountDue"]) == (30, 80)
    assert again.get(f"CreditNotes/{credit['CreditNoteID']}")[0]["RemainingCredit"] == 80


def test_credit_note_of_a_file_credits_its_invoice(make: Any, tmp_path: Any) -> None:
    line = '{"Description": "x", "Quantity": 1, "UnitAmount": 100, "AccountCode": "200", "TaxType": "OUTPUT"}'
    head = f'"Contact": {{"Name": "A"}}, "Date": "2026-11-03", "Status": "AUTHORISED", "LineItems": [{line}]'
    identity = "11111111-1111-4111-8111-111111111111"
    part = f'{{"Invoice": {{"InvoiceID": "{identity}"}}, "Amount": 20, "Date": "2026-11-04"}}'
    file = tmp_path / "organisation.json"
    file.write_text(
        f'{{"Contacts": [{{"Name": "A"}}], "Invoices": [{{"Type": "ACCREC", "InvoiceID": "{identity}", {head}}}],'
        f'"CreditNotes": [{{"Type": "ACCRECCREDIT", {head}, "Allocations": [{part}]}}]}}'
    )
    xero = make(organisation=file)
    assert xero.get(f"Invoices/{identity}")[0]["AmountDue"] == 90
    assert xero.get("CreditNotes/CN-0001")[0]["RemainingCredit"] == 90


def test_person_voids_a_credit_note(xero: Any, saved: Any) -> None:
    made = saved()
    assert xero.edit(collection="CreditNotes", number=made["CreditNoteNumber"], delete=True).status_code == 200
    assert xero.get(f"CreditNotes/{made['CreditNoteID']}")[0]["Status"] == "VOIDED"
