"""Webhooks of the sandbox: signature, intent to receive, events, repeats (docs/facts/xero.md, "Webhooks")."""

import hmac
import json
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest
from tieout_sandbox.clock import Clock
from tieout_sandbox.fake import Fake, Options
from tieout_sandbox.xero.app import create

KEY = "signing key of the test"


class Receiver:
    """A receiver that keeps the events it accepts; `status` is what it answers to a right signature."""

    def __init__(self) -> None:
        self.status = 200
        self.checks_signature = True
        self.deliveries: list[Any] = []
        self.bodies: list[bytes] = []
        received = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.send_response(received.judge(self.rfile.read(int(self.headers["content-length"])), self.headers))
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = HTTPServer(("localhost", 0), Handler)
        self.url = f"http://localhost:{self.server.server_port}/hooks"

    def judge(self, body: bytes, headers: Any) -> int:
        right = b64encode(hmac.new(KEY.encode(), body, sha256).digest()).decode()
        if self.checks_signature and headers["x-xero-signature"] != right:
            return 401
        self.bodies.append(body)
        if self.status == 200:
            self.deliveries.append(json.loads(body))
        return self.status

    @property
    def events(self) -> list[Any]:
        return [event for delivery in self.deliveries for event in delivery["events"]]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def subscribe(xero: Any, receiver: Receiver) -> Any:
    """The answer to setting the receiver."""
    return xero.http.post("/_sandbox/webhooks", json={"url": receiver.url, "key": KEY}).json()


def told(xero: Any) -> Any:
    """The receiver's state when all that is due has been sent."""
    return xero.http.get("/_sandbox/webhooks").json()


def test_intent_to_receive_is_checked_with_right_and_wrong_signatures(xero: Any, receiver: Receiver) -> None:
    assert subscribe(xero, receiver)["status"] == "active"
    assert [(each["events"], each["lastEventSequence"]) for each in receiver.deliveries] == [([], 0), ([], 0)]


def test_53_the_signature_is_over_the_raw_bytes_and_matches_no_second_writing_of_them(
    xero: Any, receiver: Receiver
) -> None:
    subscribe(xero, receiver)
    xero.contact()
    told(xero)
    assert receiver.events
    for body in receiver.bodies:
        again = json.loads(body)
        assert body not in (json.dumps(again).encode(), json.dumps(again, separators=(",", ":")).encode())


def test_receiver_that_takes_any_signature_is_refused_and_told_nothing(xero: Any, receiver: Receiver) -> None:
    receiver.checks_signature = False
    assert subscribe(xero, receiver)["status"] == "refused"
    xero.contact()
    assert (told(xero)["pending"], receiver.events) == (1, [])


def test_creates_and_updates_are_told_in_order(xero: Any, receiver: Receiver) -> None:
    subscribe(xero, receiver)
    made = xero.saved()
    xero.post("Invoices", {"InvoiceID": made["InvoiceID"], "Reference": "new"})
    state = told(xero)
    assert [(each["eventCategory"], each["eventType"]) for each in receiver.events] == [
        ("CONTACT", "CREATE"),
        ("INVOICE", "CREATE"),
        ("INVOICE", "UPDATE"),
    ]
    last = receiver.events[-1]
    assert (last["resourceId"], last["tenantId"]) == (made["InvoiceID"], xero.credentials["tenant-id"])
    assert last["resourceUrl"] == f"{xero.credentials['api-url']}/Invoices/{made['InvoiceID']}"
    assert (state["pending"], state["lastEventSequence"]) == (0, 3)
    assert [each["lastEventSequence"] for each in receiver.deliveries if each["events"]][-1] == 3


def test_credit_notes_tell_type_and_status_and_items_tell_nothing(xero: Any, receiver: Receiver) -> None:
    contact = xero.contact()
    subscribe(xero, receiver)
    xero.put("Items", {"Code": "P-1"})
    note = {"Type": "ACCRECCREDIT", "Contact": {"ContactID": contact}, "LineItems": [{"Description": "x"}]}
    xero.put("CreditNotes", note)
    told(xero)
    [event] = receiver.events
    assert (event["eventCategory"], event["data"]) == ("CREDITNOTE", {"Type": "ACCRECCREDIT", "Status": "DRAFT"})


@pytest.mark.parametrize("kind", ["PREPAYMENT", "OVERPAYMENT"])
def test_money_ahead_of_its_invoice_is_told(xero: Any, receiver: Receiver, line: Any, kind: str) -> None:
    contact = {"ContactID": xero.contact()}
    subscribe(xero, receiver)
    create = {"Type": f"RECEIVE-{kind}", "Contact": contact, "LineItems": [line()]}
    xero.edit(collection=f"{kind.capitalize()}s", create=create)
    told(xero)
    assert [(each["eventCategory"], each["eventType"]) for each in receiver.events] == [(kind, "CREATE")]


def test_edits_of_a_person_and_payments_are_told(xero: Any, receiver: Receiver) -> None:
    made = xero.saved(Status="AUTHORISED")
    subscribe(xero, receiver)
    xero.edit(collection="Invoices", id=made["InvoiceID"], set={"Reference": "by hand"})
    payment = {"Invoice": {"InvoiceID": made["InvoiceID"]}, "Account": {"Code": "090"}, "Amount": 1}
    xero.put("Payments", {**payment, "Date": "2026-11-05"})
    told(xero)
    assert [(each["eventCategory"], each["eventType"]) for each in receiver.events] == [("INVOICE", "UPDATE")] * 2


def test_refused_writes_and_resets_are_not_told(xero: Any, receiver: Receiver) -> None:
    subscribe(xero, receiver)
    xero.put("Contacts", {"Name": "a <b>"})
    xero.http.post("/_sandbox/reset")
    assert (told(xero)["pending"], receiver.events) == (0, [])


def test_failed_delivery_is_repeated_after_fifteen_minutes(xero: Any, receiver: Receiver) -> None:
    subscribe(xero, receiver)
    receiver.status = 500
    xero.contact("First Ltd")
    assert (told(xero)["pending"], receiver.events) == (1, [])
    receiver.status = 200
    assert told(xero)["pending"] == 1
    xero.clock.advance(15 * 60)
    assert told(xero)["pending"] == 0
    assert [each["eventType"] for each in receiver.events] == ["CREATE"]


def test_a_day_of_failures_disables_until_the_receiver_is_set_again(xero: Any, receiver: Receiver) -> None:
    subscribe(xero, receiver)
    receiver.status = 500
    xero.contact("First Ltd")
    told(xero)
    xero.clock.advance(24 * 3600)
    assert told(xero)["status"] == "disabled"
    receiver.status = 200
    xero.clock.advance(3600)
    assert told(xero)["pending"] == 1
    assert subscribe(xero, receiver)["pending"] == 0
    assert [each["eventType"] for each in receiver.events] == ["CREATE"]


def test_the_sandbox_goes_on_answering_while_a_receiver_is_told(
    serve: Callable[[Callable[[str], Fake]], Fake], receiver: Receiver
) -> None:
    with ThreadPoolExecutor(1) as errands:
        fake = serve(lambda origin: create(Options(origin, errands=errands), Clock()))
        origin, asked = fake.credentials["identity-url"], []

        def judge(body: bytes, headers: Any) -> int:
            asked.append(httpx.get(f"{origin}/_sandbox/clock", trust_env=False, timeout=2).status_code)
            return Receiver.judge(receiver, body, headers)

        receiver.judge = judge  # type: ignore[method-assign]
        with httpx.Client(base_url=f"{origin}/_sandbox", trust_env=False) as http:
            assert http.post("/webhooks", json={"url": receiver.url, "key": KEY}).json()["status"] == "active"
            http.post("/edit", json={"collection": "Contacts", "create": {"Name": "New Ltd"}})
            assert http.get("/webhooks").json()["pending"] == 0
    assert [each["eventCategory"] for each in receiver.events] == ["CONTACT"]
    assert asked == [200] * 5


@pytest.mark.parametrize(
    "given", [{}, {"url": "http://localhost:1"}, {"url": "http://example.com/", "key": "k"}, {"url": 1, "key": "k"}, []]
)
def test_receiver_must_be_on_this_machine_and_have_a_key(xero: Any, given: Any) -> None:
    assert xero.http.post("/_sandbox/webhooks", json=given).status_code == 400
    assert told(xero)["status"] == "none"
