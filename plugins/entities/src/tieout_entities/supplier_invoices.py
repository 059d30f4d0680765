"""Supplier invoices: what a firm owes its suppliers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field
from tieout import Binding, Document, Entity, Problem, hookimpl

from tieout_entities import documents, pages


class SupplierInvoiceSettings(documents.DocumentSettings):
    """The settings of supplier invoices."""

    number: Literal["own", "supplier"] = Field(
        default="supplier",
        title="Number in the books",
        description="The number that the supplier printed, where it is known, or always the firm's own number.",
    )


def prepare(bill: Document, settings: SupplierInvoiceSettings) -> Document:
    """The bill under the supplier's number, with the own number as its reference; the prefix is for own numbers."""
    bill = documents.prepare(bill, settings)
    if settings.number == "own" or not bill.reference:
        return bill
    return bill.model_copy(update={"number": bill.reference, "reference": bill.number or ""})


def check(bill: Document, settings: SupplierInvoiceSettings) -> Iterable[Problem]:
    """What a supplier invoice needs: a supplier, and what every document needs."""
    yield from documents.supplied(bill, "supplier invoice")
    yield from documents.check(bill, "supplier invoice")


SUPPLIER_INVOICES = Entity(
    name="supplier-invoices",
    title="Supplier invoices",
    model=Document,
    letter="B",
    key=("number", "party"),
    agrees=("total", "date"),
    after=("suppliers", "items"),
    follows=("party",),
    settings=SupplierInvoiceSettings,
    ties=("total", "tax"),
    target_owns=documents.TARGET_OWNS,
    skip=documents.skip,
    prepare=prepare,
    check=check,
)


@hookimpl
def entities() -> Iterable[Entity]:
    """Supplier invoices."""
    return (SUPPLIER_INVOICES,)


@hookimpl
def bindings() -> Iterable[Binding]:
    """Supplier invoices of Apptivo, bills of Xero, whose lines have no discount: it goes into the price."""
    return (
        Binding(
            entity="supplier-invoices",
            connector="apptivo",
            resource="supplier-invoices",
            page=pages.in_apptivo("supplier-invoices"),
        ),
        Binding(
            entity="supplier-invoices",
            connector="xero",
            resource="Invoices",
            constants={"Type": "ACCPAY"},
            lossy=frozenset({"lines.price", "lines.discount_rate", "lines.discount"}),
            page=pages.bill,
        ),
    )
