"""Invoices: what customers owe."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field
from tieout import Binding, Document, Entity, Problem, hookimpl

from tieout_entities import documents, pages


class InvoiceSettings(documents.DocumentSettings):
    """The settings of sales."""

    party: Literal["customer", "contact"] = Field(
        default="customer",
        title="Bill to",
        description="Who is billed where the invoice itself does not say: its customer or its contact.",
    )
    contact_required: bool = Field(
        default=True,
        title="Contact required",
        description="Hold an invoice that names no contact, even when its customer is billed.",
    )


def prepare(invoice: Document, settings: InvoiceSettings) -> Document:
    """The invoice with the party that it is billed to, which is said even where the invoice itself does not say."""
    billed = _billed(invoice, settings)
    party = invoice.contact if billed == "contact" else invoice.customer
    return documents.prepare(invoice, settings).model_copy(update={"party": party, "bill_to": billed})


def check(invoice: Document, settings: InvoiceSettings) -> Iterable[Problem]:
    """What an invoice needs: the party billed, a contact unless that is relaxed, and what every document needs."""
    billed = _billed(invoice, settings)
    if billed == "customer" and invoice.customer is None:
        yield Problem(
            cause="customer-missing",
            what="This invoice has no customer.",
            why="It is billed to its customer.",
            fix="Choose the customer of the invoice in the source, or bill it to its contact.",
        )
    if invoice.contact is None and (billed == "contact" or settings.contact_required):
        yield Problem(
            cause="contact-missing",
            what="This invoice has no contact.",
            why="It is billed to its contact." if billed == "contact" else "Every invoice is to name a contact.",
            fix="Choose the contact of the invoice in the source"
            + (", or bill it to its customer." if billed == "contact" else ", or set contact-required = false."),
        )
    yield from documents.check(invoice, "invoice")


def _billed(invoice: Document, settings: InvoiceSettings) -> Literal["customer", "contact"]:
    return invoice.bill_to or settings.party


INVOICES = Entity(
    name="invoices",
    title="Invoices",
    model=Document,
    letter="V",
    key=("number",),
    agrees=("total", "date"),
    after=("customers", "contacts", "items"),
    follows=("party",),
    settings=InvoiceSettings,
    ties=("total", "tax"),
    target_owns=documents.TARGET_OWNS,
    skip=documents.skip,
    prepare=prepare,
    check=check,
)


@hookimpl
def entities() -> Iterable[Entity]:
    """Invoices."""
    return (INVOICES,)


@hookimpl
def bindings() -> Iterable[Binding]:
    """Invoices of Apptivo, sales invoices of Xero."""
    return (
        Binding(entity="invoices", connector="apptivo", resource="invoices", page=pages.in_apptivo("invoices")),
        Binding(
            entity="invoices",
            connector="xero",
            resource="Invoices",
            constants={"Type": "ACCREC"},
            page=pages.invoice,
        ),
    )
