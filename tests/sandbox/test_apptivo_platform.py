"""The paths of the fake Apptivo that belong to no app: session, bulk reading, views, notes, documents, e-mail."""

import base64
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

LOGIN = {"a": "login", "generateSessionkey": "true", "getSessionToken": "true"}
PERSON = {"emailId": "sandbox@firm.example", "password": "sandbox-password", "firmId": "90001"}
QUIET = {"isSendEmail": "N", "isNotifyAssignee": "N", "isNotifyCustomer": "N", "isDisplayToCustomer": "N"}
INVOICE = {"objectId": 33, "objectRefId": 8}


@pytest.fixture
def apptivo(apptivo_of: Callable[[Path], Any], tmp_path: Path) -> Any:
    """A firm with two invoices and a few customers, one of them inactive."""
    (tmp_path / "invoices.json").write_text('[{"id": "8", "invoiceNumber": "INV-8"}, {"id": "9", "statusId": 20005}]')
    (tmp_path / "customers.json").write_text(
        '[{"id": "1", "customerName": "A"}, {"id": "2", "customerName": "B", "objectStatus": "1"}]'
    )
    (tmp_path / "contacts.json").write_text('[{"id": "5", "fullName": "Ana"}]')
    (tmp_path / "firm.toml").write_text(
        '[sandbox]\npage-cap = 1\n[apps.invoices.views]\n"done" = { name = "Done", statuses = ["paid", "void"] }'
    )
    return apptivo_of(tmp_path)


def signed_in(apptivo: Any, **other: str) -> Any:
    return apptivo.http.post("/app/login", params=LOGIN, data=PERSON | other).json()


def test_a_person_gets_a_session_key_that_stands_for_the_keys(apptivo: Any) -> None:
    key = signed_in(apptivo)["responseObject"]["authenticationKey"]
    found = apptivo.http.post("/app/dao/v6/invoice", data={"a": "getAll", "sessionKey": key}).json()
    assert found["countOfRecords"] == 2
    assert signed_in(apptivo, password="x")["status"] == "FAILURE"
    for wrong in ({"sessionKey": "x"}, {"sessionKey": key, "apiKey": "x", "accessKey": "y"}):
        assert apptivo.http.post("/app/dao/v6/invoice", data={"a": "getAll"} | wrong).json()["status"] == "FAILURE"


def test_bulk_reading_needs_a_session_and_gives_all_rows_at_once(apptivo: Any) -> None:
    assert apptivo.ask("v6/datamanagement", "getAll", objectId=3)["status"] == "FAILURE"
    key = signed_in(apptivo)["responseObject"]["authenticationKey"]
    whole = apptivo.ask("v6/datamanagement", "getAll", objectId=3, sessionKey=key, startIndex=0, numRecords=5000)
    assert ([row["id"] for row in whole["data"]], whole["countOfRecords"]) == (["1", "2"], 2)
    active = apptivo.ask("v6/datamanagement", "getAll", objectId=3, objectStatus=0, sessionKey=key)
    assert (len(active["data"]), active["countOfRecords"]) == (1, 1), "the count is that of the batch"
    assert apptivo.ask("v6/datamanagement", "getAll", objectId=9999, sessionKey=key)["status"] == "FAILURE"


def test_saved_views_are_named_by_the_configuration_and_read_like_lists(apptivo: Any) -> None:
    settings = apptivo.ask("v6/invoice", "getConfigData", objectId=33)["viewSettings"]
    assert {each["viewCode"] for each in settings} == {"updated-2-days", "done"}

    def shown(code: str) -> list[str]:
        params = {"viewCode": code, "objectId": 33, "startIndex": 0, "numRecords": 50, "status": 0}
        return [row["id"] for row in apptivo.ask("v5/appsettings", "getAllByCustomView", **params).get("data", [])]

    assert shown("done") == ["9"]
    assert shown("updated-2-days") == []
    apptivo.edit(collection="invoices", id=8, set={"poNumber": "1"})
    assert shown("updated-2-days") == ["8"]
    apptivo.clock.advance(timedelta(days=3).total_seconds())
    assert shown("updated-2-days") == []
    unknown = apptivo.ask("v5/appsettings", "getAllByCustomView", viewCode="none", objectId=33)
    assert "No view 'none'" in unknown["reason"]


def test_a_quiet_note_is_kept_and_mails_nobody(apptivo: Any) -> None:
    made = apptivo.ask("note", "createNote", noteDetails={"noteText": "In the books", **INVOICE, **QUIET})
    note = made["responseObject"]
    assert (note["noteText"], note["isSendEmail"]) == ("In the books", "N")
    held = apptivo.ask("note", "getNotes", selectedObjectId=33, selectedObjectRefId=8, isFrom="App", noteData={})
    assert [each["noteId"] for each in held["data"]] == [note["noteId"]]
    assert apptivo.ask("note", "getNotes", selectedObjectId=33, selectedObjectRefId=9) == {"countOfRecords": 0}
    assert "mails" not in apptivo.state()


@pytest.mark.parametrize("flag", ["isSendEmail", "isNotifyAssignee", "isNotifyCustomer"])
def test_a_flag_that_does_not_say_no_mails_somebody(flag: str, apptivo: Any) -> None:
    flags = {key: value for key, value in QUIET.items() if key != flag}
    apptivo.ask("note", "createNote", noteDetails={"noteText": "x", **INVOICE, **flags})
    apptivo.ask("note", "createNote", noteDetails={"noteText": "x", **INVOICE, **flags, flag: "Y"})
    assert [mail["because"] for mail in apptivo.state()["mails"]] == [flag, flag]


def test_a_note_needs_a_text_and_a_record(apptivo: Any) -> None:
    assert apptivo.ask("note", "createNote", noteDetails={**INVOICE})["reason"] == "noteText is required"
    lost = apptivo.ask("note", "createNote", noteDetails={"noteText": "x", "objectId": 33, "objectRefId": 77})
    assert "No invoice was found" in lost["reason"]
    assert "notes" not in apptivo.state()


def test_the_older_form_of_a_note_answers_its_id(apptivo: Any) -> None:
    made = apptivo.ask("note", "save", noteData={"noteText": "old", **QUIET}, objectId=33, objRefId=8)
    assert made == {"noteId": apptivo.state()["notes"][0]["noteId"]}


def test_a_document_is_stored_listed_and_fetched_without_keys(apptivo: Any) -> None:
    content = b"%PDF-1.4 \x00\xff"
    given = {"docName": "a.pdf", "docTitle": "A", "docType": "application/pdf", "docSize": len(content)}
    encoded = base64.b64encode(content).decode()
    made = apptivo.ask("document", "uploadDoc", **INVOICE, **given, encodedDocStr=encoded)["responseObject"]
    assert (made["docName"], made["docSize"]) == ("a.pdf", len(content))
    listed = apptivo.ask("document", "getAllDocumentsByObjectIdObjectRefId", objectId=33, objRefId=8)
    assert [(each["id"], "encodedDocStr" in each) for each in listed["data"]] == [(made["id"], False)]
    url = apptivo.ask("document", "getDocumentDownloadUrl", id=made["id"])["responseObject"]["downloadUrl"]
    assert url.startswith("http://localhost:1/")
    assert apptivo.http.get(url).content == content
    assert apptivo.http.get(url, params=apptivo.keys).status_code == 403, "the keys are nothing for a file server"
    assert apptivo.http.get(urlsplit(url).path[:-1]).status_code == 404


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"docSize": 4}, "docSize is 4, the document has 3 bytes"),
        ({"encodedDocStr": "?"}, "encodedDocStr is not valid base64"),
        ({"docName": ""}, "docName is required"),
        ({"objectRefId": 77}, "No invoice was found"),
        ({"objectId": 5}, "objectId '5' is not known"),
    ],
)
def test_a_document_that_makes_no_sense_is_refused(change: dict[str, Any], reason: str, apptivo: Any) -> None:
    given = {"docName": "a", "docTitle": "A", "docType": "t", "docSize": 3, "encodedDocStr": "YWJj", **INVOICE}
    assert reason in apptivo.ask("document", "uploadDoc", **(given | change))["reason"]
    assert "documents" not in apptivo.state()


def test_an_e_mail_is_kept_instead_of_sent(apptivo: Any) -> None:
    apptivo.ask("emails", "send", emailData={"to": "a@b.example", "subject": "Hello"}, **INVOICE)
    assert [(mail["to"], mail["objectRefId"]) for mail in apptivo.state()["mails"]] == [("a@b.example", 8)]


def test_a_contact_can_be_linked_with_a_customer(apptivo: Any) -> None:
    apptivo.ask("v6/customers", "addContact", customerId=1, contactIds=[5])
    found = apptivo.ask("v6/customers", "getCustomerContacts", customerId=1, objectId=2)
    assert [(row["id"], row["accountName"]) for row in found["data"]] == [("5", "A")]


def test_what_is_attached_goes_with_a_reset(apptivo: Any) -> None:
    apptivo.ask("note", "createNote", noteDetails={"noteText": "x", **INVOICE})
    apptivo.http.post("/_sandbox/reset")
    assert not {"notes", "mails"} & apptivo.state().keys()


def test_now_and_then_a_page_or_nothing_is_the_answer(apptivo_of: Callable[[Path], Any], tmp_path: Path) -> None:
    (tmp_path / "firm.toml").write_text("[sandbox]\nhtml-every = 3\nempty-every = 4")
    apptivo = apptivo_of(tmp_path)

    def kind() -> str:
        answer: httpx.Response = apptivo.http.post("/app/dao/v6/items", data=apptivo.keys | {"a": "getAll"})
        assert answer.status_code == 200
        return answer.headers["content-type"].split(";")[0] if answer.content else "nothing"

    assert [kind() for _ in range(4)] == ["application/json", "application/json", "text/html", "nothing"]
