"""Firms of different shapes: each is data, and the fake Apptivo speaks as its layout says."""

import json
import re
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tieout_sandbox import codec
from tieout_sandbox.apptivo import folder, layoutfile
from tieout_sandbox.firm import SHIPPED

FIRMS = ("default", "services", "multicurrency")
FACTS = (
    "Sync To Xero",
    "Xero Sync Status",
    "Xero Failure Reason",
    "Xero Sync Direction",
    "Xero Last Synced",
    "Xero ID",
    "Xero Link",
)
UNLABELLED = {"id", "objectId", "firmId", "objectStatus", "version", "customAttributes"}
"""What no form shows: ids of the platform, and the list that holds what has labels of its own."""


@pytest.fixture(scope="module")
def served(apptivo_of: Callable[[Path], Any]) -> dict[str, Any]:
    """The firms that ship; tests that use them only read."""
    return {name: apptivo_of(SHIPPED[name]) for name in FIRMS}


def written(path: Path, text: str, **apps: Any) -> Path:
    (path / "firm.toml").write_text(text)
    for name, records in apps.items():
        (path / f"{name.replace('_', '-')}.json").write_text(json.dumps(records))
    return path


def amount(value: Any) -> Decimal:
    return Decimal(str(value or 0).replace(",", ""))


@pytest.mark.parametrize("name", FIRMS)
def test_every_field_of_every_app_has_a_label_in_the_web_layout(name: str, served: dict[str, Any]) -> None:
    for app in list(folder.read(SHIPPED[name]).layout.apps.values())[:7]:
        tags = {each.get("tagName") for each in served[name].layout(app.url, app.object_id)}
        held: set[str] = set()
        tables: set[str] = {table.key for table in app.tables.values()}
        for row in served[name].all(app.url):
            held |= row.keys() - tables
            held |= {key for table in tables for line in row.get(table, []) for key in line}
        assert held - tags - UNLABELLED - {app.id_field} == set(), app.collection


@pytest.mark.parametrize("name", FIRMS)
def test_what_people_know_from_the_native_integration_has_attributes(name: str, served: dict[str, Any]) -> None:
    for app in list(folder.read(SHIPPED[name]).layout.apps.values())[:7]:
        kinds = {each["said"]: each for each in served[name].layout(app.url, app.object_id) if each["type"] == "Custom"}
        if (name, app.collection) == ("services", "items"):
            assert not kinds.keys() & set(FACTS)
            continue
        assert kinds.keys() >= set(FACTS)
        assert {kinds[fact]["attributeTag"] for fact in FACTS} == {"input", "select", "date", "link", "textarea"}
        assert len({each["attributeId"] for each in kinds.values()}) == len(kinds)


def test_the_firms_differ_in_dates_labels_paths_and_object_ids(served: dict[str, Any]) -> None:
    forms = {name: served[name].ask("v6/customers", "getConfigData", objectId=3)["dateFormat"] for name in FIRMS}
    assert forms == {"default": "dd/MM/yyyy", "services": "MM/dd/yyyy", "multicurrency": "dd-MMM-yyyy"}
    exporter = served["multicurrency"]
    assert exporter.http.post("/app/dao/v6/purchaseorders", data=exporter.keys | {"a": "getAll"}).status_code == 404
    orders = exporter.ask("v6/purchaseorder", "getAll", numRecords=1)["data"]
    assert orders[0]["objectId"] == 214
    assert "does not belong" in exporter.ask("v6/purchaseorder", "getConfigData", objectId=160)["reason"]
    assert "does not belong" in exporter.ask("v6/purchaseorder", "getConfigData")["reason"]
    assert exporter.ask("v6/supplierinvoice", "getConfigData", objectId=215)["objectId"] == 215


def test_a_date_on_a_record_is_written_as_the_configuration_says(served: dict[str, Any]) -> None:
    dates = {"default": ("%d/%m/%Y", "invoiceDate"), "services": ("%m/%d/%Y", "date")}
    dates["multicurrency"] = ("%d-%b-%Y", "invoiceDate")
    for name, (form, key) in dates.items():
        days = [datetime.strptime(row[key], form) for row in served[name].all("invoice")]  # noqa: DTZ007
        assert days
        assert {day.year for day in days} == {2026}


@pytest.mark.parametrize(
    ("name", "form", "hours"),
    [
        ("default", "%m/%d/%Y %H:%M:%S", 5.5),
        ("services", "%m/%d/%Y %H:%M:%S", 0),
        ("multicurrency", "%Y-%m-%d %H:%M:%S", -8),
    ],
)
def test_audit_stamps_are_on_the_clock_of_the_server(
    name: str, form: str, hours: float, apptivo_of: Callable[[Path], Any], tmp_path: Path
) -> None:
    text = (SHIPPED[name] / "firm.toml").read_text()
    apptivo = apptivo_of(written(tmp_path, text))
    before = apptivo.clock.now()
    changed = apptivo.edit(collection="customers", id="1000001", set={"website": "w"})
    stamp = datetime.strptime(changed["lastUpdateDate"], form).replace(tzinfo=timezone(timedelta(hours=hours)))
    assert abs(stamp - before) < timedelta(seconds=5)
    latest = apptivo.ask("v6/customers", "getAll", sortColumn="lastUpdateDate", sortDir="desc", numRecords=1)
    assert latest["data"][0]["id"] == "1000001"


def test_one_firm_has_service_lines_alone(served: dict[str, Any]) -> None:
    services = served["services"]
    invoices = services.all("invoice")
    assert not any("lines" in row or "serviceLines" in row for row in invoices)
    assert all(row["timeEntries"] for row in invoices)
    assert {"invoiceNo", "invoiceCustomer", "invoiceCustomerId", "paymentDueDate", "amount"} <= invoices[0].keys()
    for path in ("purchaseorders", "supplierinvoices"):
        assert all(row["services"] and "lines" not in row for row in services.all(path))


def test_one_firm_has_rates_of_exchange_and_taxes_made_of_several(served: dict[str, Any]) -> None:
    invoices = served["multicurrency"].all("invoice")
    assert {row["currencyCode"] for row in invoices} == {"AUD", "NZD", "USD", "EUR", "GBP"}
    foreign = [row for row in invoices if row["currencyCode"] != "AUD"]
    assert all(Decimal(row["currencyExchangeRate"]) > 0 for row in foreign)
    assert not any("currencyExchangeRate" in row for row in invoices if row["currencyCode"] == "AUD")
    taxes = [line.get("taxes", []) for row in invoices for line in row["itemLines"]]
    assert {len(each) for each in taxes} == {0, 1, 2}


@pytest.mark.parametrize("name", ["services", "multicurrency"])
def test_statuses_on_records_are_those_of_the_configuration(name: str, served: dict[str, Any]) -> None:
    for path, object_id, status in (
        ("invoice", 33, "invoiceStatus" if name == "services" else "status"),
        ("customers", 3, "status"),
    ):
        config = served[name].ask(f"v6/{path}", "getConfigData", objectId=object_id)
        known = {(each["statusId"], each["statusName"]) for each in config["statuses"]}
        names = (f"{status}Id", "invoiceStatus" if status != "status" else "statusName")
        held = {(row[names[0]], row[names[1]]) for row in served[name].all(path)}
        assert held <= known
        assert held


OWN = """
name = "Brass & Sons"
date-format = "yyyy-MM-dd"
utc-offset = "+01:00"
label-form = "text"

[apps.invoices]
url = "salesinvoices"
object-id = 333
single = "salesInvoice"
data = "invoiceInformation"
attributes = "attributeName"
envelope = ""
number-prefix = "B-"

[apps.invoices.fields]
invoiceNumber = { key = "number", label = "No." }
total = "grandTotal"
taxAmount = false
packing = { label = "Packing" }

[apps.invoices.tables.lines]
key = "positions"

[apps.invoices.tables.lines.fields]
quantity = "pieces"
unitPrice = "pricePerPiece"
amount = "sum"

[apps.invoices.tables.payments]
key = "receipts"

[apps.invoices.tables.payments.fields]
amount = "received"

[apps.invoices.statuses]
paid = { id = 5, name = "Done" }

[apps.invoices.custom]
"Region" = { kind = "select", options = ["North", "South"] }
"""
INVOICE = {
    "salesInvoiceId": 70,
    "number": "B-70",
    "currencyCode": "EUR",
    "statusId": 20002,
    "statusName": "Sent",
    "positions": [{"pieces": 2, "pricePerPiece": "10.05", "taxName": "VAT", "taxRate": 20, "sum": "20.10"}],
    "grandTotal": "24.12",
}


@pytest.fixture
def own(apptivo_of: Callable[[Path], Any], tmp_path: Path) -> Any:
    """A firm of a stranger's making."""
    return apptivo_of(written(tmp_path, OWN, invoices=[INVOICE]))


def test_a_firm_of_ones_own_is_served_under_its_own_names(own: Any) -> None:
    record = own.ask("v6/salesinvoices", "getById", salesInvoiceId=70)
    assert (record["id"], record["number"], record["grandTotal"]) == ("70", "B-70", "24.12")
    labels = {each["said"]: each.get("tagName") for each in own.layout("salesinvoices", 333)}
    assert (labels["No."], labels["Total"], labels["Packing"], labels["Quantity"]) == (
        "number",
        "grandTotal",
        "packing",
        "pieces",
    )
    assert "Tax Amount" not in labels
    assert "Region" in labels


def test_what_a_person_changes_there_moves_the_sums_under_their_own_names(own: Any) -> None:
    changed = own.edit(collection="invoices", number="B-70", set={"positions.0.pieces": 3})
    assert (changed["positions"][0]["sum"], amount(changed["grandTotal"])) == ("30.15", Decimal("36.18"))
    assert "total" not in changed
    paid = own.edit(collection="invoices", id=70, set={"receipts": [{"received": "36.18"}]})
    assert (paid["statusId"], paid["statusName"], amount(paid["balanceDue"])) == (5, "Done", Decimal(0))
    assert paid["receipts"][0]["paymentId"] > 0


def test_a_save_and_an_update_there_use_its_own_parameters(own: Any) -> None:
    made = own.ask("v6/salesinvoices", "save", invoiceInformation={"customerName": "Ox", "number": ""})
    assert (made["number"], made["salesInvoiceId"]) == ("B-71", 71)
    given = {"salesInvoiceId": 71, "invoiceInformation": {"poNumber": "9"}}
    assert "poNumber" not in own.ask("v6/salesinvoices", "update", **given, attributeNames=["poNumber"])
    assert own.ask("v6/salesinvoices", "update", **given, attributeName=["poNumber"])["poNumber"] == "9"


def test_what_only_the_records_know_gets_a_label_of_its_own(apptivo_of: Callable[[Path], Any], tmp_path: Path) -> None:
    lines = [{"quantity": 1, "unitPrice": "2.00", "costCentre": "A"}]
    rows = [{"invoiceId": 1, "carrierName": "Ox", "lines": lines}, {"invoiceId": 2, "freightLines": [{"weightKg": 3}]}]
    apptivo = apptivo_of(written(tmp_path, "", invoices=rows))
    said = {each.get("tagName"): each["said"] for each in apptivo.layout("invoice", 33)}
    assert (said["carrierName"], said["costCentre"], said["weightKg"]) == ("Carrier Name", "Cost Centre", "Weight Kg")
    assert (said["total"], said["quantity"]) == ("Total", "Quantity")
    assert apptivo.edit(collection="invoices", id=1, set={"lines.0.quantity": 4})["total"] == Decimal("8.00")


def test_custom_attributes_of_given_records_are_named_by_the_layout(
    apptivo_of: Callable[[Path], Any], tmp_path: Path
) -> None:
    text = '[apps.customers.custom]\n"Region" = { kind = "select", options = ["North"], id = "select_77_1" }'
    value = {"customAttributeId": "select_77_1", "customAttributeValue": "North"}
    apptivo = apptivo_of(written(tmp_path, text, customers=[{"id": "1", "customAttributes": [value]}]))
    region = next(each for each in apptivo.layout("customers", 3) if each["said"] == "Region")
    assert (region["attributeId"], region["right"][0]["tagName"]) == ("select_77_1", "select_77_2")


def test_a_firm_can_be_without_an_app(apptivo_of: Callable[[Path], Any], tmp_path: Path) -> None:
    text = '[generate]\ntrade = "services"\n[apps]\nsupplier-invoices = false'
    apptivo = apptivo_of(written(tmp_path, text))
    assert apptivo.http.post("/app/dao/v6/supplierinvoices", data=apptivo.keys | {"a": "getAll"}).status_code == 404
    assert "supplier-invoices" not in apptivo.state()
    assert apptivo.all("purchaseorders")


def test_a_select_takes_only_its_options(own: Any) -> None:
    region = next(each for each in own.layout("salesinvoices", 333) if each["said"] == "Region")

    def put(value: str) -> list[str]:
        attribute = {"customAttributeId": region["attributeId"], "customAttributeValue": value}
        record = own.ask(
            "v6/salesinvoices",
            "update",
            salesInvoiceId=70,
            invoiceInformation={"customAttributes": [attribute]},
            attributeName=["customAttributes"],
            attributeIds=[region["attributeId"]],
            isCustomAttributesUpdate="true",
        )
        return [each["customAttributeValue"] for each in record.get("customAttributes", [])]

    assert put("East") == []
    assert put("North") == ["North"]
    assert put("") == [""]


def test_the_firm_of_the_how_to_page_works(apptivo_of: Callable[[Path], Any], tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "sandbox-firm.md").read_text()
    toml, generate = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    records, edit, script = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    apptivo = apptivo_of(written(tmp_path, toml, invoices=json.loads(records)))
    assert apptivo.ask("v6/salesinvoices", "getAll")["data"][0]["documentNo"] == "B-70"
    assert amount(apptivo.edit(**json.loads(edit))["grandTotal"]) == Decimal("33.17")
    assert apptivo.http.post("/_sandbox/meanwhile", json=json.loads(script)).json() == {"invoices": 2}
    for _ in range(2):
        apptivo.ask("v6/salesinvoices", "getAll")
    assert [row.get("packing") for row in apptivo.all("salesinvoices")] == ["box", None]
    assert folder.read(written(tmp_path, generate)).making


def test_every_key_of_a_firm_is_on_its_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "sandbox-firm.md").read_text()
    keys = {*layoutfile.KEYS, *layoutfile.APP_KEYS, *(each.name.replace("_", "-") for each in fields(folder.Behaviour))}
    assert [key for key in sorted(keys) if not re.search(rf"`\[?(apps\.NAME\.)?{key}[`\].]|\[{key}\b", page)] == []


def test_a_folder_can_ask_for_records_to_be_made_and_give_some_itself(
    apptivo_of: Callable[[Path], Any], tmp_path: Path
) -> None:
    text = '[generate]\ntrade = "services"\ninvoices = 130\nseed = 7\n[apps.invoices.fields]\ntotal = "sumOfAll"'
    apptivo = apptivo_of(written(tmp_path, text, customers=[{"id": "1", "customerName": "Only"}]))
    assert [row["customerName"] for row in apptivo.all("customers")] == ["Only"]
    invoices = apptivo.all("invoice")
    assert len(invoices) == 130
    assert all(amount(row["sumOfAll"]) > 0 and "total" not in row for row in invoices)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[apps.invoices\n", r"firm.toml: .*\(at line 1, column 15\)"),
        ("date-fromat = 'x'", "date-fromat is not known here; the nearest known key is 'date-format'"),
        ("date-format = 'soon'", "date-format makes no sense: 'soon' is no date pattern"),
        ("utc-offset = '5.5'", r"utc-offset is written as \+05:30 or -08:00"),
        ("currencies = 'AUD'", "currencies is a list of texts"),
        ("label-form = 'xml'", "label-form is one of object, text, not 'xml'"),
        ("[apps.invoices]\nurll = 'x'", "apps.invoices.urll is not known here; the nearest known key is 'url'"),
        ("[apps.invoices]\nobject-id = '33'", "apps.invoices.object-id is a whole number from 1, not '33'"),
        ("[apps.quotes]\nurl = 'quotes'", "apps.quotes.object-id is missing"),
        ("[apps.invoices]\nurl = 'items'", "apps has two apps with the url 'items'"),
        ("[apps.invoices]\nattributes = 'names'", "apps.invoices.attributes is one of attributeName, attributeNames"),
        ("[apps.invoices.fields]\ntotal = 5", "apps.invoices.fields.total is a table, not 5"),
        ("[apps.invoices.fields]\ntotal = {lable = 'x'}", "apps.invoices.fields.total.lable is not known here"),
        ("[apps.invoices.statuses]\nodd = {name = 'x'}", "apps.invoices.statuses.odd.id is missing"),
        ('[custom]\n"A B" = 1', 'custom."A B" is a table, not 1'),
        ("[generate]\ntrade = 'baker'", "generate.trade is one of distributor, services, multicurrency, not 'baker'"),
        ("[generate]\ninvoices = 5", "generate.invoices is a whole number from 100, not 5"),
        ("[sandbox]\npage-size = 2", "sandbox.page-size is not known here; known are page-cap, window"),
        ("[sandbox]\nwindow = -1", "sandbox.window is a whole number from 0, not -1"),
        ("config = 1", "config is a table, not 1"),
    ],
)
def test_a_layout_that_makes_no_sense_is_refused_by_file_key_and_reason(
    text: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(codec.MalformedFile) as caught:
        folder.read(written(tmp_path, text))
    assert str(caught.value).startswith(f"{tmp_path}/firm.toml: ")
    assert re.search(message, str(caught.value))
