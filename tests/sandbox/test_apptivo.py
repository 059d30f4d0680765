"""The fake Apptivo, spoken to as the facts say that clients speak to the real one."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from tieout_sandbox import codec
from tieout_sandbox.apptivo.app import ACCESS_KEY, API_KEY, create
from tieout_sandbox.clock import Clock
from tieout_sandbox.fake import Fake, Options

KEYS = {"apiKey": API_KEY, "accessKey": ACCESS_KEY}
CUSTOMER = {"id": "11", "customerId": 11, "customerName": "Acme", "customerNumber": "CUS-1", "customAttributes": []}


Served = Callable[..., httpx.Client]


@pytest.fixture(scope="module")
def served(client_of: Callable[[Fake], httpx.Client]) -> Served:
    """Serves the firm in a folder, or the one that ships."""

    def serve(firm: Path | None = None, clock: Clock | None = None) -> httpx.Client:
        return client_of(create(Options(origin="http://localhost:1", firm=firm), clock or Clock()))

    return serve


def folder(path: Path, toml: str = "", **apps: Any) -> Path:
    (path / "firm.toml").write_text(toml)
    for name, records in apps.items():
        (path / f"{name.replace('_', '-')}.json").write_text(json.dumps(records))
    return path


def asked(client: httpx.Client, url: str, action: str, **params: Any) -> Any:
    answer = client.post(f"/app/dao/v6/{url}", data=KEYS | {"a": action} | params)
    assert answer.status_code == 200
    return codec.loads(answer.content)


@pytest.fixture(scope="module")
def shipped(served: Served) -> httpx.Client:
    """The firm that ships; tests that use it only read."""
    return served()


def test_keys_come_in_the_query_or_the_form_and_wrong_ones_answer_200_with_failure(
    shipped: httpx.Client,
) -> None:
    assert shipped.get("/app/dao/v6/customers", params=KEYS | {"a": "getAll"}).json()["countOfRecords"] == 300
    assert shipped.post("/app/dao/v6/customers", data=KEYS | {"a": "getAll"}).json()["countOfRecords"] == 300
    for wrong in ({}, {"apiKey": API_KEY}, {"apiKey": API_KEY, "accessKey": "x"}):
        answer = shipped.post("/app/dao/v6/customers", data=wrong | {"a": "getAll"})
        assert answer.status_code == 200
        assert answer.json()["status"] == "FAILURE"
        assert "Key" in answer.json()["reason"]


def test_pages_are_read_by_record_offset_and_an_empty_page_has_no_data(shipped: httpx.Client) -> None:
    first = asked(shipped, "contacts", "getAll", startIndex=0, numRecords=250)
    second = asked(shipped, "contacts", "getAll", startIndex=250, numRecords=250)
    beyond = asked(shipped, "contacts", "getAll", startIndex=400, numRecords=250)
    assert (len(first["data"]), len(second["data"]), first["countOfRecords"]) == (250, 150, 400)
    assert len({row["id"] for row in first["data"] + second["data"]}) == 400
    assert beyond == {"countOfRecords": 400}


def test_the_page_cap_and_the_window_bound_what_one_query_reaches(served: Served, tmp_path: Path) -> None:
    items = [{"id": str(number), "itemName": f"Item {number}"} for number in range(1, 9)]
    client = served(folder(tmp_path, "[sandbox]\npage-cap = 3\nwindow = 5", items=items))
    assert len(asked(client, "items", "getAll", numRecords=100)["data"]) == 3
    assert [row["id"] for row in asked(client, "items", "getAll", startIndex=3, numRecords=100)["data"]] == ["4", "5"]
    assert asked(client, "items", "getAll", startIndex=5, numRecords=100) == {"countOfRecords": 8}
    latest = asked(client, "items", "getAll", sortColumn="itemId", sortDir="desc")
    assert [row["id"] for row in latest["data"]] == ["8", "7", "6"]


def test_each_app_has_its_own_envelope_around_one_record(shipped: httpx.Client) -> None:
    customer = asked(shipped, "customers", "getById", customerId=1000001)["customer"]
    assert (customer["id"], customer["customerId"]) == ("1000001", 1000001)
    assert asked(shipped, "contacts", "getById", contactId="2000001")["id"] == "2000001"
    assert asked(shipped, "suppliers", "getById", supplierId=3000001)["data"]["supplierId"] == 3000001
    assert asked(shipped, "invoice", "getById", invoiceId=5000001)["responseObject"]["invoiceNumber"] == "INV-10001"


def test_an_unknown_record_action_or_path_is_refused_in_its_own_way(shipped: httpx.Client) -> None:
    assert asked(shipped, "customers", "getById", customerId=9)["status"] == "FAILURE"
    assert asked(shipped, "customers", "explode")["status"] == "FAILURE"
    unknown = shipped.post("/app/dao/v6/invoices", data=KEYS | {"a": "getAll"})
    assert (unknown.status_code, unknown.headers["content-type"][:9]) == (404, "text/html")


def test_invoice_totals_are_text_and_bill_totals_are_numbers(shipped: httpx.Client) -> None:
    invoice = asked(shipped, "invoice", "getAll", numRecords=1)["data"][0]
    bill = asked(shipped, "supplierinvoices", "getAll", numRecords=1)["data"][0]
    assert isinstance(invoice["total"], str)
    assert isinstance(bill["total"], Decimal)


def test_lists_sort_by_stamps_and_by_text_whatever_its_case(served: Served, tmp_path: Path) -> None:
    rows = [
        {"id": "1", "customerName": "beta", "lastUpdateDate": "12/31/2025 10:00:00"},
        {"id": "2", "customerName": "Alpha", "lastUpdateDate": "01/02/2026 10:00:00"},
        {"id": "3", "customerName": "Gamma"},
    ]
    client = served(folder(tmp_path, customers=rows))

    def order(column: str, direction: str) -> list[str]:
        return [row["id"] for row in asked(client, "customers", "getAll", sortColumn=column, sortDir=direction)["data"]]

    assert order("lastUpdateDate", "desc") == ["2", "1", "3"]
    assert order("lastUpdateDate", "asc") == ["1", "2", "3"]
    assert order("customerName.sortable", "asc") == ["2", "1", "3"]


def test_search_by_text_finds_names_and_addresses_and_an_empty_text_finds_all(shipped: httpx.Client) -> None:
    found = asked(shipped, "customers", "getAllBySearchText", searchText="bluegum timber")
    assert [row["customerName"] for row in found["data"]] == ["Bluegum Timber Pty Ltd"]
    assert asked(shipped, "suppliers", "getAllBySearchText", searchText="")["countOfRecords"] == 60
    assert asked(shipped, "customers", "getAllBySearchText", searchText="no such firm") == {"countOfRecords": 0}


def test_advanced_search_takes_a_partial_record_and_choices(shipped: httpx.Client) -> None:
    wanted = json.dumps({"emailAddresses": [{"emailAddress": "accounts@customer5.example"}], "customerName": ""})
    found = asked(shipped, "customers", "getAllByAdvancedSearch", searchData=wanted)
    assert [row["id"] for row in found["data"]] == ["1000005"]
    paid = asked(
        shipped, "invoice", "getAllByAdvancedSearch", multiSelectData=json.dumps({"statusIds": [20005, 20006]})
    )
    assert {row["statusName"] for row in paid["data"]} == {"Paid", "Void"}


def test_advanced_search_takes_a_day_or_two_ends_of_a_time(served: Served, tmp_path: Path) -> None:
    stamps = ("07/01/2026 00:10:00", "07/01/2026 23:50:00", "07/02/2026 09:00:00", "07/04/2026 09:00:00", "")
    rows = [{"id": str(place), "itemName": "x", "creationDate": text} for place, text in enumerate(stamps, 1)]
    client = served(folder(tmp_path, items=rows))

    def found(**wanted: str) -> list[str]:
        answer = asked(client, "items", "getAllByAdvancedSearch", searchData=json.dumps(wanted))
        return [row["id"] for row in answer.get("data", [])]

    assert found(creationDate="07/01/2026") == ["1", "2"]
    assert found(creationDate="07/01/2026", creationDateTo="07/02/2026") == ["1", "2", "3"]
    assert found(creationDate="07/03/2026", creationDateTo="12/31/2026") == ["4"]


def test_the_older_generations_name_the_operation_and_the_rows_after_the_app(shipped: httpx.Client) -> None:
    params = KEYS | {"searchText": "callum reid"}
    v5 = shipped.get("/app/dao/v5/contacts", params=params | {"a": "getAllContactsBySearchText"}).json()
    assert [row["fullName"] for row in v5["contacts"]] == ["Callum Reid"]
    first = shipped.get("/app/dao/customers", params=KEYS | {"a": "getAllCustomersByAdvancedSearch"}).json()
    assert (first["countOfRecords"], len(first["customers"])) == (300, 50)


def test_contacts_of_a_customer(shipped: httpx.Client) -> None:
    found = asked(shipped, "customers", "getCustomerContacts", customerId=1000001)
    assert {row["accountId"] for row in found["data"]} == {1000001}
    assert found["countOfRecords"] == 2


def test_the_configuration_names_date_format_statuses_and_a_layout_that_is_json_inside_json(
    shipped: httpx.Client,
) -> None:
    config = asked(shipped, "invoice", "getConfigData", objectId=33)
    assert config["dateFormat"] == "dd/MM/yyyy"
    assert {"statusId": 20006, "statusName": "Void", "isEnabled": "Y"} in config["statuses"]
    assert asked(shipped, "customers", "getConfigData", objectId=3)["customerStatusList"][0]["statusId"] == 10000
    sections = json.loads(config["webLayout"])["sections"]
    labels = {
        each["label"]["modifiedLabel"]: each
        for section in sections
        for each in section["attributes"]
        if "label" in each
    }
    custom = labels["Sync To Xero"]
    assert custom["right"][0]["options"] == ["Customer", "Contact"]
    held = asked(shipped, "invoice", "getAllBySearchText", searchText="", numRecords=500, startIndex=1100)["data"]
    chosen = [each for row in held for each in row["customAttributes"]]
    assert chosen
    assert {each["customAttributeValue"] for each in chosen} == {"Customer", "Contact"}
    assert {each["customAttributeId"] for each in chosen} == {custom["attributeId"]}


def test_a_firm_may_override_parts_of_the_configuration(served: Served, tmp_path: Path) -> None:
    toml = """
        config = { configVersionNumber = 8, accessLevel = "READ" }
        apps.items.config = { statuses = [], webLayout = { sections = [] } }
        """
    client = served(folder(tmp_path, toml))
    answer = asked(client, "items", "getConfigData", objectId=13)
    assert (answer["configVersionNumber"], answer["accessLevel"]) == (8, "READ")
    assert (answer["statuses"], json.loads(answer["webLayout"])) == ([], {"sections": []})


def test_save_allocates_id_and_number_and_the_next_read_sees_it(served: Served, tmp_path: Path) -> None:
    client = served(folder(tmp_path, customers=[CUSTOMER]))
    data = json.dumps({"id": None, "customerName": "New & Co", "customerNumber": "Auto generated number"})
    made = asked(client, "customers", "save", customerData=data)["customer"]
    assert (made["id"], made["customerId"], made["customerNumber"]) == ("12", 12, "CUS-12")
    assert asked(client, "customers", "getById", customerId=12)["customer"] == made
    again = asked(client, "customers", "save", customerData=data)["customer"]
    assert again["id"] == "13", "there is no idempotency: the same call makes another record"
    assert asked(client, "customers", "save", customerData="{}")["status"] == "FAILURE"


@pytest.mark.parametrize(
    ("url", "right", "wrong"),
    [("customers", "attributeName", "attributeNames"), ("contacts", "attributeNames", "attributeName")],
)
def test_update_stores_only_what_the_apps_own_parameter_names(
    url: str, right: str, wrong: str, served: Served, tmp_path: Path
) -> None:
    contact = {"id": "21", "contactId": 21, "fullName": "Ana Reyes", "jobTitle": "Clerk", "title": ""}
    client = served(folder(tmp_path, customers=[CUSTOMER], contacts=[contact]))
    single, name, record_id = ("customer", "customerName", 11) if url == "customers" else ("contact", "fullName", 21)
    data = {f"{single}Id": record_id, f"{single}Data": json.dumps({name: "Changed", "website": "w", "id": "99"})}

    def held() -> Any:
        answer = asked(client, url, "getById", **{f"{single}Id": record_id})
        return answer.get("customer", answer)

    before = held()
    asked(client, url, "update", **data, **{wrong: json.dumps([name])})
    assert held() == before
    asked(client, url, "update", **data, **{right: json.dumps([name, "id"])}, userName="sync@firm.example")
    after = held()
    assert (after[name], after.get("website"), after["id"]) == ("Changed", before.get("website"), str(record_id))
    assert after["lastUpdatedByName"] == "sync@firm.example"


def test_custom_attributes_are_stored_by_a_call_of_their_own_beside_the_others(served: Served, tmp_path: Path) -> None:
    theirs = {"customAttributeId": "input_1_1", "customAttributeTagName": "input_1_2", "customAttributeValue": "keep"}
    ours = {"customAttributeId": "input_2_1", "customAttributeTagName": "input_2_2", "customAttributeValue": "guid"}
    client = served(folder(tmp_path, customers=[CUSTOMER | {"customAttributes": [theirs]}]))
    data = json.dumps({"customAttributes": [ours], "customerName": "Renamed"})
    params = {"customerId": 11, "customerData": data, "attributeName": '["customAttributes","customerName"]'}
    after = asked(client, "customers", "update", **params, isCustomAttributesUpdate="true")["customer"]
    assert (after["customAttributes"], after["customerName"]) == ([theirs, ours], "Acme")
    after = asked(client, "customers", "update", **params, isCustomAttributesUpdate="false")["customer"]
    assert (after["customAttributes"], after["customerName"]) == ([theirs, ours], "Renamed")


def test_addresses_and_emails_need_their_flags(served: Served, tmp_path: Path) -> None:
    client = served(folder(tmp_path, customers=[CUSTOMER]))
    data = json.dumps({"emailAddresses": [{"emailAddress": "a@b.example"}]})
    params = {"customerId": 11, "customerData": data, "attributeName": '["emailAddresses"]'}
    assert "emailAddresses" not in asked(client, "customers", "update", **params)["customer"]
    stored = asked(client, "customers", "update", **params, isEmailAddressUpdate="true")["customer"]
    assert stored["emailAddresses"] == [{"emailAddress": "a@b.example"}]


def test_a_deleted_record_leaves_the_lists_and_is_no_longer_found(served: Served, tmp_path: Path) -> None:
    client = served(folder(tmp_path, customers=[CUSTOMER]))
    assert asked(client, "customers", "delete", customerId=11) == {"status": "SUCCESS"}
    assert asked(client, "customers", "getAll") == {"countOfRecords": 0}
    assert asked(client, "customers", "getById", customerId=11)["status"] == "FAILURE"


def test_inactive_records_are_left_out_when_active_ones_are_asked_for(shipped: httpx.Client) -> None:
    assert asked(shipped, "items", "getAll")["countOfRecords"] == 250
    assert asked(shipped, "items", "getAll", objectStatus=0)["countOfRecords"] == 249


def test_a_write_shows_in_lists_only_after_the_index_delay(served: Served, tmp_path: Path) -> None:
    clock = Clock()
    client = served(folder(tmp_path, "[sandbox]\nindex-delay = 30", customers=[CUSTOMER]), clock)
    params = {"customerId": 11, "customerData": '{"customerName":"Late"}', "attributeName": '["customerName"]'}
    asked(client, "customers", "update", **params)
    asked(client, "customers", "save", customerData='{"customerName":"Later"}')

    def names() -> list[str]:
        return [row["customerName"] for row in asked(client, "customers", "getAll")["data"]]

    assert asked(client, "customers", "getById", customerId=11)["customer"]["customerName"] == "Late"
    assert names() == ["Acme"]
    clock.advance(31)
    assert names() == ["Late", "Later"]
    asked(client, "customers", "delete", customerId=11)
    assert names() == ["Late", "Later"]
    clock.advance(31)
    assert names() == ["Later"]


def test_too_many_calls_are_answered_by_nothing_or_by_a_page(served: Served, tmp_path: Path) -> None:
    clock = Clock(speed=2)
    client = served(folder(tmp_path, "[sandbox]\ncalls = 2\ncalls-window = 3600"), clock)
    assert [asked(client, "items", "getAll") for _ in range(2)] == [{"countOfRecords": 0}] * 2
    throttled = [client.post("/app/dao/v6/items", data=KEYS | {"a": "getAll"}) for _ in range(2)]
    assert [answer.status_code for answer in throttled] == [200, 200]
    assert throttled[0].content == b""
    assert throttled[1].text.startswith("<html>")
    clock.advance(1801)
    assert asked(client, "items", "getAll") == {"countOfRecords": 0}, "an hour's window lasts 30 minutes at speed 2"


def test_stamps_are_written_on_a_clock_of_utc_plus_half_past_five(served: Served, tmp_path: Path) -> None:
    client = served(folder(tmp_path, customers=[CUSTOMER]))
    made = asked(client, "customers", "save", customerData='{"customerName":"Now"}')["customer"]
    changed = client.post(
        "/_sandbox/edit", json={"collection": "customers", "id": "11", "set": {"website": "w"}}
    ).json()
    moments = [record["lastUpdateDate"] for record in (made, changed)]
    for text in moments:
        month, day, year = text[:10].split("/")
        assert (len(text), text[10], int(month) <= 12, int(day) <= 31, int(year) >= 2026) == (19, " ", True, True, True)


def test_every_further_app_of_the_table_is_served_from_its_file(served: Served, tmp_path: Path) -> None:
    client = served(folder(tmp_path, orders=[{"orderId": 7, "orderNumber": "SO-7"}]))
    order = {"orderId": 7, "orderNumber": "SO-7", "id": "7", "objectId": 12}
    assert asked(client, "orders", "getById", orderId=7)["data"] == order
    assert client.get("/_sandbox/state").json()["orders"] == [order]
    assert asked(client, "leads", "getAll") == {"countOfRecords": 0}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("customers", '[\n {"id": "1"},\n {"id": }\n]', "customers.json, line 3, column 9: Expecting value"),
        ("customers", '{"id": "1"}', "customers.json, line 1: not a JSON array of records"),
        ("items", '[\n{"id": 1},\n\n{"itemName": "x"}]', "items.json, line 4: record 2 has no numeric id"),
        ("items", '[{"id": 1}, 5]', "items.json, line 1: record 2 is no JSON object"),
        ("invoices", '[\n{"id": "8"},\n{"invoiceId": 8}]', "invoices.json, line 3: record 2 has the id 8 of record 1"),
        ("invoice", "[]", "invoice.json: no app has this name; known are customers.json, contacts.json"),
    ],
)
def test_a_malformed_firm_is_refused_by_file_line_and_reason(
    name: str, text: str, message: str, served: Served, tmp_path: Path
) -> None:
    (tmp_path / f"{name}.json").write_text(text)
    with pytest.raises(codec.MalformedFile) as caught:
        served(tmp_path)
    assert message in str(caught.value)


def test_a_folder_that_is_not_there_is_refused(served: Served, tmp_path: Path) -> None:
    with pytest.raises(codec.MalformedFile, match="no such folder"):
        served(tmp_path / "nowhere")
