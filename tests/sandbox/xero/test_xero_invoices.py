"""Sales invoices and bills: matching, lines, statuses, edits, lock dates.

Source: docs/facts/xero.md, "Messages", "Invoices and bills", "Lines", "Document statuses", "Matching".
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

ZERO = "00000000-0000-0000-0000-000000000000"
Errors = Callable[[Any], list[str]]
Line = Callable[..., dict[str, Any]]
CLOSED = "Invoice not of valid status for modification"
PAID = "This document cannot be edited as it has a payment or credit note allocated to it"


def test_saved_invoice_has_what_xero_derives(xero: Any) -> None:
    made = xero.saved(InvoiceNumber="INV-7", Reference="PO 9")
    assert (made["SubTotal"], made["TotalTax"], made["Total"], made["AmountDue"]) == (100, 10, 110, 110)
    assert (made["Status"], made["LineAmountTypes"], made["CurrencyCode"]) == ("DRAFT", "Exclusive", "AUD")
    assert (made["DateString"], made["Date"]) == ("2026-11-03T00:00:00", "/Date(1793664000000+0000)/")
    assert (made["Contact"]["Name"], made["AmountPaid"], made["Payments"]) == ("Acme Pumps", 0, [])
    [line] = made["LineItems"]
    assert (line["LineAmount"], line["TaxAmount"], line["Tracking"]) == (100, 10, [])
    assert xero.get("Invoices/INV-7", unitdp=4)[0]["LineItems"] == made["LineItems"]


def test_number_comes_from_xero_when_it_is_left_out(xero: Any) -> None:
    numbers = [xero.saved()["InvoiceNumber"], xero.saved()["InvoiceNumber"]]
    assert numbers == ["INV-0001", "INV-0002"]
    assert xero.saved(Type="ACCPAY", LineItems=[{"Description": "x"}])["InvoiceNumber"] == ""


def test_number_of_a_sale_is_unique_for_put_and_matched_by_post(xero: Any, errors: Errors) -> None:
    made = xero.saved(InvoiceNumber="INV-7")
    refused = xero.put("Invoices", xero.invoice(InvoiceNumber="INV-7"))
    assert errors(refused) == ["Invoice # must be unique."]
    assert (refused["InvoiceID"], refused["HasErrors"]) == (ZERO, True)
    again = xero.post("Invoices", {"Type": "ACCREC", "InvoiceNumber": "INV-7", "Reference": "new"})
    assert (again["InvoiceID"], again["Reference"], again["Total"]) == (made["InvoiceID"], "new", 110)


def test_number_of_a_bill_is_neither_unique_nor_matched(xero: Any, line: Line) -> None:
    bill = xero.invoice(Type="ACCPAY", InvoiceNumber="B-1", LineItems=[line(AccountCode="300", TaxType="INPUT")])
    ids = {xero.put("Invoices", bill)["InvoiceID"], xero.put("Invoices", bill)["InvoiceID"]}
    ids.add(xero.post("Invoices", bill)["InvoiceID"])
    assert len(ids) == 3
    assert "Reference" not in xero.get(f"Invoices/{ids.pop()}")[0]


def test_numbers_of_voided_invoices_stay_taken_and_cannot_be_posted_to(xero: Any, errors: Errors) -> None:
    made = xero.saved(InvoiceNumber="INV-7", Status="AUTHORISED")
    voided = xero.post("Invoices", {"InvoiceID": made["InvoiceID"], "Status": "VOIDED"})
    assert (voided["Status"], voided["AmountDue"], voided["Total"]) == ("VOIDED", 0, 110)
    assert errors(xero.put("Invoices", xero.invoice(InvoiceNumber="INV-7"))) == ["Invoice # must be unique."]
    assert errors(xero.post("Invoices", xero.invoice(InvoiceNumber="INV-7"))) == [CLOSED]


def test_client_made_id_is_refused(xero: Any, errors: Errors) -> None:
    made_up = {"InvoiceID": "11111111-1111-1111-1111-111111111111"}
    assert errors(xero.put("Invoices", xero.invoice(**made_up))) == [
        "The document with the supplied id was not found for this endpoint."
    ]


@pytest.mark.parametrize(
    ("before", "after", "allowed"),
    [
        ("DRAFT", "SUBMITTED", True),
        ("DRAFT", "AUTHORISED", True),
        ("DRAFT", "DELETED", True),
        ("DRAFT", "VOIDED", False),
        ("DRAFT", "PAID", False),
        ("SUBMITTED", "DRAFT", True),
        ("SUBMITTED", "AUTHORISED", True),
        ("SUBMITTED", "DELETED", True),
        ("AUTHORISED", "AUTHORISED", True),
        ("AUTHORISED", "VOIDED", True),
        ("AUTHORISED", "DRAFT", False),
        ("AUTHORISED", "DELETED", False),
        ("AUTHORISED", "PAID", False),
    ],
)
def test_status_machine(xero: Any, errors: Errors, before: str, after: str, allowed: bool) -> None:
    identity = xero.saved(Status=before)["InvoiceID"]
    result = xero.post("Invoices", {"InvoiceID": identity, "Status": after})
    if allowed:
        assert (result["StatusAttributeString"], result["Status"]) == ("OK", after)
    else:
        assert errors(result) == [CLOSED]
        assert result["InvoiceID"] == identity


@pytest.mark.parametrize("status", ["PAID", "VOIDED", "DELETED"])
def test_new_invoice_is_open(xero: Any, errors: Errors, status: str) -> None:
    assert errors(xero.put("Invoices", xero.invoice(Status=status))) == ["Invoice not of valid status for creation"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"Contact": None}, "A Contact must be specified for this type of transaction"),
        ({"LineItems": []}, "One or more line items must be specified"),
        ({"CurrencyCode": "JPY"}, "Organisation is not subscribed to currency JPY"),
        ({"Total": Decimal("110.01")}, "The invoice total does not equal the sum of the lines."),
        ({"InvoiceNumber": "INV-é"}, "Invoice # must contain printable ASCII characters only"),
        ({"Url": "https://xero.example/1"}, "Url must be an absolute URL that does not contain the word xero"),
        ({"Type": "SALE"}, "Invoice type 'SALE' is not valid, it must be ACCREC or ACCPAY"),
    ],
)
def test_draft_is_refused_for(xero: Any, errors: Errors, more: Any, message: str) -> None:
    assert errors(xero.put("Invoices", xero.invoice(**more))) == [message]


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("AccountCode", "Account code must be specified"),
        ("Description", "Description must be specified"),
        ("UnitAmount", "UnitAmount must be specified"),
    ],
)
def test_approval_needs_what_a_draft_may_lack(xero: Any, line: Line, errors: Errors, field: str, message: str) -> None:
    bare = xero.invoice(LineItems=[line(**{field: None})])
    assert xero.put("Invoices", bare)["StatusAttributeString"] == "OK"
    assert errors(xero.put("Invoices", bare | {"Status": "AUTHORISED"})) == [message]


def test_approval_needs_a_due_date_and_a_tax_type(xero: Any, line: Line, errors: Errors) -> None:
    bare = xero.invoice(LineItems=[line(AccountCode=None, TaxType=None)], Status="SUBMITTED")
    del bare["DueDate"]
    assert errors(xero.put("Invoices", bare)) == [
        "The document DueDate field must be specified",
        "Account code must be specified",
        "The TaxType field is mandatory",
    ]


@pytest.mark.parametrize("code", ["999", "299"])
def test_unknown_or_archived_account_is_dropped_from_a_draft_with_a_warning(xero: Any, line: Line, code: str) -> None:
    made = xero.put("Invoices", xero.invoice(LineItems=[line(AccountCode=code)]))
    assert made["StatusAttributeString"] == "WARNING"
    text = f"Account code '{code}' has been removed as it does not match a recognised account."
    assert made["Warnings"] == [{"Message": text}]
    assert "AccountCode" not in made["LineItems"][0]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("999", "Account code '999' is not a valid code for this document."),
        ("299", "Account code '299' has been archived, or has been deleted."),
        ("610", "Account code '610' is not a valid code for this document."),
        ("090", "Account code '090' is not a valid code for this document."),
    ],
)
def test_approval_needs_an_account_that_fits(xero: Any, line: Line, errors: Errors, code: str, message: str) -> None:
    refused = xero.put("Invoices", xero.invoice(Status="AUTHORISED", LineItems=[line(AccountCode=code)]))
    assert message in errors(refused)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"TaxType": "GST"}, "The TaxType code GST does not exist or cannot be used for this type of transaction"),
        ({"TaxType": "INPUT"}, "The TaxType code 'INPUT' cannot be used with account code '200'"),
        (
            {"TaxType": "INPUT", "AccountCode": None},
            "The TaxType code INPUT does not exist or cannot be used for this type of transaction",
        ),
    ],
)
def test_tax_must_exist_and_fit_the_account(xero: Any, line: Line, errors: Errors, more: Any, message: str) -> None:
    assert errors(xero.put("Invoices", xero.invoice(LineItems=[line(**more)]))) == [message]


def test_tax_left_out_is_that_of_the_account(xero: Any, line: Line) -> None:
    assert xero.saved(LineItems=[line(TaxType=None)])["LineItems"][0]["TaxType"] == "OUTPUT"


def test_item_brings_description_price_account_and_tax(xero: Any, errors: Errors) -> None:
    sales = {"UnitPrice": Decimal("19.50"), "AccountCode": "260", "TaxType": "EXEMPTOUTPUT"}
    xero.put("Items", {"Code": "PUMP", "Description": "A pump", "SalesDetails": sales})
    [line] = xero.saved(LineItems=[{"ItemCode": "PUMP", "Quantity": 2}])["LineItems"]
    assert (line["Description"], line["LineAmount"], line["AccountCode"]) == ("A pump", 39, "260")
    assert (line["TaxType"], line["Item"]["Code"]) == ("EXEMPTOUTPUT", "PUMP")
    [line] = xero.saved(LineItems=[{"ItemCode": "PUMP", "Quantity": 2, "AccountCode": "200"}])["LineItems"]
    assert line["TaxType"] == "OUTPUT"
    assert len(errors(xero.put("Invoices", xero.invoice(LineItems=[{"ItemCode": "NONE"}])))) == 1


def test_line_of_text_alone_loses_item_and_account(xero: Any) -> None:
    xero.put("Items", {"Code": "PUMP", "Description": "A pump"})
    [line] = xero.saved(LineItems=[{"Description": "Thank you", "ItemCode": "PUMP", "AccountCode": "200"}])["LineItems"]
    assert (line["Description"], line["LineAmount"]) == ("Thank you", 0)
    assert not line.keys() & {"ItemCode", "AccountCode", "Quantity"}


def test_tracking_is_kept_by_name_and_dropped_when_unknown(xero: Any, line: Line) -> None:
    made = xero.put("Invoices", xero.invoice(LineItems=[line(Tracking=[{"Name": "Region", "Option": "north"}])]))
    assert made["LineItems"][0]["Tracking"][0]["Option"] == "North"
    made = xero.put("Invoices", xero.invoice(LineItems=[line(Tracking=[{"Name": "Region", "Option": "Mars"}])]))
    assert (made["StatusAttributeString"], made["LineItems"][0]["Tracking"]) == ("WARNING", [])


def test_lines_are_replaced_as_a_list_and_kept_by_their_id(xero: Any, line: Line) -> None:
    made = xero.saved(LineItems=[line(Description="one"), line(Description="two")])
    first, second = made["LineItems"]
    kept = {"LineItemID": second["LineItemID"], "UnitAmount": Decimal("75.00")}
    again = xero.post("Invoices", {"InvoiceID": made["InvoiceID"], "LineItems": [kept, line(Description="three")]})
    assert [each["Description"] for each in again["LineItems"]] == ["three", "two"]
    assert again["LineItems"][1]["LineItemID"] == second["LineItemID"]
    assert (again["LineItems"][1]["LineAmount"], again["Total"]) == (150, 275)
    assert first["LineItemID"] not in {each["LineItemID"] for each in again["LineItems"]}


def test_what_is_left_out_stays(xero: Any) -> None:
    made = xero.saved(Reference="PO 9", Url="https://crm.example/1")
    again = xero.post("Invoices", {"InvoiceID": made["InvoiceID"], "DueDate": "2026-12-24"})
    assert (again["Reference"], again["Url"], again["LineItems"]) == ("PO 9", made["Url"], again["LineItems"])
    assert again["DueDateString"] == "2026-12-24T00:00:00"


@pytest.mark.parametrize(
    ("date", "lock"),
    [
        ("2026-03-31", "period lock date, currently set at 31 March 2026"),
        ("2025-06-30", "end of year lock date, currently set at 30 June 2025"),
    ],
)
def test_locked_period_is_closed(xero: Any, errors: Errors, date: str, lock: str) -> None:
    assert errors(xero.put("Invoices", xero.invoice(Date=date))) == [f"The document date cannot be before the {lock}"]


def test_invoice_inside_a_period_locked_later_cannot_change(xero: Any, errors: Errors) -> None:
    made = xero.saved(Date="2026-04-01", DueDate="2026-05-01", Status="AUTHORISED")
    xero.edit(collection="Organisation", set={"PeriodLockDate": "2026-04-30"})
    locked = "The document date cannot be before the period lock date, currently set at 30 April 2026"
    for change in ({"Reference": "x"}, {"Status": "VOIDED"}, {"Date": "2026-06-01"}):
        assert errors(xero.post("Invoices", {"InvoiceID": made["InvoiceID"], **change})) == [locked]


def paid(xero: Any, amount: str, **more: Any) -> Any:
    made = xero.saved(Status="AUTHORISED", **more)
    payment = {"Invoice": {"InvoiceID": made["InvoiceID"]}, "Account": {"Code": "090"}, "Date": "2026-11-05"}
    assert xero.put("Payments", payment | {"Amount": Decimal(amount)})["StatusAttributeString"] == "OK"
    return xero.get(f"Invoices/{made['InvoiceID']}", unitdp=4)[0]


@pytest.mark.parametrize(
    "change",
    [{"Reference": "x"}, {"DueDate": "2027-01-01"}, {"InvoiceNumber": "N-1"}, {"Url": "https://crm.example/1"}],
)
@pytest.mark.parametrize("amount", ["10", "110"])
def test_paid_invoice_takes_the_harmless_changes(xero: Any, change: Any, amount: str) -> None:
    made = paid(xero, amount)
    result = xero.post("Invoices", {"InvoiceID": made["InvoiceID"], **change})
    assert (result["StatusAttributeString"], result["Status"]) == ("OK", made["Status"])


def test_lines_of_a_paid_invoice_take_description_account_and_tracking_only(xero: Any, errors: Errors) -> None:
    made = paid(xero, "10")
    [line] = made["LineItems"]
    change = lambda **more: xero.post(  # noqa: E731
        "Invoices",
        {"InvoiceID": made["InvoiceID"], "LineItems": [{"LineItemID": line["LineItemID"], **more}]},
        unitdp=4,
    )
    assert change(Description="other", AccountCode="260")["LineItems"][0]["AccountCode"] == "260"
    assert errors(change(Quantity=3)) == [PAID]
    assert errors(change(TaxType="EXEMPTOUTPUT")) == [PAID]


def test_paid_invoice_refuses_date_and_void(xero: Any, errors: Errors) -> None:
    made = paid(xero, "10")
    assert errors(xero.post("Invoices", {"InvoiceID": made["InvoiceID"], "Date": "2026-11-04"})) == [
        "Date cannot be changed on an invoice that has payment or credit notes allocated to it"
    ]
    assert errors(xero.post("Invoices", {"InvoiceID": made["InvoiceID"], "Status": "VOIDED"})) == [PAID]


def test_sent_is_for_approved_invoices_only(xero: Any) -> None:
    made = xero.put("Invoices", xero.invoice(SentToContact=True))
    assert (made["StatusAttributeString"], made["SentToContact"]) == ("WARNING", False)
    assert made["Warnings"] == [{"Message": "Only AUTHORISED invoices may have SentToContact updated."}]
    assert xero.saved(SentToContact=True, Status="AUTHORISED")["SentToContact"] is True


def test_archived_contact_is_not_invoiced(xero: Any, errors: Errors) -> None:
    [archived] = xero.get("Contacts", includeArchived="true", where='Name=="Old Mill Stores"')
    for contact in ({"ContactID": archived["ContactID"]}, {"Name": "Old Mill Stores"}):
        assert errors(xero.put("Invoices", xero.invoice(Contact=contact))) == [
            "The contact with the specified contact details has been archived. "
            "The contact must be un-archived before creating new invoices or credit notes"
        ]


def test_contact_by_name_is_created_and_more_than_an_id_wipes_its_people(xero: Any) -> None:
    made = xero.saved(Contact={"Name": "Brand New"})
    assert xero.get("Contacts", searchTerm="Brand New")[0]["ContactID"] == made["Contact"]["ContactID"]
    people = [{"FirstName": "Bo"}]
    identity = xero.contact("Peopled", EmailAddress="a@example.com", ContactPersons=people)
    xero.saved(Contact={"ContactID": identity})
    assert len(xero.get(f"Contacts/{identity}")[0]["ContactPersons"]) == 1
    xero.saved(Contact={"ContactID": identity, "Name": "Peopled"})
    assert xero.get(f"Contacts/{identity}")[0]["ContactPersons"] == []


def test_refused_invoice_creates_no_contact(xero: Any, errors: Errors) -> None:
    errors(xero.put("Invoices", xero.invoice(Contact={"Name": "Brand New"}, LineItems=[])))
    assert xero.get("Contacts", searchTerm="Brand New") == []


def test_foreign_currency_has_a_rate_and_that_of_the_contact_is_the_default(xero: Any) -> None:
    identity = xero.contact("Euro GmbH", DefaultCurrency="EUR")
    assert xero.saved(Contact={"ContactID": identity})["CurrencyCode"] == "EUR"
    made = xero.saved(CurrencyCode="USD", CurrencyRate=Decimal("0.6612345"))
    assert (made["CurrencyCode"], made["CurrencyRate"]) == ("USD", Decimal("0.661235"))


def test_update_time_rises_with_every_write(xero: Any) -> None:
    made = xero.write("PUT", "Invoices", *[xero.invoice() for _ in range(20)])
    stamps = [each["UpdatedDateUTC"] for each in made]
    assert stamps == sorted(set(stamps))


def test_refused_batch_leaves_nothing_behind(xero: Any) -> None:
    good, bad = xero.invoice(InvoiceNumber="INV-7"), xero.invoice(LineItems=[])
    kept = xero.saved(InvoiceNumber="INV-1")
    change = {"InvoiceID": kept["InvoiceID"], "Reference": "changed"}
    answer = xero.call("POST", "Invoices", {"Invoices": [good, change, bad]})
    assert (answer.status_code, len(answer.json()["Elements"])) == (400, 1)
    assert xero.call("GET", "Invoices/INV-7").status_code == 404
    assert xero.get("Invoices/INV-1")[0]["Reference"] == ""


def test_bad_id_and_bad_date_are_post_data_exceptions(xero: Any) -> None:
    for more in ({"InvoiceID": "7"}, {"Date": "03/11/2026"}, {"Total": "much"}):
        answer = xero.call("PUT", "Invoices", {"Invoices": [xero.invoice(**more)]})
        assert (answer.status_code, answer.json()["Type"]) == (400, "PostDataInvalidException")


def test_tax_amount_that_was_sent_stays_until_the_line_is_priced_anew(xero: Any, line: Line) -> None:
    made = paid(xero, "10", LineItems=[line(TaxAmount=Decimal("9.99"))])
    assert made["Total"] == Decimal("109.99")
    kept = {"LineItemID": made["LineItems"][0]["LineItemID"], "Description": "other"}
    for change in ({"Reference": "x"}, {"LineItems": [kept]}):
        result = xero.post("Invoices", {"InvoiceID": made["InvoiceID"], **change}, unitdp=4)
        assert (result["StatusAttributeString"], result["Total"]) == ("OK", Decimal("109.99"))


def test_kind_of_amounts_may_change_on_a_draft(xero: Any) -> None:
    made = xero.saved()
    result = xero.post("Invoices", {"InvoiceID": made["InvoiceID"], "LineAmountTypes": "Inclusive"})
    assert (result["Total"], result["TotalTax"], result["SubTotal"]) == (100, Decimal("9.09"), Decimal("90.91"))
