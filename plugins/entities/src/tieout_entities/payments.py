"""Payments: what customers have paid and suppliers were paid, on the documents that are kept in agreement."""

from __future__ import annotations

from collections.abc import Iterable

from tieout import Binding, Entity, Payment, Settings, hookimpl


def skip(payment: Payment, settings: Settings) -> str | None:
    """Why a payment that was never sent is left out: it was removed."""
    return "It was removed in the source before it was ever sent." if payment.standing == "void" else None


PAYMENTS = Entity(
    name="payments",
    title="Payments",
    model=Payment,
    letter="P",
    key=("document", "date", "amount"),
    after=("invoices", "supplier-invoices"),
    follows=("document",),
    ties=("amount",),
    repeats=True,
    removal="void",
    skip=skip,
)


@hookimpl
def entities() -> Iterable[Entity]:
    """Payments."""
    return (PAYMENTS,)


@hookimpl
def bindings() -> Iterable[Binding]:
    """Payments of Apptivo, which stand inside their documents, and payments of Xero."""
    return (
        Binding(entity="payments", connector="apptivo", resource="payments"),
        Binding(entity="payments", connector="xero", resource="Payments"),
    )
