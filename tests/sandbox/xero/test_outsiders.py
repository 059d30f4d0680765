"""What clients written by others lean on: every answer has the types that Xero's own OpenAPI file gives it.

The file is a field catalogue (docs/facts/xero.md, "API description"): types must agree, enumerations grow, so that
their values are open.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from tieout_sandbox import codec

FILE = Path(__file__).parents[2] / "proofs" / "xero" / "xero_accounting.yaml"
FORMS = {
    "uuid": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "msdate": re.compile(r"/Date\(-?\d+([+-]\d{4})?\)/"),
    "date-time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?"),
}
TYPES: dict[str, Any] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, Decimal),
    "array": list,
    "object": dict,
}
UNLISTED = {
    "Response": {"Id", "Status", "ProviderName", "DateTimeUTC"},
    "Invoice": {"DateString", "DueDateString", "IsDiscounted", "TotalDiscount"},
    "CreditNote": {"ID", "DateString", "DueDateString", "IsDiscounted"},
    "PurchaseOrder": {
        "DateString",
        "DeliveryDateString",
        "ExpectedArrivalDateString",
        "Type",
        "IsDiscounted",
        "HasErrors",
    },
    "Prepayment": {"ID", "DateString", "HasErrors", "IsDiscounted"},
    "Overpayment": {"ID", "DateString", "HasErrors", "IsDiscounted"},
    "TrackingOption": {"HasValidationErrors", "IsDeleted", "IsArchived", "IsActive"},
    "ContactGroup": {"HasValidationErrors"},
    "HistoryRecord": {"DateUTCString"},
}
"""What the wire has beside the fields of the file."""


@cache
def specification() -> Any:
    return yaml.load(FILE.read_bytes(), Loader=yaml.CSafeLoader)


def resolved(node: Any) -> tuple[str, Any]:
    """A schema and its name."""
    name = ""
    while "$ref" in node:
        kind, name = node["$ref"].split("/")[2:]
        node = specification()["components"][kind][name]
    return name, node


def answered(method: str, path: str) -> Any:
    """The schema of the good answer to a call."""
    asked = path.partition("?")[0].split("/")
    for template, item in specification()["paths"].items():
        parts = template.strip("/").split("/")
        same = len(parts) == len(asked) and all(p.startswith("{") or p == a for p, a in zip(parts, asked, strict=True))
        if same and method.lower() in item:
            for status, answer in item[method.lower()]["responses"].items():
                content = resolved(answer)[1].get("content", {})
                if status.startswith("2") and "application/json" in content:
                    return content["application/json"]["schema"]
    raise AssertionError(f"the file has no {method} {path}")


def faults(value: Any, schema: Any, where: str) -> Iterator[str]:
    """Whatever of an answer the file does not allow."""
    name, schema = resolved(schema)
    kind = schema.get("type", "object")
    if value is None:
        return
    if not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        yield f"{where} is no {kind}: {value!r}"
    elif kind == "array":
        for each in value:
            yield from faults(each, schema["items"], f"{where}[]")
    elif kind == "object":
        for key, each in value.items():
            if key in schema.get("properties", {}):
                yield from faults(each, schema["properties"][key], f"{where}.{key}")
            elif key not in UNLISTED.get(name, UNLISTED["Response"] if "." not in where else set()):
                yield f"{where}.{key} is not documented for {name}"
    elif kind == "string":
        form = FORMS.get("msdate" if schema.get("x-is-msdate") else schema.get("format", ""))
        if form and value and not form.fullmatch(value):
            yield f"{where} has another form: {value}"


class Walk:
    """Calls of the sandbox, each answer held against the file."""

    def __init__(self, xero: Any) -> None:
        self.xero = xero
        self.faults: dict[str, None] = {}

    def __call__(self, method: str, path: str, *elements: Any, **query: Any) -> Any:
        plural = path.split("/")[2 if path.count("/") > 1 else 0].replace("History", "HistoryRecords")
        body = {plural: list(elements)} if elements else None
        answer = self.xero.call(method, path, body, **query)
        assert answer.status_code == 200, (method, path, answer.text)
        given = codec.loads(answer.content)
        self.faults.update(dict.fromkeys(faults(given, answered(method, path), f"{method} {plural}")))
        return next((value[0] for value in given.values() if isinstance(value, list) and value), given)


def line(**more: Any) -> dict[str, Any]:
    return {"Description": "Pump", "Quantity": 2, "UnitAmount": 50, "AccountCode": "200", "TaxType": "OUTPUT", **more}


@pytest.fixture
def walk(xero: Any) -> Walk:
    """Calls of one sandbox."""
    return Walk(xero)


def test_every_answer_has_the_documented_types(xero: Any, walk: Walk) -> None:
    contact = walk(
        "PUT",
        "Contacts",
        {
            "Name": "Whole Ltd",
            "EmailAddress": "a@whole.example",
            "ContactPersons": [{"FirstName": "Bo", "EmailAddress": "bo@whole.example"}],
            "PaymentTerms": {"Sales": {"Day": 30, "Type": "DAYSAFTERBILLDATE"}},
            "Addresses": [{"AddressType": "POBOX", "City": "Perth"}],
        },
    )
    party = {"ContactID": contact["ContactID"]}
    days = {"Date": "2026-11-03", "DueDate": "2026-12-03"}
    sale = {"Type": "ACCREC", "Contact": party, "Status": "AUTHORISED", **days}
    tracked = line(DiscountRate=5, Tracking=[{"Name": "Region", "Option": "North"}])
    walk("PUT", "Items", {"Code": "I-1", "Description": "x", "SalesDetails": {"UnitPrice": 5, "AccountCode": "200"}})
    invoice = walk("PUT", "Invoices", {**sale, "LineItems": [tracked, line(ItemCode="I-1")]})
    paid = {"Invoice": {"InvoiceID": invoice["InvoiceID"]}, "Date": "2026-11-05"}
    payment = walk("PUT", "Payments", {**paid, "Account": {"Code": "090"}, "Amount": 10})
    note = walk("PUT", "CreditNotes", {**sale, "Type": "ACCRECCREDIT", "LineItems": [line()]})
    refund = {"CreditNote": {"CreditNoteID": note["CreditNoteID"]}, "Account": {"Code": "090"}, "Amount": 5}
    walk("POST", "Payments", {**refund, "Date": "2026-11-05"})
    bought = line(AccountCode="300", TaxType="INPUT")
    order = walk("PUT", "PurchaseOrders", {"Contact": party, "DeliveryDate": "2026-12-01", "LineItems": [bought]})
    group = walk("PUT", "ContactGroups", {"Name": "Group"})
    walk("PUT", f"ContactGroups/{group['ContactGroupID']}/Contacts", party)
    credits = {"CreditNotes": note["CreditNoteID"]}
    for plural, kind in (("Prepayments", "PREPAYMENT"), ("Overpayments", "OVERPAYMENT")):
        made = xero.edit(
            collection=plural, create={"Type": f"RECEIVE-{kind}", "Contact": party, "LineItems": [line()]}
        ).json()
        credits[plural] = made[f"{plural[:-1]}ID"]
    for plural, identity in credits.items():
        walk("PUT", f"{plural}/{identity}/Allocations", {**paid, "Amount": 3})
    ids = {"Contacts": contact["ContactID"], "Invoices": invoice["InvoiceID"], "Payments": payment["PaymentID"]}
    ids |= {"PurchaseOrders": order["PurchaseOrderID"], "Items": "I-1", **credits}
    for plural, identity in ids.items():
        walk("GET", plural, page=1)
        walk("GET", f"{plural}/{identity}")
        walk("PUT", f"{plural}/{identity}/History", {"Details": "note"})
        walk("GET", f"{plural}/{identity}/History")
    for plural in ("Contacts", "Invoices", "CreditNotes", "PurchaseOrders"):
        xero.call("PUT", f"{plural}/{ids[plural]}/Attachments/a.pdf", {"any": "bytes"})
        walk("GET", f"{plural}/{ids[plural]}/Attachments")
        walk("POST", plural, {f"{plural[:-1]}ID": ids[plural]}, summarizeErrors="false")
        walk("POST", f"{plural}/{ids[plural]}", {f"{plural[:-1]}ID": ids[plural]})
    walk("GET", f"Invoices/{ids['Invoices']}/OnlineInvoice")
    for plural in ("Accounts", "Organisation", "TrackingCategories", "BrandingThemes", "Currencies", "ContactGroups"):
        first = walk("GET", plural)
        key = (
            next(name for name in first if name.endswith("ID")) if plural not in ("Currencies", "Organisation") else ""
        )
        if key:
            walk("GET", f"{plural}/{first[key]}")
    for path in (
        "TaxRates",
        "TaxRates/OUTPUT",
        "Organisation/Actions",
        "InvoiceReminders/Settings",
        "Users",
        "Journals",
    ):
        walk("GET", path)
    walk("PUT", "Accounts", {"Code": "999", "Name": "New", "Type": "EXPENSE"})
    walk("PUT", "TaxRates", {"Name": "New", "ReportTaxType": "INPUT", "TaxComponents": [{"Name": "a", "Rate": 3}]})
    walk("PUT", "Currencies", {"Code": "CHF"})
    walk("PUT", "TrackingCategories", {"Name": "Team"})
    assert list(walk.faults) == []


WRONG = (None, "", [], {}, [None], "x", -1, True, 10**30, "2026-13-45", "00000000-0000-0000-0000-000000000000")


def places(value: Any, *before: Any) -> Iterator[tuple[Any, ...]]:
    """The path of everything inside a value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inside:
        yield (*before, key)
        yield from places(each, *before, key)


def test_no_value_of_the_wrong_kind_breaks_an_endpoint(xero: Any) -> None:
    line_ = line(DiscountRate=5, Tracking=[{"Name": "Region", "Option": "North"}])
    document = {**xero.invoice(Status="AUTHORISED", CurrencyRate=1, Url="https://a.example"), "LineItems": [line_]}
    account = {"Code": "090"}
    bodies = {
        "Contacts": {"Name": "F", "Addresses": [{"AddressType": "POBOX"}], "PaymentTerms": {"Sales": {"Day": 1}}},
        "Items": {"Code": "I", "PurchaseDetails": {"UnitPrice": 1, "COGSAccountCode": "310"}, "IsSold": True},
        "Invoices": document,
        "CreditNotes": {**document, "Type": "ACCRECCREDIT"},
        "PurchaseOrders": document,
        "Payments": {"Invoice": {"InvoiceID": xero.saved()["InvoiceID"]}, "Account": account, "Amount": 1},
    }
    for plural, body in bodies.items():
        for *parents, last in places(body):
            for value in WRONG:
                sent = codec.copied(body)
                place = sent
                for key in parents:
                    place = place[key]
                place[last] = value
                answer = xero.call("PUT", plural, {plural: [sent]}, summarizeErrors="false")
                assert answer.status_code in (200, 400), (plural, parents, last, value)
