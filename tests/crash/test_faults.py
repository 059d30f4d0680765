"""Faults on the wire between real processes: whatever goes wrong, nothing is doubled, lost or left unexplained."""

import pytest
from tieout.api.errors import ReauthNeeded, Throttled, TieoutError

WRITES = ["Contacts", "Items", "Invoices", "PurchaseOrders"]
FAULTS = ["status:500", "status:503", "drop-before", "drop-after-commit", "html", "empty", "429-minute", "reorder"]


def tried(systems):
    """A sync that may end with an error of Tieout's own, and with no other."""
    try:
        systems.sync()
    except TieoutError as error:
        assert error.problem.what and error.problem.fix
        return error
    return None


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_every_write_once(systems, fault):
    for name in WRITES:
        systems.fault(systems.xero, fault, path=f"/api.xro/2.0/{name}", method="PUT")
    tried(systems)
    systems.agreed()


@pytest.mark.matrix
@pytest.mark.parametrize("fault", ["status:500", "drop-before", "html", "empty", "429-minute", "token-expired"])
def test_a_fault_in_every_read_once(systems, fault):
    systems.fault(systems.xero, fault, path="/api.xro/2.0/", method="GET", times=2)
    tried(systems)
    systems.agreed()


@pytest.mark.matrix
@pytest.mark.parametrize("fault", ["status:500", "drop-before", "html", "empty"])
def test_a_fault_of_apptivo(systems, fault):
    systems.fault(systems.apptivo, fault, path="/app/dao/v6/", times=2)
    tried(systems)
    systems.agreed()


def test_an_answer_that_is_lost_again_and_again_ends_the_run_and_doubles_nothing(systems):
    systems.fault(systems.xero, "drop-after-commit", path="/api.xro/2.0/Invoices", method="PUT", times=3)
    tried(systems)
    systems.agreed()


def test_a_used_up_day_pauses_with_the_time_when_it_goes_on(systems):
    systems.fault(systems.xero, "429-day", path="/api.xro/2.0/Invoices", method="PUT", times=1)
    error = tried(systems)
    assert isinstance(error, Throttled) and error.scope == "day"
    assert isinstance(tried(systems), Throttled)
    with systems.desk() as desk:
        view = desk.status("main")
    assert view.target.state == "paused" and view.last_state == "paused"
    assert systems.doubled() == []


def test_an_organisation_disconnected_by_its_user_is_said_so(systems):
    systems.sync()
    systems.fault(systems.xero, "status:403", path="/api.xro/2.0/", times=20)
    error = tried(systems)
    assert isinstance(error, ReauthNeeded) and "tieout connect books" in str(error)


def test_an_amount_changed_in_xero_is_named_by_the_tie_out(systems):
    systems.sync()
    document = next(one for one in systems.state("xero")["Invoices"] if one["Type"] == "ACCREC")
    price = document["LineItems"][0]["UnitAmount"]
    edit = {"LineItems.0.UnitAmount": float(price) + 1, "LineItems.0.LineAmount": None}
    systems.edit(systems.xero, collection="Invoices", id=document["InvoiceID"], set=edit)
    with systems.desk() as desk:
        tie = desk.reconcile("main")
    assert not tie.ties
    assert [one.label for one in tie.unexplained()] == [document["InvoiceNumber"]]


def test_an_app_that_is_off_is_neither_read_nor_written(systems):
    text = systems.config.read_text(encoding="utf-8")
    systems.config.write_text(text.replace("items = true", "items = false"), encoding="utf-8")
    systems.sync()
    assert systems.calls(systems.xero, "/api.xro/2.0/Items") == []
    assert systems.calls(systems.apptivo, "/app/dao/v6/items") == []
    assert systems.state("xero")["Invoices"]
    systems.config.write_text(text, encoding="utf-8")
    systems.agreed()
    assert systems.state("xero")["Items"]


def test_a_change_in_apptivo_arrives_once(systems):
    systems.sync()
    invoice = next(one for one in systems.state("apptivo")["invoices"] if one["statusName"] == "Sent")
    systems.edit(systems.apptivo, collection="invoices", id=invoice["id"], set={"referenceNumber": "PO 4711"})
    report = systems.sync()
    assert report.counts["invoices"].updated == 1
    books = [one for one in systems.state("xero")["Invoices"] if one["InvoiceNumber"] == invoice["invoiceNumber"]]
    assert [one["Reference"] for one in books] == ["PO 4711"]
    systems.agreed()
