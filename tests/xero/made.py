"""Records, and what becomes of them in the connector's hooks: from the outside, through the plugin."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from tieout.api.contract import Binding, Connection, Terms
from tieout.api.model import Document, Line, Record, Ref
from tieout.api.work import Batch, Key, Lowering, Op, Receipt, Reject, Step, Work
from tieout_xero import XERO, find, push, transform

from .conftest import guid

CONTACTS, ITEMS, INVOICES, ORDERS, PAYMENTS = XERO.resources
PARTY: Ref[str] = Ref(entity="customers", side="target", id="contact-1", key="Acme", name="Acme")
PUMP: Ref[str] = Ref(entity="items", side="target", id="item-1", key="PUMP-1")
OWED: Ref[str] = Ref(entity="invoices", side="target", id=guid(7))
APPROVED: dict[str, Any] = {
    "InvoiceID": guid(1),
    "Type": "ACCREC",
    "Status": "AUTHORISED",
    "InvoiceNumber": "7",
    "Contact": {"ContactID": "contact-1"},
    "LineAmountTypes": "Exclusive",
    "Date": "2026-11-03",
    "DueDate": "2026-12-03",
    "LineItems": [
        {"LineItemID": "l-1", "Description": "Pump", "Quantity": 1, "UnitAmount": 100, "LineAmount": 100}
        | {"AccountCode": "200", "TaxType": "OUTPUT", "Tracking": [{"Name": "Region", "Option": "North"}]}
    ],
}
"""An invoice as Xero holds it, approved and not yet paid."""


def line(price: str = "100", quantity: str = "1", **changes: Any) -> Line:
    given = {"description": "Pump", "tax": "GST 10%", "tax_rate": Decimal(10), **changes}
    return Line.model_validate({**given, "price": Decimal(price), "quantity": Decimal(quantity)})


def document(total: str = "110", *lines: Line, **changes: Any) -> Document:
    given: dict[str, Any] = {"number": "7", "party": PARTY, "date": date(2026, 11, 3), "due": date(2026, 12, 3)}
    return Document(**{**given, "lines": lines or (line(),), "total": Decimal(total), **changes})


def answer(terms: Terms, record: Record, now: dict[str, Any] | None = None, resource: Any = INVOICES) -> Any:
    binding = Binding(entity="all", connector="xero", resource=resource.name, constants=terms.constants)
    item = Lowering(record, now, guid(1) if now else None)
    work = Work(way="lower", items=(item,), binding=binding, resource=resource, terms=terms)
    (found,) = transform(None, work) or []  # type: ignore[arg-type]
    return found


def body(terms: Terms, record: Record, now: dict[str, Any] | None = None, resource: Any = INVOICES) -> dict[str, Any]:
    found = answer(terms, record, now, resource)
    assert not isinstance(found, Reject), found
    sent: dict[str, Any] = found[-1].body
    return sent


def causes(terms: Terms, record: Record, now: dict[str, Any] | None = None, resource: Any = INVOICES) -> list[str]:
    found = answer(terms, record, now, resource)
    assert isinstance(found, Reject), found
    assert all(problem.what and problem.fix for problem in found.problems)
    return [problem.cause for problem in found.problems]


def pushed(connection: Connection, resource: Any, *bodies: dict[str, Any], op: Op = "create") -> list[Receipt]:
    steps = tuple(
        Step(op=op, body=sent, key=str(number), id=None if op == "create" else guid(number))
        for number, sent in enumerate(bodies, start=1)
    )
    return push(connection, Batch(resource, op, steps, "idem-1")) or []


def found(connection: Connection, resource: Any, field: str, value: str) -> list[dict[str, Any]]:
    key = Key(field, value)
    return (find(connection, resource, [key]) or {})[key]


def nothing_empty(value: Any) -> bool:
    if isinstance(value, dict):
        return all(inner not in (None, "", [], {}) and nothing_empty(inner) for inner in value.values())
    return all(nothing_empty(inner) for inner in value) if isinstance(value, list) else True
