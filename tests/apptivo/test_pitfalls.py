"""The pitfalls of facts/apptivo.md section 13, one test for each row, named after it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import tieout_apptivo
from tieout import codec
from tieout.contract import Connection
from tieout.errors import OutcomeUnknown, ReauthNeeded, Unavailable
from tieout.work import Batch, Key, Page, Receipt, Step
from tieout_apptivo import APPTIVO
from tieout_apptivo.reading import lookup, reading
from tieout_apptivo.shape import attributes, firm
from tieout_apptivo.shape.dates import Calendar
from tieout_apptivo.shape.profile import shipped

Connect = Callable[..., Connection]
CUSTOMERS, ITEMS, INVOICES = (APPTIVO.resource(name) for name in ("customers", "items", "invoices"))


def rows(count: int, first: int = 1) -> list[dict[str, Any]]:
    start = datetime(2024, 5, 1)  # noqa: DTZ001 - as Apptivo writes stamps, without a zone
    return [
        {
            "id": str(number),
            "creationDate": f"{start + timedelta(minutes=number):%Y-%m-%d %H:%M:%S}",
            "lastUpdateDate": f"{start + timedelta(minutes=number):%Y-%m-%d %H:%M:%S}",
        }
        for number in range(first, first + count)
    ]


def passed(connection: Connection, cursor: Any = None) -> tuple[list[Page], Any]:
    """One pass over the customers, and where the next one starts."""
    pages: list[Page] = []
    for _ in range(1_000):
        pages.append(reading.fetch(connection, CUSTOMERS, cursor))
        cursor = pages[-1].next or pages[-1].resume
        if pages[-1].next is None:
            return pages, cursor
    pytest.fail("the pass never ends")


def ids(pages: list[Page]) -> list[str]:
    return [wire["id"] for page in pages for wire in page.wires]


def written(connection: Connection, body: dict[str, Any], resource: Any = INVOICES, op: Any = "update") -> Receipt:
    [receipt] = tieout_apptivo.push(connection, Batch(resource, op, (Step(op=op, body=body, id="1", key="1"),), "k"))
    return receipt


def test_01_invalid_keys_answer_200(connect: Connect, apptivo: Any) -> None:
    apptivo.said = [{"status": "FAILURE", "reason": "Invalid API Key"}] * 2
    with pytest.raises(ReauthNeeded):
        passed(connect())
    with pytest.raises(ReauthNeeded):
        firm.check(connect())


def test_02_the_invoice_url_is_singular_among_plural_ones(connect: Connect, apptivo: Any) -> None:
    lookup.find(connect(), INVOICES, [Key("id", "1")])
    lookup.find(connect(), CUSTOMERS, [Key("id", "1")])
    assert [url.rpartition("/")[2] for _, url in apptivo.urls] == ["invoice", "customers"]


@pytest.mark.parametrize(
    ("app", "parameter"), [("customers", "attributeName"), ("items", "attributeName"), ("invoice", "attributeNames")]
)
def test_03_the_attribute_list_is_singular_or_plural_and_seen_to_arrive(
    connect: Connect, apptivo: Any, app: str, parameter: str
) -> None:
    resource = {"customers": CUSTOMERS, "items": ITEMS, "invoice": INVOICES}[app]
    apptivo.rows[app], apptivo.names = [{"id": "1", "note": "old"}], parameter
    assert written(connect(), {"standard": {"note": "new"}}, resource).outcome == "updated"
    apptivo.rows[app], apptivo.names = [{"id": "1", "note": "old"}], "anotherParameter"
    assert written(connect(), {"standard": {"note": "new"}}, resource).problems[0].cause == "not-stored"


def test_04_reading_from_both_ends_brings_nothing_twice(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"], apptivo.window = rows(90), 50
    connection = connect(page_size=20)
    connection.memory["capabilities"] = {"apps": {"customers": {"sort": {"works": True}, "window": 50}}}
    assert sorted(ids(passed(connection)[0]), key=int) == [str(number) for number in range(1, 91)]


def test_05_the_first_page_is_read_once(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = rows(5)
    passed(connect(page_size=20))
    assert [call["startIndex"] for call in apptivo.lists()] == ["0"]


def test_06_offsets_go_on_by_the_rows_received(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"], apptivo.most = rows(102), 51
    assert sorted(ids(passed(connect(page_size=60))[0]), key=int) == [str(number) for number in range(1, 103)]


def test_07_a_wrong_count_neither_ends_nor_prolongs_a_pass(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = rows(45)
    page = apptivo._page
    for count, notes in ((3, []), (45, []), (46, ["list-incomplete"]), (10**6, ["list-incomplete"])):
        apptivo._page = lambda found, form, count=count: page(found, form) | {"countOfRecords": count}
        pages, _ = passed(connect(page_size=20))
        assert sorted(ids(pages), key=int) == [str(number) for number in range(1, 46)]
        assert [note.cause for one in pages for note in one.notes] == notes


def test_07_a_list_without_an_end_is_cut_off_and_told(connect: Connect, apptivo: Any) -> None:
    more = itertools.count(1_000)
    apptivo.rows["customers"] = rows(40)
    apptivo._page = lambda found, form: {"data": rows(200, next(more))}
    pages, _ = passed(connect(page_size=200))
    assert [note.cause for one in pages for note in one.notes] == ["list-endless"]


def test_08_rows_that_move_between_pages_are_not_lost(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = rows(100)
    connection = connect(page_size=20)
    first = reading.fetch(connection, CUSTOMERS, None)
    second = reading.fetch(connection, CUSTOMERS, first.next)
    moved = apptivo.rows["customers"].pop(3) | {"lastUpdateDate": "2024-05-31 00:00:00", "name": "edited"}
    apptivo.rows["customers"].append(moved)
    made = {"id": "new", "creationDate": "2024-05-31 00:00:01", "lastUpdateDate": "2024-05-31 00:00:01"}
    apptivo.rows["customers"].append(made)
    pages, _ = passed(connection, second.next)
    read = {wire["id"]: wire for page in (first, second, *pages) for wire in page.wires}
    assert read == {row["id"]: row for row in apptivo.rows["customers"]}


def test_09_a_layout_and_its_labels_are_encoded_twice(connect: Connect, apptivo: Any) -> None:
    label = codec.dumps({"modifiedLabel": "Xero ID"}).decode()
    entry = {"attributeId": "input_1", "type": "Custom", "label": label, "right": [{"tag": "input", "tagName": "t"}]}
    apptivo.config = {"webLayout": codec.dumps({"sections": [{"attributes": [entry]}]}).decode()}
    connection = connect()
    firm.learn(connection, "items")
    assert connection.memory["labels:items"] == {"xeroid": "input_1"}
    apptivo.config = {"webLayout": "{not json"}
    firm.learn(connection, "items")
    assert connection.memory["labels:items"] == {}


@pytest.mark.parametrize("label", ["Xero ID", "xero id", "Xero-ID", " XERO  Id"])
def test_10_labels_and_options_are_compared_without_spaces_hyphens_and_case(label: str) -> None:
    days, about = Calendar("", UTC), {"id": "a", "key": "k", "tag": "select", "options": {"V1": "In-sync"}}
    [entry] = attributes.put({}, {label: "in sync"}, {"xeroid": about}, days)
    assert (entry["customAttributeValue"], entry["customAttributeValueId"]) == ("In-sync", "V1")


def test_11_an_attribute_that_an_old_record_lacks_is_empty(lift: Callable[..., Any], invoice: Any) -> None:
    known = {"labels:invoices": {"synctoxero": "select_1"}, "date-format": "MM/dd/yyyy"}
    assert lift("invoices", invoice(), memory=known).bill_to is None
    assert attributes.value(invoice(), {"id": "select_1"}) == ""


def test_12_keys_stand_in_the_form_and_in_no_address_or_message(connect: Connect, apptivo: Any) -> None:
    apptivo.said = ["<html>api-key-of-the-tests access-key-of-the-tests"] * 3
    with pytest.raises(Unavailable) as raised:
        lookup.find(connect(), CUSTOMERS, [Key("id", "1")])
    assert all("of-the-tests" not in url for _, url in apptivo.urls)
    assert apptivo.calls[0]["apiKey"] == "api-key-of-the-tests"
    assert "of-the-tests" not in str(raised.value)


def test_13_keys_of_the_tests_do_not_look_real(connect: Connect) -> None:
    settings = connect().settings
    for secret in (settings.api_key, settings.access_key):
        assert secret.reveal().endswith("-of-the-tests")
        assert "of-the-tests" not in repr(settings) + settings.model_dump_json()


@pytest.mark.parametrize("name", ['A & B "C" + D', "50% = ü\n;", "{}", "</script>"])
def test_14_any_mark_survives_being_written_and_read(connect: Connect, apptivo: Any, name: str) -> None:
    apptivo.rows["items"], apptivo.names = [{"id": "1", "itemName": "x"}], "attributeName"
    assert written(connect(), {"standard": {"itemName": name}}, ITEMS).outcome == "updated"
    assert apptivo.rows["items"][0]["itemName"] == name


def test_15_reads_and_writes_are_posts_whose_address_says_nothing(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["invoice"] = [{"id": "1"}]
    written(connect(), {"standard": {"note": "new"}})
    assert apptivo.urls == [("POST", "https://app.apptivo.com/app/dao/v6/invoice")] * 3


def test_16_ids_are_one_as_text_and_as_number(connect: Connect, apptivo: Any, lift: Callable[..., Any]) -> None:
    apptivo.said = [{"id": "0012", "customerId": 12}]
    assert len(lookup.find(connect(), CUSTOMERS, [Key("id", "12")])[Key("id", "12")]) == 1
    refs = {lift("contacts", {"id": "1", "fullName": "A", "accountId": id}).parent.id for id in (12, "12", "0012")}
    assert refs == {"12"}


def test_17_totals_are_text_or_numbers_and_prices_may_be_empty(lift: Callable[..., Any], invoice: Any) -> None:
    for total in ("25.30", Decimal("25.30"), "25.3"):
        assert lift("invoices", invoice(total=total)).total == Decimal("25.30")
    assert lift("items", {"id": "1", "itemCode": "B", "itemPrice": "", "suggestedPrice": ""}).price is None


def test_18_a_search_counts_exact_matches_alone_and_all_of_them(connect: Connect, apptivo: Any) -> None:
    names = ("Acme", "Acme West", "ACME", "Acme")
    apptivo.rows["customers"] = [{"id": str(id), "customerName": name} for id, name in enumerate(names)]
    key = Key("name", "Acme")
    assert [one["id"] for one in lookup.find(connect(), CUSTOMERS, [key])[key]] == ["0", "3"]


def test_19_an_empty_feed_is_not_everything_deleted(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = rows(5)
    connection = connect()
    _, cursor = passed(connection)
    apptivo.rows["customers"] = []
    for start in (None, cursor):
        with pytest.raises(Unavailable, match="suspicious"):
            passed(connection, start)


def test_20_a_note_e_mails_nobody(connect: Connect, apptivo: Any) -> None:
    apptivo.said = [{"noteId": 1}]
    tieout_apptivo.annotate(connect(), INVOICES, "1", "Synced")
    note = codec.loads(apptivo.calls[0]["noteDetails"])
    flags = ("isDisplayToCustomer", "isSendEmail", "isNotifyAssignee", "isNotifyCustomer", "isRemindMeEnabled")
    assert [note[flag] for flag in flags] == ["N"] * 5


def test_21_a_read_is_tried_again_with_growing_pauses_and_a_write_is_not(connect: Connect, apptivo: Any) -> None:
    connection = connect()
    clock: Any = connection.clock
    apptivo.said = ["", "", {"id": "1"}, OutcomeUnknown("no answer"), {"id": "1"}]
    assert written(connection, {"standard": {"note": "new"}}).outcome == "later"
    assert clock.waited == [1.0, 3.0]
    assert [call["a"] for call in apptivo.calls].count("update") == 1


def test_22_nothing_is_saved_so_nothing_is_saved_twice(connect: Connect, apptivo: Any) -> None:
    receipt = written(connect(), {"standard": {"total": "1"}}, op="create")
    assert (receipt.outcome, receipt.problems[0].cause, apptivo.calls) == ("rejected", "update-only", [])


def test_23_the_currency_of_an_attribute_is_the_records(invoice: Any) -> None:
    about = {"id": "a", "key": "k", "tag": "currency", "options": {}}
    for code in ("AUD", "EUR"):
        [entry] = attributes.put(invoice(currencyCode=code), {"Due": "5.00"}, {"due": about}, Calendar("", UTC))
        assert (entry["customAttributeValue"], entry["currencyCode"]) == ("5.00", code)


def test_24_custom_and_standard_attributes_are_written_apart_and_read_back(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["invoice"] = [{"id": "1", "customAttributes": []}]
    connection = connect()
    connection.memory["custom:invoices"] = {"xeroid": {"id": "a", "key": "k", "tag": "input", "options": {}}}
    assert written(connection, {"standard": {"note": "new"}, "custom": {"Xero ID": "x"}}).outcome == "updated"
    assert [update["names"] for update in apptivo.updates] == [["note"], ["customAttributes", "k"]]
    assert [call["a"] for call in apptivo.calls] == ["getById", "update", "update", "getById"]


def test_25_stamps_stand_on_a_clock_of_their_own_and_reading_overlaps(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = rows(30)
    _, cursor = passed(connect())
    assert cursor["since"] == "2024-04-30T19:00:00+00:00"
    _, cursor = passed(connect(server_utc_offset="-07:00"))
    assert cursor["since"] == "2024-05-01T07:30:00+00:00"
    assert connect().settings.overlap_hours == 48


def test_26_the_search_text_is_in_small_letters(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = [{"id": "1", "customerName": "ÄCME Ltd"}]
    key = Key("name", "ÄCME Ltd")
    assert len(lookup.find(connect(), CUSTOMERS, [key])[key]) == 1
    assert apptivo.calls[0]["searchText"] == "äcme ltd"


def test_27_delete_is_never_called(connect: Connect, apptivo: Any) -> None:
    for op in ("void", "remove"):
        assert written(connect(), {"standard": {}}, op=op).outcome == "rejected"
    assert apptivo.calls == []
    assert "delete" not in shipped().model_dump_json().lower()
