"""What people do in the fake Apptivo while a program looks on: they are paid, they go on working, they use Xero too."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tieout_sandbox.firm import SHIPPED

INVOICE = {"id": "5", "invoiceNumber": "INV-5", "total": "110.00", "statusId": 20002, "statusName": "Sent"}


@pytest.fixture
def apptivo(apptivo_of: Callable[[Path], Any], tmp_path: Path) -> Any:
    """A firm with one open invoice, one bill whose amounts are numbers, and thirty items."""
    bill = {"id": "6", "supplierInvoiceNumber": "SI-6", "total": 60, "statusId": 22001, "statusName": "Created"}
    items = [{"id": str(number), "itemName": f"Item {number}"} for number in range(1, 31)]
    for name, records in (("invoices", [INVOICE]), ("supplier-invoices", [bill]), ("items", items)):
        (tmp_path / f"{name}.json").write_text(json.dumps(records))
    return apptivo_of(tmp_path)


def settled(record: dict[str, Any]) -> tuple[Any, Any, str]:
    return record["amountPaid"], record["balanceDue"], record["statusName"]


def test_payments_that_a_person_enters_move_what_is_due_and_the_status(apptivo: Any) -> None:
    first = {"paymentDate": "01/07/2026", "amount": "40.00", "paymentType": "Cheque", "voided": "N"}
    record = apptivo.edit(collection="invoices", number="INV-5", set={"payments": [first]})
    assert settled(record) == ("40.00", "70.00", "Partially Paid")
    record = apptivo.edit(collection="invoices", id=5, set={"payments.1": {**first, "amount": "70.00"}})
    assert settled(record) == ("110.00", "0.00", "Paid")
    assert len({each["paymentId"] for each in record["payments"]}) == 2
    record = apptivo.edit(collection="invoices", id=5, set={"payments.0.voided": "Y"})
    assert settled(record) == ("70.00", "40.00", "Partially Paid")
    record = apptivo.edit(collection="invoices", id=5, set={"payments": []})
    assert settled(record) == ("0", "110.00", "Sent")


def test_amounts_of_a_bill_stay_numbers(apptivo: Any) -> None:
    record = apptivo.edit(collection="supplier-invoices", id=6, set={"payments": [{"amount": 60}]})
    assert settled(record) == (60, 0, "Paid")


def test_a_program_stores_payments_as_it_gives_them_and_only_what_it_names(apptivo: Any) -> None:
    data = {
        "payments": [{"amount": "110.00", "paymentType": "Xero"}],
        "amountPaid": "110.00",
        "statusId": 20005,
        "statusName": "Paid",
    }
    names = ["payments", "amountPaid", "statusId"]
    apptivo.ask("v6/invoice", "update", invoiceId=5, invoiceData=data, attributeNames=names)
    record = apptivo.ask("v6/invoice", "getById", invoiceId=5)["responseObject"]
    assert (record["amountPaid"], record["statusId"], record["statusName"]) == ("110.00", 20005, "Sent")
    assert record["payments"][0]["paymentId"]
    assert "balanceDue" not in record


def test_people_go_on_working_between_the_pages_of_a_list(apptivo: Any) -> None:
    edits = [
        {"create": {"itemName": "New"}},
        {"id": 1, "set": {"itemName": "Renamed"}},
        {"id": 2, "delete": True},
        {"id": 3, "set": {"itemName": "Last"}},
    ]
    script = {"collection": "items", "every": 2, "each": 3, "edits": edits}
    assert apptivo.http.post("/_sandbox/meanwhile", json=script).json() == {"items": 4}

    def names() -> set[str]:
        return {row["itemName"] for row in apptivo.all("items")}

    apptivo.ask("v6/customers", "getAll")
    apptivo.ask("v6/items", "getById", itemId=1)
    assert "Item 1" in {row["itemName"] for row in apptivo.ask("v6/items", "getAll", numRecords=5)["data"]}
    second = apptivo.ask("v6/items", "getAllBySearchText", searchText="", numRecords=50)["data"]
    assert {"Item 1", "Item 2"} <= {row["itemName"] for row in second}, "a page is read before it is disturbed"
    assert apptivo.http.get("/_sandbox/meanwhile").json() == {"items": 1}
    third = apptivo.ask("v6/items", "getAll", numRecords=50)["data"]
    assert {"New", "Renamed"} <= {row["itemName"] for row in third}
    assert "Item 2" not in {row["itemName"] for row in third}
    apptivo.ask("v6/items", "getAll")
    assert "Last" in names()
    assert apptivo.http.get("/_sandbox/meanwhile").json() == {"items": 0}


def test_a_record_that_is_touched_moves_in_a_list_by_time(apptivo: Any) -> None:
    for number in range(1, 31):
        apptivo.edit(collection="items", id=number, set={"itemCode": "x"})
        apptivo.clock.advance(60)
    script = {"collection": "items", "edits": [{"id": 1, "set": {"itemCode": "y"}}]}
    apptivo.http.post("/_sandbox/meanwhile", json=script)

    def at(place: int) -> str:
        params = {"sortColumn": "lastUpdateDate", "sortDir": "asc", "startIndex": place, "numRecords": 1}
        return str(apptivo.ask("v6/items", "getAll", **params)["data"][0]["id"])

    assert [at(0), at(0), at(1), at(29)] == ["1", "2", "3", "1"]


@pytest.mark.parametrize(
    ("script", "status", "words"),
    [
        ({"collection": "items"}, 400, "a script is"),
        ({"collection": "items", "edits": [], "times": 2}, 400, "a script is"),
        ({"collection": "items", "edits": [], "every": 0}, 400, "whole numbers from 1"),
        ({"collection": "item", "edits": []}, 404, "no app 'item'"),
    ],
)
def test_a_script_that_makes_no_sense_is_refused(script: dict[str, Any], status: int, words: str, apptivo: Any) -> None:
    answer = apptivo.http.post("/_sandbox/meanwhile", json=script)
    assert (answer.status_code, words in answer.json()["error"]) == (status, True)


def test_more_records_than_the_window_are_reached_from_both_ends(
    apptivo_of: Callable[[Path], Any], tmp_path: Path
) -> None:
    (tmp_path / "firm.toml").write_text("[generate]\ninvoices = 1000\n[sandbox]\nwindow = 450")
    apptivo = apptivo_of(tmp_path)
    ends = [apptivo.all("invoice", sortColumn="creationDate", sortDir=way) for way in ("asc", "desc")]
    assert [len(rows) for rows in ends] == [450, 450]
    assert not {row["id"] for row in ends[0]} & {row["id"] for row in ends[1]}
    assert apptivo.ask("v6/invoice", "getAll", numRecords=1)["countOfRecords"] == 1000


def test_the_native_integration_can_seem_to_run_beside(apptivo_of: Callable[[Path], Any], tmp_path: Path) -> None:
    text = (SHIPPED["default"] / "firm.toml").read_text()
    (tmp_path / "firm.toml").write_text(f"{text}\n[sandbox]\nnative-integration = 20")
    apptivo = apptivo_of(tmp_path)
    for path, object_id in (("customers", 3), ("invoice", 33), ("supplierinvoices", 161), ("items", 13)):
        said = {each["attributeId"]: each["said"] for each in apptivo.layout(path, object_id)}
        marked = [
            {said[each["customAttributeId"]]: each["customAttributeValue"] for each in row["customAttributes"]}
            for row in apptivo.all(path)
        ]
        marked = [each for each in marked if "Xero ID" in each]
        assert len(marked) == 20
        assert len({each["Xero ID"] for each in marked}) == 20
        assert {each["Xero Sync Status"] for each in marked} == {"Synced"}
        synced = {datetime.strptime(each["Xero Last Synced"], "%m/%d/%Y").replace(tzinfo=UTC) for each in marked}
        assert all(abs(day - apptivo.clock.now()) < timedelta(days=2) for day in synced)
