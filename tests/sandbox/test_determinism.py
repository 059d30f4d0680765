"""Two sandboxes of one seed that read the same clock and get the same requests give the same bytes, in any process.

Run as a program, this module goes through a long exchange with the seed of its argument and prints a digest of it.
"""

import base64
import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from tieout_sandbox import codec
from tieout_sandbox.clock import Clock
from tieout_sandbox.exchange import Request
from tieout_sandbox.fake import Options
from tieout_sandbox.firm import generate
from tieout_sandbox.inprocess import InProcess
from tieout_sandbox.xero.app import create

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
REDIRECT = "http://localhost:5555/callback"
APPS = ("customers", "contacts", "suppliers", "items", "invoices", "supplier-invoices", "purchase-orders")


class Exchange:
    """A sandbox, and a digest of all that it answered and posted so far."""

    def __init__(self, seed: int, **options: Any) -> None:
        self.readings = 0
        self.sum = sha256()
        firm = generate()
        records = {app: firm[app][:12] for app in APPS}
        clock = Clock(source=self.now)
        self.sandbox = InProcess(records=records, clock=clock, seed=seed, post=self.post, **options)
        self.http = httpx.Client(transport=self.sandbox.transport(lambda seconds: None))
        self.posted = 0
        self.note(self.sandbox.line().encode())
        self.token = self.sandbox.xero["authorised"]["access-token"]

    def now(self) -> datetime:
        """A clock of which every reading is 7 ms later than the one before."""
        self.readings += 1
        return START + self.readings * timedelta(milliseconds=7)

    def post(self, url: str, body: bytes, headers: Any) -> int:
        """A receiver that tells the right signatures of its check from the wrong ones."""
        self.note(body, codec.dumps(dict(headers)).encode())
        self.posted += 1
        return 401 if self.posted in (2, 4) else 200

    def note(self, *parts: bytes) -> None:
        for part in parts:
            self.sum.update(b"%d " % len(part) + part)

    def send(self, method: str, url: str, **more: Any) -> httpx.Response:
        try:
            answer = self.http.request(method, url, **more)
        except httpx.RemoteProtocolError:
            self.note(b"closed")
            return httpx.Response(599)
        self.note(b"%d" % answer.status_code, repr(answer.headers.raw).encode(), answer.content)
        return answer

    def xero(self, method: str, path: str, body: Any = None, headers: Any = None, **query: Any) -> Any:
        named = {"Authorization": f"Bearer {self.token}", "Xero-Tenant-Id": self.sandbox.xero["tenant-id"]}
        named |= {"Accept": "application/json"} | (headers or {})
        content = None if body is None else body if isinstance(body, bytes) else codec.dumps(body)
        url = f"{self.sandbox.xero['api-url']}/{path}"
        answer = self.send(method, url, params=query, content=content, headers=named)
        return codec.loads(answer.content) if answer.content[:1] == b"{" else None

    def apptivo(self, path: str, action: str, **params: Any) -> Any:
        keys = {"apiKey": self.sandbox.apptivo["api-key"], "accessKey": self.sandbox.apptivo["access-key"]}
        form = {key: json.dumps(value) if isinstance(value, dict | list) else value for key, value in params.items()}
        url = f"{self.sandbox.apptivo['base-url']}/dao/{path}"
        return codec.loads(self.send("POST", url, data=keys | {"a": action} | form).content or b"{}")

    def control(self, system: str, path: str, body: Any = None) -> Any:
        base = self.sandbox.xero["identity-url"]
        base = base if system == "xero" else self.sandbox.apptivo["base-url"].removesuffix("/app")
        content = None if body is None else codec.dumps(body)
        answer = self.send("GET" if body is None else "POST", f"{base}/_sandbox/{path}", content=content)
        return codec.loads(answer.content)


def line(**more: Any) -> dict[str, Any]:
    usual = {"Description": "Pump", "Quantity": 2, "UnitAmount": Decimal("50.00"), "TaxType": "OUTPUT"}
    return {**usual, "AccountCode": "200", **more}


def sign_in(exchange: Exchange) -> None:
    """A person consents; the tokens that come of it are refreshed."""
    xero = exchange.sandbox.xero
    origin, keys = xero["identity-url"], (xero["client-id"], xero["client-secret"])
    exchange.send("GET", f"{origin}/.well-known/openid-configuration")
    exchange.send("GET", f"{origin}/.well-known/openid-configuration/jwks")
    asked = {"response_type": "code", "client_id": keys[0], "redirect_uri": REDIRECT, "state": "s"}
    asked["scope"] = "openid email offline_access accounting.contacts"
    page = exchange.send("GET", f"{origin}/identity/connect/authorize", params=asked)
    ticket = re.search(r'name="request" value="([^"]+)"', page.text)
    assert ticket
    person = {"request": ticket[1], "email": "ana.b@example.com", "password": "x"}
    exchange.send("POST", f"{origin}/identity/login", data=person)
    back = exchange.send("POST", f"{origin}/identity/consent", data={"request": ticket[1], "decision": "allow"})
    code = parse_qs(urlsplit(back.headers["location"]).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    tokens = exchange.send("POST", f"{origin}/connect/token", data=form, auth=keys).json()
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    exchange.send("POST", f"{origin}/connect/token", data=form, auth=keys)
    custom = xero["custom-connection"]
    form = {"grant_type": "client_credentials"}
    exchange.send("POST", f"{origin}/connect/token", data=form, auth=(custom["client-id"], custom["client-secret"]))
    exchange.send("GET", f"{origin}/connections", headers={"Authorization": f"Bearer {tokens['access_token']}"})


def keep_books(exchange: Exchange) -> None:
    """Records of every kind are written and read in Xero, some in vain."""
    xero = exchange.xero
    exchange.control("xero", "webhooks", {"url": "http://localhost:1/hooks", "key": "k"})
    contact = xero("PUT", "Contacts", {"Name": "Acme Pumps"})["Contacts"][0]
    party = {"ContactID": contact["ContactID"]}
    xero("PUT", "Items", {"Code": "I-1", "Name": "Item", "SalesDetails": {"UnitPrice": 5, "AccountCode": "200"}})
    sale = {"Type": "ACCREC", "Status": "AUTHORISED", "Contact": party, "Date": "2026-11-03", "DueDate": "2026-12-03"}
    tracked = line(Tracking=[{"Name": "Region", "Option": "North"}])
    elements = [{**sale, "LineItems": [tracked, line(ItemCode="I-1")]}, {"Type": "?"}, {**sale, "LineItems": [line()]}]
    made = xero("PUT", "Invoices", {"Invoices": elements}, {"Idempotency-Key": "k"}, summarizeErrors="false")
    xero("PUT", "Invoices", {"Invoices": elements}, {"Idempotency-Key": "k"}, summarizeErrors="false")
    identity = made["Invoices"][0]["InvoiceID"]
    exchange.control("xero", "faults", {"fault": "reorder"})
    xero("PUT", "Contacts", {"Contacts": [{"Name": "B"}, {"Name": "C"}]}, summarizeErrors="false")
    paid = {"Invoice": {"InvoiceID": identity}, "Account": {"Code": "090"}, "Amount": 10, "Date": "2026-11-05"}
    xero("PUT", "Payments", paid)
    note = xero("PUT", "CreditNotes", {**sale, "Type": "ACCRECCREDIT", "LineItems": [line()]})["CreditNotes"][0]
    allocation = {"Invoice": {"InvoiceID": identity}, "Amount": 3, "Date": "2026-11-05"}
    xero("PUT", f"CreditNotes/{note['CreditNoteID']}/Allocations", allocation)
    xero("PUT", "PurchaseOrders", {"Contact": party, "LineItems": [line(AccountCode="300", TaxType="INPUT")]})
    group = xero("PUT", "ContactGroups", {"Name": "Group"})["ContactGroups"][0]
    xero("PUT", f"ContactGroups/{group['ContactGroupID']}/Contacts", party)
    xero("PUT", "TrackingCategories", {"Name": "Team", "Options": [{"Name": "Red"}, {"Name": "Blue"}]})
    xero("PUT", "Accounts", {"Code": "999", "Name": "New", "Type": "EXPENSE"})
    xero("PUT", "TaxRates", {"Name": "New", "ReportTaxType": "INPUT", "TaxComponents": [{"Name": "a", "Rate": 3}]})
    xero("PUT", "Currencies", {"Code": "CHF"})
    xero("PUT", f"Invoices/{identity}/History", {"Details": "note"})
    xero("PUT", f"Invoices/{identity}/Attachments/a.txt", b"any bytes", {"Content-Type": "text/plain"})
    for path in (f"{identity}/Attachments", f"{identity}/Attachments/a.txt", f"{identity}/OnlineInvoice", "nothing"):
        xero("GET", f"Invoices/{path}")
    wanted = {"collection": "Invoices", "id": identity}
    prices = {"LineItems.0.UnitAmount": Decimal("49.00"), "LineItems.0.Description": "by hand"}
    exchange.control("xero", "edit", {**wanted, "set": {"Reference": "by hand"}})
    exchange.control("xero", "edit", {"collection": "Invoices", "id": made["Invoices"][2]["InvoiceID"], "set": prices})
    money = {"Type": "RECEIVE-PREPAYMENT", "Contact": party, "LineItems": [line()]}
    exchange.control("xero", "edit", {"collection": "Prepayments", "create": money})
    exchange.control("xero", "edit", {"collection": "nothing", "id": 1})
    for path in ("Contacts", "Invoices", "CreditNotes", "Payments", "PurchaseOrders", "Items", "Accounts", "Users"):
        xero("GET", path, where='Status=="AUTHORISED"' if path == "Invoices" else "", page=1)
        xero("GET", path, headers={"Accept": "application/xml"}, order="UpdatedDateUTC DESC")
    xero("GET", f"Invoices/{identity}", headers={"Accept": "application/pdf"})
    xero("GET", "Organisation", headers={"Xero-Tenant-Id": "nobody's"})
    xero("GET", "Contacts", where="nonsense==")
    for fault in ("token-expired", "429-minute", "drop-after-commit", "html"):
        exchange.control("xero", "faults", {"fault": fault})
        xero("PUT", "Contacts", {"Name": f"In spite of {fault}"})
    exchange.control("xero", "webhooks")
    exchange.control("xero", "calls")


def sell(exchange: Exchange) -> None:
    """Records are read and changed in Apptivo, by programs and by people."""
    ask = exchange.apptivo
    person = {"emailId": "sandbox@firm.example", "password": "sandbox-password", "firmId": "90001"}
    session = {"a": "login", "generateSessionkey": "true"}
    exchange.send("POST", f"{exchange.sandbox.apptivo['base-url']}/login", params=session, data=person)
    edits = [{"create": {"itemName": "New"}}, {"id": 4000002, "delete": True}]
    exchange.control("apptivo", "meanwhile", {"collection": "items", "edits": edits})
    for path, object_id in (("customers", 3), ("items", 13), ("invoice", 33)):
        ask(f"v6/{path}", "getConfigData", objectId=object_id)
        ask(f"v6/{path}", "getAll", numRecords=5, sortColumn="lastUpdateDate", sortDir="desc")
        ask(f"v6/{path}", "getAllBySearchText", searchText="a")
    data = {"customerName": "Acme", "website": "w", "description": "d", "ticker": "t", "skypeName": "s", "rank": 1}
    given = {"customerId": 1000001, "customerData": data, "attributeName": [*reversed(data)]}
    ask("v6/customers", "update", **given)
    ask("v6/customers", "save", customerData=data)
    place = {"objectId": 33, "objectRefId": 5000001}
    ask("note", "createNote", noteDetails={"noteText": "In the books", **place})
    text = base64.b64encode(b"content").decode()
    document = {"docName": "a", "docTitle": "A", "docType": "t", "docSize": 7, "encodedDocStr": text}
    ask("document", "uploadDoc", **place, **document)
    ask("document", "getDocumentDownloadUrl", id=800001)
    change = {"lines.0.quantity": 3, "payments": [{"amount": "40.00", "paymentType": "Cheque"}]}
    exchange.control("apptivo", "edit", {"collection": "invoices", "id": 5000001, "set": change})
    exchange.control("apptivo", "calls")


def digest(seed: int) -> str:
    """The digest of the whole exchange, once more after a reset."""
    exchange = Exchange(seed)
    for _ in range(2):
        sign_in(exchange)
        keep_books(exchange)
        sell(exchange)
        for system in ("apptivo", "xero"):
            exchange.note(codec.dumps(exchange.sandbox.state(system)).encode())
            exchange.control(system, "reset", {})
    return exchange.sum.hexdigest()


def elsewhere(seed: int, hash_seed: str) -> str:
    """The digest of another process, whose sets have another order."""
    asked = (sys.executable, str(Path(__file__)), str(seed))
    ran = subprocess.run(asked, env=os.environ | {"PYTHONHASHSEED": hash_seed}, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_a_seed_decides_every_byte_in_every_process() -> None:
    here = digest(1)
    assert [elsewhere(1, hash_seed) for hash_seed in ("1", "2")] == [here, here]
    assert digest(2) != here


def test_without_a_seed_no_id_or_token_is_ever_that_of_another_sandbox() -> None:
    one, other = InProcess(records={}), InProcess(records={})
    for kind in ("access-token", "refresh-token"):
        assert one.xero["authorised"][kind] != other.xero["authorised"][kind]
    assert one.state("xero")["Connections"][0]["id"] != other.state("xero")["Connections"][0]["id"]


def test_a_run_that_goes_on_from_a_state_makes_new_ids_and_the_same_ones_each_time() -> None:
    def made(**options: Any) -> tuple[InProcess, list[str]]:
        exchange = Exchange(3, **options)
        contacts = [{"Name": f"{len(options)}/{number}"} for number in range(40)]
        created = exchange.xero("PUT", "Contacts", {"Contacts": contacts})["Contacts"]
        return exchange.sandbox, [each["ContactID"] for each in created]

    first, before = made()
    state = {system: first.state(system) for system in ("apptivo", "xero")}
    (second, after), (_, again) = made(state=state), made(state=state)
    assert after == again
    assert [each["ContactID"] for each in second.state("xero")["Contacts"]][-80:] == before + after


@pytest.mark.parametrize("seed", [7, "seven"])
def test_a_seed_signs_with_the_key_that_ships_unless_another_is_given(seed: int | str) -> None:
    def state(**options: Any) -> Any:
        fake = create(Options("http://localhost:1", **options), Clock(source=lambda: START))
        answer = fake.answer(Request("GET", "/_sandbox/state"))
        assert answer
        return codec.loads(answer.body)["Grants"]

    given = state()["Key"]
    assert given["kid"] != state(seed=seed)["Key"]["kid"]
    assert state(seed=seed) == state(seed=seed)
    assert state(seed=seed, signing_key=given)["Key"] == given


if __name__ == "__main__":
    sys.stdout.write(digest(int(sys.argv[1])))
