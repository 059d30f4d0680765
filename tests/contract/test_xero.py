"""The kit, run over the Xero connector against the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

import pytest
import tieout_xero
from tieout.api.contract import Connection, File, Limits
from tieout.api.model import Document, Item, Line, Party, Payment, Record, Ref
from tieout.api.work import Batch, Key, Step
from tieout.host.plugins import admit
from tieout.testing import ConnectorSuite, Sample, TargetSuite, connect, terms
from tieout_entities import customers, invoices, items, payments, purchase_orders, supplier_invoices
from tieout_sandbox.inprocess import InProcess

IDS = {
    "Contacts": "ContactID",
    "Items": "ItemID",
    "Invoices": "InvoiceID",
    "PurchaseOrders": "PurchaseOrderID",
    "Payments": "PaymentID",
}
FAST = Limits(concurrent=5)


class XeroFixtures:
    """A sandbox with some books, and what is written to it."""

    plugin = tieout_xero
    settings: ClassVar[dict[str, Any]] = {"client-id": "tieout"}

    @pytest.fixture
    def connection(self, sandbox: InProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
        custom = sandbox.xero["custom-connection"]
        monkeypatch.setenv("XERO_CLIENT_SECRET", custom["client-secret"])
        section = {
            "consent": "custom-connection",
            "client-id": custom["client-id"],
            "client-secret": {"env": "XERO_CLIENT_SECRET"},
            "api-url": sandbox.xero["api-url"],
            "identity-url": sandbox.xero["identity-url"],
        }
        with connect(tieout_xero, section, limits=FAST) as connection:
            yield connection

    @pytest.fixture
    def held(self, sandbox: InProcess) -> dict[str, set[str]]:
        state = sandbox.state("xero")
        return {name: {row[field] for row in state[name]} for name, field in IDS.items()}

    @pytest.fixture
    def samples(self, connection: Connection, sandbox: InProcess) -> tuple[Sample, ...]:
        plugins = admit({"xero": tieout_xero})
        xero, state = plugins.connectors["xero"], sandbox.state("xero")
        reference = {kind: plugins.facade.reference(connection, kind) for kind in xero.reference}
        arrival = xero.flow[Document].model_validate({"status": "draft"})
        pair = xero.pair.model_validate(
            {
                "accounts": {"payment": "090", "inventory": "630", "sales": "200", "purchase": "300"},
                "taxes": {"sales": {"GST 10%": "OUTPUT"}, "purchases": {"GST 10%": "INPUT"}},
            }
        )
        contact: Ref[str] = Ref(entity="customers", side="target", id=state["Contacts"][0]["ContactID"])

        def sample(module: Any, wires: list[Any], records: list[Any], refused: Record) -> Sample:
            (binding,) = [one for one in module.bindings() if one.connector == "xero"]
            about = terms(
                binding,
                settings=arrival,
                pair=pair,
                connection=connection.settings,
                tenant=connection.tenant,
                reference=reference,
            )
            return Sample(binding=binding, terms=about, wires=tuple(wires[:2]), records=tuple(records), refused=refused)

        def of(kind: str) -> list[Any]:
            return [wire for wire in state["Invoices"] if wire["Type"] == kind]

        def documents(prefix: str) -> list[Document]:
            return [document(contact, number=f"{prefix}-{number}") for number in "123"]

        (approved,) = [wire for wire in state["Invoices"] if wire["InvoiceNumber"] == "PAID-1"]
        owed: Ref[str] = Ref(entity="invoices", side="target", id=approved["InvoiceID"])
        stranger: Ref[str] = Ref(entity="customers", side="target", id="00000000-1111-4111-8111-000000000000")
        return (
            sample(customers, state["Contacts"], [party(number) for number in "123"], party("9", name="Contact 7")),
            sample(items, state["Items"], [item(number) for number in "123"], item("9", code="NUT-1")),
            sample(invoices, of("ACCREC"), documents("INV"), document(stranger, number="INV-9")),
            sample(supplier_invoices, of("ACCPAY"), documents("BILL"), document(stranger, number="BILL-9")),
            sample(purchase_orders, state["PurchaseOrders"], documents("PO-X"), document(stranger, number="PO-X9")),
            sample(payments, state["Payments"], [payment(owed, number) for number in "123"], payment(stranger, "9")),
        )


def party(number: str, **fields: Any) -> Party:
    about = {"name": f"Acme {number}", "external": f"F-C-{number}", "email": f"a{number}@acme.example"}
    return Party(**{**about, "phone": "02 5550 0100", "tax_number": "11 111 111 138", **fields})


def item(number: str, **fields: Any) -> Item:
    about: dict[str, Any] = {"code": f"BOLT-{number}", "name": "Bolt", "description": "Box of 100"}
    return Item(**{**about, "price": Decimal("11.5001"), "cost": Decimal("8.00"), **fields})


def payment(owed: Ref[str], number: str) -> Payment:
    return Payment(
        external=f"F-P-{number}", document=owed, date=date(2026, 7, 3), amount=Decimal("1.10"), account="090"
    )


def document(contact: Ref[str], **fields: Any) -> Document:
    lines = (
        Line(
            description="Box of 100",
            quantity=Decimal(2),
            price=Decimal("11.5000"),
            discount_rate=Decimal(10),
            amount=Decimal("20.70"),
            tax="GST 10%",
            tax_rate=Decimal(10),
        ),
        Line(description="Nuts", price=Decimal(3), amount=Decimal(3), tax="GST 10%", tax_rate=Decimal(10)),
    )
    figures: dict[str, Any] = {"tax": Decimal("2.37"), "total": Decimal("26.07"), "lines": lines, "currency": "AUD"}
    dates = {"date": date(2026, 7, 1), "due": date(2026, 7, 31), "delivery": date(2026, 7, 15)}
    return Document(**{**figures, **dates, "party": contact, **fields})


class TestXero(XeroFixtures, ConnectorSuite):
    pass


class TestWritingToXero(XeroFixtures, TargetSuite):
    pass


def test_every_resource_is_read() -> None:
    (connector,) = tieout_xero.connectors()
    assert set(IDS) == {resource.name for resource in connector.resources}


@pytest.fixture
def consented(sandbox: InProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    """A connection with the consent that a person gave before."""
    given = sandbox.xero["authorised"]
    monkeypatch.setenv("XERO_CLIENT_SECRET", sandbox.xero["client-secret"])
    section = {
        "client-id": sandbox.xero["client-id"],
        "client-secret": {"env": "XERO_CLIENT_SECRET"},
        "api-url": sandbox.xero["api-url"],
        "identity-url": sandbox.xero["identity-url"],
    }
    tokens = {"access_token": given["access-token"], "refresh_token": given["refresh-token"]}
    with connect(tieout_xero, section, limits=FAST, tokens=tokens) as connection:
        yield connection


def test_a_consent_given_before_is_used(consented: Connection, sandbox: InProcess) -> None:
    assert consented.tenant is not None
    assert consented.tenant.id == sandbox.xero["tenant-id"]


def test_a_payment_is_deleted_and_opens_its_invoice_again(consented: Connection, sandbox: InProcess) -> None:
    ((paid,), resource) = sandbox.state("xero")["Payments"], tieout_xero.XERO.resource("Payments")
    step = Step(op="void", id=paid["PaymentID"], body={"Status": "DELETED"}, key="1")
    (receipt,) = tieout_xero.push(consented, Batch(resource, "void", (step,), "key-1")) or []
    assert (receipt.outcome, receipt.id) == ("updated", paid["PaymentID"])
    key = Key("id", paid["PaymentID"])
    (left,) = (tieout_xero.find(consented, resource, [key]) or {})[key]
    assert left["Status"] == "DELETED"
    (invoice,) = [wire for wire in sandbox.state("xero")["Invoices"] if wire["InvoiceNumber"] == "PAID-1"]
    assert (invoice["Status"], invoice["AmountPaid"]) == ("AUTHORISED", 0)


def test_a_file_and_a_note_are_kept(consented: Connection, sandbox: InProcess) -> None:
    invoice, resource = sandbox.state("xero")["Invoices"][0]["InvoiceID"], tieout_xero.XERO.resource("Invoices")
    name, content = "receipt (1) [é].pdf", b"%PDF-1.4\x00\xff"
    file = File(name=name, media="application/pdf", size=len(content), content=lambda: content)
    for _ in range(2):
        assert tieout_xero.attach(consented, resource, invoice, file)
    assert tieout_xero.annotate(consented, resource, invoice, "Sent by Tieout")
    url, headers = f"{consented.settings.api_url}/Invoices/{invoice}", {"Xero-Tenant-Id": sandbox.xero["tenant-id"]}
    files = consented.http.read("GET", f"{url}/Attachments", headers=headers).json()["Attachments"]
    assert [(one["FileName"], one["ContentLength"], one["MimeType"]) for one in files] == [
        (name, len(content), "application/pdf")
    ]
    notes = consented.http.read("GET", f"{url}/History", headers=headers).json()["HistoryRecords"]
    assert "Sent by Tieout" in [one["Details"] for one in notes]
