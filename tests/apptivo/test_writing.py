"""Writing back: only what is ours changes, in calls of its own, and what did not arrive is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from tieout.api import codec
from tieout.api.contract import Connection, Settings, Tenant, Terms, Wire
from tieout.api.errors import OutcomeUnknown, ReauthNeeded, Rejected, Unavailable
from tieout.api.model import Mark, Payment, Record, Ref, Settlement
from tieout.api.work import Batch, Receipt, Step
from tieout_apptivo import APPTIVO, push
from tieout_apptivo.reading import reading
from tieout_apptivo.shape import firm
from tieout_apptivo.shape.profile import shipped

from . import made

Connect = Callable[..., Connection]
INVOICES = APPTIVO.resource("invoices")


def attribute(number: int, label: str, tag: str = "input", **more: Any) -> Wire:
    return {
        "attributeId": f"{tag}_{number}_1",
        "type": "Custom",
        "attributeTag": tag,
        "label": {"modifiedLabel": label},
        "right": [{"tag": tag, "tagName": f"{tag}_{number}_2", **more}],
    }


CHOICES = [{"optionId": "VALUE_1", "optionObject": "Synced"}, {"optionId": "VALUE_2", "optionObject": "FAILED"}]
LAYOUT = [
    attribute(1, "Xero Sync Status", "select", optionValueList=CHOICES),
    attribute(2, "Xero Failure Reason", "textarea"),
    attribute(3, "Xero Sync Direction"),
    attribute(4, "Xero Last Synced", "date"),
    attribute(5, "Xero ID"),
    attribute(6, "Xero Link", "link"),
    attribute(7, "Branch", "select", options=["North"]),
]
STATUSES = [
    {"statusId": 20002, "statusName": "Sent"},
    {"statusId": 20004, "statusName": "Partially Paid"},
    {"statusId": 31005, "statusName": "Paid"},
    {"statusId": 20006, "statusName": "Void"},
]
BRANCH = {"customAttributeId": "select_7_1", "customAttributeType": "select", "customAttributeValue": "North"}


@pytest.fixture
def connection(connect: Connect, apptivo: Any) -> Connection:
    """A firm with the attributes of the native integration on its invoices, whose layout is known."""
    layout = codec.dumps({"sections": [{"id": "s", "attributes": LAYOUT}]}).decode()
    apptivo.config = {"dateFormat": "dd/MM/yyyy", "webLayout": layout, "statuses": STATUSES}
    found = connect()
    firm.learn(found, "invoices")
    apptivo.calls.clear()
    return found


def terms(connection: Connection, **memory: Any) -> Terms:
    return Terms(
        entity="marks",
        constants={},
        settings=Settings(),
        pair=Settings(),
        connection=connection.settings,
        tenant=Tenant("90001", "A firm"),
        reference={},
        memory={**connection.memory, **memory},
    )


def lowered(connection: Connection, record: Record, now: Wire, app: str = "invoices", **memory: Any) -> Wire:
    return APPTIVO.resource(app).also_lower[type(record)](record, terms(connection, **memory), now)


def written(connection: Connection, body: Wire, id: str = "5000100", op: Any = "update") -> Receipt:
    [receipt] = push(connection, Batch(INVOICES, op, (Step(op=op, body=body, id=id, key="7.0"),), "key"))
    assert receipt.key == "7.0"
    return receipt


MARK = Mark(
    status="synced",
    direction="Apptivo to Xero",
    at=datetime(2024, 3, 9, 23, 30, tzinfo=UTC),
    target_id="a3f0c6c2",
    url="https://go.xero.com/x",
)
MARKED = {
    "Xero Sync Status": "Synced",
    "Xero Failure Reason": "",
    "Xero Sync Direction": "Apptivo to Xero",
    "Xero Last Synced": "09/03/2024",
    "Xero ID": "a3f0c6c2",
    "Xero Link": "https://go.xero.com/x",
}


def test_a_mark_is_told_in_the_attributes_of_the_native_integration(connection: Connection, invoice: Any) -> None:
    told = MARKED.copy()
    del told["Xero Failure Reason"]  # empty as it is
    assert lowered(connection, MARK, invoice()) == {"custom": told}


def test_a_mark_arrives_and_saying_it_again_changes_nothing(connection: Connection, apptivo: Any, invoice: Any) -> None:
    apptivo.rows["invoice"] = [invoice(customAttributes=[BRANCH])]
    receipt = written(connection, lowered(connection, MARK, apptivo.rows["invoice"][0]))
    assert receipt.outcome == "updated"
    [stored] = apptivo.rows["invoice"]
    assert receipt.wire == stored
    values = {one["customAttributeId"]: one for one in stored["customAttributes"]}
    assert values["select_7_1"] == BRANCH
    assert values["select_1_1"]["customAttributeValueId"] == "VALUE_1"
    assert values["date_4_1"]["dateValue"] == "2024-03-09 00:00:00"
    assert values["input_5_1"] == {
        "customAttributeId": "input_5_1",
        "customAttributeType": "input",
        "customAttributeName": "input_5_2",
        "customAttributeTagName": "input_5_2",
        "customAttributeValue": "a3f0c6c2",
        "fieldType": "NUMBER",
        "attributeValues": [],
    }
    assert lowered(connection, MARK, stored) == {}
    assert len(apptivo.updates) == 1
    assert written(connection, {"custom": MARKED}).outcome == "unchanged"
    assert len(apptivo.updates) == 1


def test_a_mark_of_ours_does_not_come_back_as_a_change(
    connection: Connection, apptivo: Any, invoice: Any, lift: Callable[..., Any]
) -> None:
    before = invoice(
        customAttributes=[BRANCH], creationDate="2024-05-01 10:00:00", lastUpdateDate="2024-05-01 10:00:00"
    )
    apptivo.rows["invoice"] = [before]
    cursor = reading.fetch(connection, INVOICES, reading.fetch(connection, INVOICES, None).next).resume
    update = apptivo.update

    def audited(app: str, form: dict[str, str]) -> Any:
        update(app, form)
        apptivo.rows["invoice"][0] |= {"lastUpdateDate": "2024-05-31 10:00:00", "lastUpdatedByName": "Tieout"}

    apptivo.update = audited
    apptivo.said = []
    receipt = written(connection, lowered(connection, MARK, before))
    page = reading.fetch(connection, INVOICES, cursor)
    assert page.wires == (receipt.wire,)
    known = {"date-format": "MM/dd/yyyy", **{k: v for k, v in connection.memory.items() if k.startswith("labels")}}
    assert receipt.wire != before
    marked, unmarked = lift("invoices", receipt.wire, memory=known), lift("invoices", before, memory=known)
    assert marked == unmarked.model_copy(update={"counterpart": MARK.target_id})
    assert reading.fetch(connection, INVOICES, page.resume).wires == ()


def test_a_failure_is_told_with_its_reason(connection: Connection, invoice: Any) -> None:
    body = lowered(connection, Mark(status="held", reason="No tax rate"), invoice())
    assert body == {"custom": {"Xero Sync Status": "FAILED", "Xero Failure Reason": "No tax rate"}}


def test_all_attributes_that_are_missing_are_named_with_where_to_make_them(connection: Connection) -> None:
    with pytest.raises(Rejected) as raised:
        lowered(connection, MARK, {"id": "1"}, app="items")
    assert {problem.cause for problem in raised.value.problems} == {"attribute-missing"}
    assert [problem.about for problem in raised.value.problems][:2] == [
        "items: Xero Sync Status",
        "items: Xero Failure Reason",
    ]
    assert "Master Layout" in raised.value.problems[0].fix


def test_an_attribute_that_is_missing_is_left_out_and_told_once_for_the_app(
    connection: Connection, apptivo: Any, invoice: Any
) -> None:
    lacking = [one for one in LAYOUT if one["label"]["modifiedLabel"] not in ("Xero Link", "Xero Failure Reason")]
    apptivo.said, apptivo.rows["invoice"] = [], [invoice(customAttributes=[BRANCH])]
    apptivo.config |= {"webLayout": codec.dumps({"sections": [{"attributes": lacking}]}).decode()}
    firm.learn(connection, "invoices")
    body = lowered(connection, MARK, apptivo.rows["invoice"][0])
    assert "Xero Sync Status" in body["custom"]
    assert not {"Xero Link", "Xero Failure Reason"} & set(body["custom"])
    assert written(connection, body).outcome == "updated"
    notes: list[Any] = []
    cursor: Any = None
    while True:
        page = reading.fetch(connection, INVOICES, cursor)
        notes += page.notes
        cursor = page.next
        if cursor is None:
            break
    assert [note.about for note in notes] == ["invoices: Xero Failure Reason", "invoices: Xero Link"]
    assert reading.fetch(connection, INVOICES, page.resume).notes == (), "and not again before the next complete read"


def test_a_status_that_cannot_be_chosen_names_the_choice_to_add(connection: Connection, invoice: Any) -> None:
    with pytest.raises(Rejected) as raised:
        lowered(connection, Mark(status="skipped"), invoice())
    [problem] = raised.value.problems
    assert (problem.cause, problem.about) == ("option-missing", "invoices: Xero Sync Status")
    assert '"Skipped"' in problem.fix


def test_a_label_of_the_firms_own_is_one_line(connect: Connect, connection: Connection, invoice: Any) -> None:
    marks = {name: [] for name in ("status", "reason", "direction", "at", "url")} | {
        "target-id": ["Books' id", "Branch"]
    }
    own = connect(profile={"every-app": {"marks": marks}})
    own.memory.update(connection.memory)
    assert lowered(own, MARK.model_copy(update={"target_id": "North"}), invoice()) == {"custom": {"Branch": "North"}}


def test_standard_and_custom_attributes_go_in_calls_of_their_own(
    connection: Connection, apptivo: Any, invoice: Any
) -> None:
    apptivo.rows["invoice"] = [invoice()]
    body = {"standard": {"statusId": 20005, "statusName": "Paid"}, "custom": {"Xero ID": "a3f0c6c2"}}
    assert written(connection, body).outcome == "updated"
    first, second = apptivo.updates
    assert (first["names"], first["ids"]) == (["statusId", "statusName"], [])
    assert (second["names"], second["ids"]) == (["customAttributes", "input_5_2"], ["input_5_1"])
    assert [call["a"] for call in apptivo.calls] == ["getById", "update", "update", "getById"]
    assert apptivo.rows["invoice"][0]["total"] == "25.30"


def test_what_did_not_arrive_is_rejected_with_the_parameter_that_was_used(
    connection: Connection, apptivo: Any, invoice: Any
) -> None:
    apptivo.rows["invoice"], apptivo.names = [invoice()], "attributeName"
    receipt = written(connection, {"custom": {"Xero ID": "a3f0c6c2"}})
    [problem] = receipt.problems
    assert (receipt.outcome, problem.cause) == ("rejected", "not-stored")
    assert "Xero ID" in problem.what
    assert 'invoices.attribute-parameter = "attributeName"' in problem.fix


def test_a_record_that_is_gone_is_told(connection: Connection, apptivo: Any) -> None:
    receipt = written(connection, {"custom": {"Xero ID": "a"}})
    assert (receipt.outcome, [one.cause for one in receipt.problems]) == ("rejected", ["record-gone"])


def test_an_attribute_that_was_taken_off_the_layout_is_told(connection: Connection, apptivo: Any, invoice: Any) -> None:
    apptivo.rows["invoice"] = [invoice()]
    receipt = written(connection, {"custom": {"Xero Colour": "blue"}})
    assert (receipt.outcome, [one.about for one in receipt.problems]) == ("rejected", ["invoices: Xero Colour"])
    assert apptivo.updates == []


def test_a_write_that_nobody_answered_is_looked_up_and_not_repeated(
    connection: Connection, apptivo: Any, invoice: Any
) -> None:
    apptivo.rows["invoice"] = [invoice()]
    update = apptivo.update

    def lost(app: str, form: dict[str, str]) -> Any:
        update(app, form)
        raise OutcomeUnknown("no answer")

    apptivo.update = lost
    assert written(connection, {"custom": {"Xero ID": "a"}}).outcome == "updated"
    assert len(apptivo.updates) == 1


def test_a_write_is_unknown_where_the_look_up_fails_too(connection: Connection, apptivo: Any, invoice: Any) -> None:
    apptivo.said = [invoice(), OutcomeUnknown("no answer"), Unavailable("no answer")]
    assert written(connection, {"custom": {"Xero ID": "a"}}).outcome == "unknown"


def test_a_write_answered_with_nothing_readable_is_judged_by_the_record(
    connection: Connection, apptivo: Any, invoice: Any
) -> None:
    stored = invoice(statusName="Void")
    apptivo.said = [invoice(), "<html>", stored]
    assert written(connection, {"standard": {"statusName": "Void"}}).outcome == "updated"


def test_a_refusal_is_told_in_apptivos_words(connection: Connection, apptivo: Any, invoice: Any) -> None:
    apptivo.said = [invoice(), {"status": "FAILURE", "reason": "Record is locked"}]
    receipt = written(connection, {"standard": {"statusName": "Void"}})
    assert (receipt.outcome, receipt.problems[0].said) == ("rejected", "Record is locked")
    assert "may be locked" in receipt.problems[0].why


def test_refused_keys_stop_everything(connection: Connection, apptivo: Any, invoice: Any) -> None:
    apptivo.said = [invoice(), {"status": "FAILURE", "reason": "Invalid API Key"}]
    with pytest.raises(ReauthNeeded):
        written(connection, {"standard": {"statusName": "Void"}})


OWN = {
    "paymentId": 1,
    "paymentDate": "05/03/2024",
    "amount": "5.00",
    "paymentType": "Cash",
    "referenceNumber": "",
    "voided": "N",
}
XERO = {
    "paymentDate": "09/03/2024",
    "amount": "20.30",
    "paymentType": "Xero",
    "referenceNumber": "pay-1",
    "voided": "N",
}


def paid(*amounts: str, state: Any = "paid", due: str = "0") -> Settlement:
    payments = tuple(
        Payment(
            document=Ref(entity="invoices", id="5000100"),
            date=date(2024, 3, 9),
            amount=Decimal(amount),
            reference=f"pay-{number}",
        )
        for number, amount in enumerate(amounts, 1)
    )
    return Settlement(state=state, due=Decimal(due), payments=payments)


def test_a_payment_in_the_books_shows_once_beside_the_firms_own(
    connection: Connection, apptivo: Any, invoice: Any
) -> None:
    apptivo.rows["invoice"] = [invoice(payments=[OWN], amountPaid="5.00", balanceDue="20.30")]
    body = lowered(connection, paid("20.30"), apptivo.rows["invoice"][0])
    assert body["standard"] == {
        "statusId": 31005,
        "statusName": "Paid",
        "payments": [OWN, XERO],
        "amountPaid": "25.30",
        "balanceDue": "0.00",
    }
    assert written(connection, body).outcome == "updated"
    assert lowered(connection, paid("20.30"), apptivo.rows["invoice"][0]) == {}


def test_a_payment_removed_in_the_books_goes_and_the_document_is_open_again(
    connection: Connection, invoice: Any
) -> None:
    now = invoice(payments=[OWN, XERO], amountPaid="25.30", balanceDue=0, statusId=20005, statusName="Paid")
    assert lowered(connection, paid(state="open", due="20.30"), now) == {
        "standard": {
            "statusId": 20002,
            "statusName": "Sent",
            "payments": [OWN],
            "amountPaid": "5.00",
            "balanceDue": "20.30",
        }
    }


def test_the_first_payment_on_a_document_is_written(connection: Connection, invoice: Any) -> None:
    body = lowered(connection, paid("25.30"), invoice())
    assert body["standard"]["payments"] == [XERO | {"amount": "25.30"}]
    assert body["standard"]["amountPaid"] == "25.30"


def test_a_part_payment_is_told(connection: Connection, invoice: Any) -> None:
    body = lowered(connection, paid("10", state="part-paid", due="15.30"), invoice())
    assert (body["standard"]["statusName"], body["standard"]["statusId"]) == ("Partially Paid", 20004)
    assert (body["standard"]["amountPaid"], body["standard"]["balanceDue"]) == ("10.00", "15.30")


def test_a_part_payment_leaves_the_status_where_the_firm_has_none_for_it(connection: Connection, invoice: Any) -> None:
    body = lowered(
        connection,
        paid("10", state="part-paid", due="15.30"),
        invoice(),
        **{"states:invoices": {"paid": ["1", "Paid"]}},
    )
    assert "statusName" not in body["standard"]


def test_what_the_firm_says_is_paid_itself_is_not_taken_back(connection: Connection, invoice: Any) -> None:
    now = invoice(statusId=20005, statusName="Paid", amountPaid="25.30")
    assert lowered(connection, paid(state="open", due="25.30"), now) == {}


def test_a_document_paid_by_a_credit_is_paid_without_a_payment(connection: Connection, invoice: Any) -> None:
    body = lowered(connection, paid(), invoice())
    assert body["standard"] == {
        "statusId": 31005,
        "statusName": "Paid",
        "amountPaid": "0.00",
        "balanceDue": "0.00",
    }


def test_a_void_is_told_and_stays(connection: Connection, invoice: Any) -> None:
    body = lowered(connection, paid(state="void"), invoice())
    assert body == {"standard": {"statusId": 20006, "statusName": "Void"}}
    assert lowered(connection, paid("1"), invoice(statusId=20006, statusName="Void")) == {}


def test_a_status_that_the_firm_has_not_enabled_is_named(connection: Connection, invoice: Any) -> None:
    with pytest.raises(Rejected) as raised:
        lowered(connection, paid(state="void"), invoice(), **{"states:invoices": {"paid": ["1", "Paid"]}})
    [problem] = raised.value.problems
    assert (problem.cause, problem.about) == ("status-missing", "invoices: void")
    assert "invoices.states.void.name" in problem.fix


def test_a_firms_own_status_is_found_by_what_the_profile_says_it_means(
    connect: Connect, connection: Connection, invoice: Any
) -> None:
    own = connect(profile={"invoices": {"statuses": {"Cleared": "settled", "41": "live", "40": "live", "42": "live"}}})
    own.memory.update(connection.memory)
    own.memory["states:invoices"] = {
        "issued": ["41", "Issued"],
        "new": ["40", "New"],
        "partlycleared": ["42", "Partly cleared"],
        "cleared": ["43", "Cleared"],
    }
    for state, due, id, name in (
        ("paid", "0", 43, "Cleared"),
        ("part-paid", "5.30", 42, "Partly cleared"),
        ("open", "25.30", 40, "New"),
    ):
        now = invoice(statusId=43, statusName="Cleared", payments=[XERO]) if state == "open" else invoice()
        body = lowered(own, paid(*([] if state == "open" else ["20"]), state=state, due=due), now)
        assert (body["standard"]["statusId"], body["standard"]["statusName"]) == (id, name)


def test_only_documents_that_are_paid_are_settled() -> None:
    settled = {one.name for one in APPTIVO.resources if Settlement in one.also_lower}
    assert settled == {"invoices", "supplier-invoices"}
    assert all(Mark in one.also_lower for one in APPTIVO.resources if one.name != "payments")


@pytest.mark.parametrize("name", ['A & B "C" + D', "50% = ü\n;", "{}", "</script>"])
def test_any_mark_survives_being_written_and_read(connect: Connect, apptivo: Any, name: str) -> None:
    apptivo.rows["items"], apptivo.names = [{"id": "1", "itemName": "x"}], "attributeName"
    assert made.written(connect(), {"standard": {"itemName": name}}, made.ITEMS).outcome == "updated"
    assert apptivo.rows["items"][0]["itemName"] == name


def test_a_read_is_tried_again_with_growing_pauses_and_a_write_is_not(connect: Connect, apptivo: Any) -> None:
    connection = connect()
    clock: Any = connection.clock
    apptivo.said = ["", "", {"id": "1"}, OutcomeUnknown("no answer"), {"id": "1"}]
    assert made.written(connection, {"standard": {"note": "new"}}).outcome == "later"
    assert clock.waited == [1.0, 3.0]
    assert [call["a"] for call in apptivo.calls].count("update") == 1


def test_nothing_is_saved_so_nothing_is_saved_twice(connect: Connect, apptivo: Any) -> None:
    receipt = made.written(connect(), {"standard": {"total": "1"}}, op="create")
    assert (receipt.outcome, receipt.problems[0].cause, apptivo.calls) == ("rejected", "update-only", [])


def test_delete_is_never_called(connect: Connect, apptivo: Any) -> None:
    for op in ("void", "remove"):
        assert made.written(connect(), {"standard": {}}, op=op).outcome == "rejected"
    assert apptivo.calls == []
    assert "delete" not in shipped().model_dump_json().lower()
