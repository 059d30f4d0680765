"""What the books know comes back to the business system: settlements and marks, whole."""

import pytest
from sandboxed import running
from tieout import desk


@pytest.fixture
def systems(tmp_path):
    with running(tmp_path, size=12) as systems:
        text = systems.config.read_text(encoding="utf-8")
        text = text.replace('status = "draft"', 'status = "authorised"')
        systems.config.write_text(text, encoding="utf-8")
        for name in ("settlements", "marks"):
            desk.enable(systems.config, name)
        yield systems


def invoices(systems):
    return {one["InvoiceNumber"]: one for one in systems.state("xero")["Invoices"] if one["Type"] == "ACCREC"}


def here(systems, number):
    (found,) = [one for one in systems.state("apptivo")["invoices"] if one["invoiceNumber"] == number]
    return found


def facts(record):
    """What the custom attributes of a record say."""
    return {one["customAttributeValue"] for one in record["customAttributes"]}


def unpaid(systems):
    """An approved invoice that neither side calls paid."""
    for number, invoice in invoices(systems).items():
        if invoice["Status"] == "AUTHORISED" and here(systems, number)["statusName"] in ("Sent", "Viewed"):
            return invoice
    raise AssertionError("no invoice is open on both sides")


def pay(systems, invoice, amount):
    create = {
        "Invoice": {"InvoiceID": invoice["InvoiceID"]},
        "Account": {"Code": "090"},
        "Date": "2026-11-05",
        "Amount": amount,
        "Reference": "Counter",
    }
    return systems.edit(systems.xero, collection="Payments", create=create)


def test_a_payment_entered_in_xero_shows_in_apptivo_once_and_goes_when_it_is_removed(systems):
    systems.sync()
    invoice = unpaid(systems)
    number = invoice["InvoiceNumber"]
    pay(systems, invoice, 1)
    for _ in range(3):
        report = systems.sync()
    paid = here(systems, number)
    assert paid["statusName"] == "Partially Paid"
    assert [one["paymentType"] for one in paid["payments"]] == ["Xero"]
    assert report.counts["settlements"].planned == 0
    (payment,) = [one for one in systems.state("xero")["Payments"] if one["Reference"] == "Counter"]
    systems.edit(systems.xero, collection="Payments", id=payment["PaymentID"], delete=True)
    systems.sync()
    after = here(systems, number)
    assert after["statusName"] in ("Sent", "Viewed")
    assert not [one for one in after.get("payments", ()) if one["paymentType"] == "Xero"]


def test_a_synced_record_carries_the_facts_and_the_next_sync_sees_no_change(systems):
    systems.sync()
    invoice = next(iter(invoices(systems).values()))
    carried = facts(here(systems, invoice["InvoiceNumber"]))
    today = f"{systems.clock.now():%d/%m/%Y}"
    assert {"Customer", "Synced", "Apptivo to Xero", today, invoice["InvoiceID"]} <= carried
    assert [one for one in carried if one.startswith("https://") and invoice["InvoiceID"] in one]
    writes = len(systems.calls(systems.xero, "/api.xro/2.0/"))
    for _ in range(2):
        report = systems.sync()
        assert sum(counts.planned for counts in report.counts.values()) == 0
    assert all(call["method"] == "GET" for call in systems.calls(systems.xero, "/api.xro/2.0/")[writes:])


def test_a_held_record_says_why_on_itself_until_it_goes(systems):
    record = next(one for one in systems.state("apptivo")["invoices"] if one["statusName"] == "Sent")
    contact = {name: record[name] for name in ("contactId", "contactName")}
    systems.edit(systems.apptivo, collection="invoices", id=record["id"], set={"contactId": None, "contactName": ""})
    systems.sync()
    number = record["invoiceNumber"]
    assert [one for one in facts(here(systems, number)) if one.startswith("This invoice has no contact.")]
    systems.edit(systems.apptivo, collection="invoices", id=record["id"], set=contact)
    systems.sync()
    assert "Synced" in facts(here(systems, number))
    assert not [one for one in facts(here(systems, number)) if one.startswith("This invoice has no contact.")]
