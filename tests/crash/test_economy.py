"""How few calls an incremental sync makes, counted by the systems themselves."""

from collections import Counter


def asked(systems, since):
    """The calls to each app of Apptivo since so many calls."""
    return Counter(call["path"].rpartition("/")[2] for call in systems.calls(systems.apptivo)[since:])


def test_a_change_costs_two_calls_to_its_app_and_one_to_each_other(systems):
    systems.sync()
    systems.sync()
    record = next(one for one in systems.state("apptivo")["invoices"] if one["statusName"] == "Sent")
    before = len(systems.calls(systems.apptivo))
    systems.edit(systems.apptivo, collection="invoices", id=record["id"], set={"referenceNumber": "PO 77"})
    report = systems.sync()
    assert report.counts["invoices"].updated == 1
    calls = asked(systems, before)
    assert calls.pop("invoice") <= 2
    assert set(calls.values()) <= {1}
    books = systems.state("xero")["Invoices"]
    assert [one["Reference"] for one in books if one["InvoiceNumber"] == record["invoiceNumber"]] == ["PO 77"]


def test_a_sync_without_a_change_asks_each_app_once(systems):
    systems.sync()
    systems.sync()
    before = len(systems.calls(systems.apptivo))
    systems.sync()
    assert set(asked(systems, before).values()) == {1}
