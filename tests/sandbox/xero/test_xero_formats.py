"""The forms of bodies: XML both ways where JSON is not spoken, and documents as PDF (docs/facts/xero.md, "Formats")."""

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest

XML = {"Accept": "application/xml"}


def tree(answer: Any) -> Any:
    assert answer.headers["content-type"].startswith("text/xml")
    return ElementTree.fromstring(answer.content)  # noqa: S314 - the sandbox's own answer


def test_lists_are_xml_for_those_who_do_not_ask_for_json(xero: Any) -> None:
    made = xero.saved(InvoiceNumber="X & Y")
    root = tree(xero.call("GET", "Invoices", headers=XML, page=1))
    [invoice] = root.findall("Invoices/Invoice")
    assert (root.tag, root.findtext("Status"), invoice.findtext("InvoiceNumber")) == ("Response", "OK", "X & Y")
    assert (invoice.findtext("InvoiceID"), invoice.findtext("Date")) == (made["InvoiceID"], "2026-11-03T00:00:00")
    assert invoice.findtext("LineItems/LineItem/AccountCode") == "200"
    assert invoice.findtext("HasAttachments") == "false"


def test_no_accept_header_means_xml(xero: Any) -> None:
    headers = {name: value for name, value in xero.headers.items() if name != "Accept"}
    request = xero.http.build_request("GET", "/api.xro/2.0/Organisation", headers=headers)
    del request.headers["Accept"]
    assert tree(xero.http.send(request)).findtext("Organisations/Organisation/BaseCurrency") == "AUD"


def send(xero: Any, method: str, path: str, body: str) -> Any:
    headers = xero.headers | {"Content-Type": "application/xml"}
    return xero.http.request(method, f"/api.xro/2.0/{path}", content=body, headers=headers)


def test_records_are_written_as_xml(xero: Any) -> None:
    contact = xero.contact("In XML")
    body = (
        f"<Invoices><Invoice><Type>ACCREC</Type><Contact><ContactID>{contact}</ContactID></Contact>"
        "<Date>2026-11-3</Date><LineItems><LineItem><Description>A</Description><Quantity>2</Quantity>"
        "<UnitAmount>10.50</UnitAmount><AccountCode>200</AccountCode><Tracking><TrackingCategory><Name>Region</Name>"
        "<Option>North</Option></TrackingCategory></Tracking></LineItem></LineItems></Invoice></Invoices>"
    )
    [made] = send(xero, "PUT", "Invoices", body).json()["Invoices"]
    assert (made["SubTotal"], made["DateString"]) == (21, "2026-11-03T00:00:00")
    assert made["LineItems"][0]["Tracking"][0]["Option"] == "North"
    one = "<Contact><Name>Alone &amp; Co</Name><ContactPersons /></Contact>"
    assert send(xero, "PUT", "Contacts", one).json()["Contacts"][0]["Name"] == "Alone & Co"


@pytest.mark.parametrize("body", ["<Invoices>", "<!DOCTYPE a><Invoices />", "<Invoices />"])
def test_xml_that_is_no_record_is_refused(xero: Any, body: str) -> None:
    answer = send(xero, "PUT", "Invoices", body)
    assert (answer.status_code, answer.json()["Type"]) == (400, "PostDataInvalidException")


def test_documents_are_printed(xero: Any, line: Callable[..., Any]) -> None:
    invoice = xero.saved(InvoiceNumber="PDF-1", LineItems=[line(Description="A (b) \\ c")])
    read = xero.call("GET", "Invoices/PDF-1", headers={"Accept": "application/pdf"})
    assert (read.headers["content-type"], read.content[:5], b"PDF-1" in read.content) == (
        "application/pdf",
        b"%PDF-",
        True,
    )
    assert xero.call("GET", f"Invoices/{invoice['InvoiceID']}/pdf").content == read.content
    assert xero.call("GET", "Items/nothing/pdf").status_code == 404
    contact = invoice["Contact"]["ContactID"]
    assert xero.call("GET", f"Contacts/{contact}", headers={"Accept": "application/pdf"}).status_code == 404
