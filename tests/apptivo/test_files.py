"""The documents that are stored on a record, and notes of which nobody is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import tieout_apptivo
from tieout.api import codec
from tieout.api.contract import Connection
from tieout.api.errors import Rejected
from tieout.api.http import Reply
from tieout_apptivo import APPTIVO

from . import made

Connect = Callable[..., Connection]
INVOICES = APPTIVO.resource("invoices")
STORED = {"documentId": 70, "documentName": "offer.pdf", "docSize": "1200"}


def test_documents_are_listed_without_reading_them(connect: Connect, apptivo: Any) -> None:
    apptivo.said = [{"data": [STORED, {"id": "71", "docTitle": "notes"}], "countOfRecords": 2}]
    first, second = tieout_apptivo.files(connect(), INVOICES, "5000100")
    assert (first.name, first.media, first.size) == ("offer.pdf", "application/pdf", 1200)
    assert (second.name, second.media, second.size) == ("notes", "application/octet-stream", 0)
    [call] = apptivo.calls
    assert (call["a"], call["objectId"], call["objRefId"]) == (
        "getAllDocumentsByObjectIdObjectRefId",
        "33",
        "5000100",
    )
    assert apptivo.urls[0][1].endswith("/app/dao/document")


def download(apptivo: Any, asked: list[tuple[str, str, dict[str, Any]]]) -> None:
    read = apptivo.read

    def answer(method: str, url: str, **parts: Any) -> Any:
        if method == "GET":
            asked.append((method, url, parts))
            return Reply(200, {}, b"%PDF")
        return read(method, url, **parts)

    apptivo.read = answer


def test_a_document_is_fetched_without_the_keys_when_it_is_asked_for(connect: Connect, apptivo: Any) -> None:
    asked: list[tuple[str, str, dict[str, Any]]] = []
    download(apptivo, asked)
    address = "https://files.example.test/70?signature=1"
    apptivo.said = [{"data": [STORED]}, {"responseObject": address}]
    [file] = tieout_apptivo.files(connect(file_hosts=["files.example.test"]), INVOICES, "5000100")
    assert file.content() == b"%PDF"
    assert asked == [("GET", address, {})]
    assert (apptivo.calls[1]["a"], apptivo.calls[1]["id"]) == ("getDocumentDownloadUrl", "70")


@pytest.mark.parametrize("address", ["https://elsewhere.example.test/70", "file:///etc/passwd", "//", "ftp://x.test/"])
def test_an_address_elsewhere_is_not_followed(connect: Connect, apptivo: Any, address: str) -> None:
    asked: list[tuple[str, str, dict[str, Any]]] = []
    download(apptivo, asked)
    apptivo.said = [{"data": [STORED]}, {"data": {"url": address}}]
    [file] = tieout_apptivo.files(connect(), INVOICES, "5000100")
    with pytest.raises(Rejected) as raised:
        file.content()
    assert (raised.value.problems[0].cause, asked) == ("host-not-allowed", [])


def test_a_note_tells_nobody(connect: Connect, apptivo: Any) -> None:
    apptivo.said = [{"noteId": 1}]
    assert tieout_apptivo.annotate(connect(), INVOICES, "5000100", "In the books as INV-1007") is True
    [call] = apptivo.calls
    note = codec.loads(call["noteDetails"])
    flags = {name: value for name, value in note.items() if name.startswith("is")}
    assert (call["a"], set(flags.values()), len(flags)) == ("createNote", {"N"}, 5)
    assert (note["noteText"], note["objectId"], note["objectRefId"]) == ("In the books as INV-1007", 33, 5000100)
    assert apptivo.urls[0][1].endswith("/app/dao/note")


def test_a_note_e_mails_nobody(connect: Connect, apptivo: Any) -> None:
    apptivo.said = [{"noteId": 1}]
    tieout_apptivo.annotate(connect(), made.INVOICES, "1", "Synced")
    note = codec.loads(apptivo.calls[0]["noteDetails"])
    flags = ("isDisplayToCustomer", "isSendEmail", "isNotifyAssignee", "isNotifyCustomer", "isRemindMeEnabled")
    assert [note[flag] for flag in flags] == ["N"] * 5
