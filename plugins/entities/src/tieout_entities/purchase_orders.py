"""Purchase orders: what a firm has ordered from its suppliers."""

from __future__ import annotations

from collections.abc import Iterable

from tieout import Binding, Document, Entity, Problem, hookimpl

from tieout_entities import documents, pages


def check(order: Document, settings: documents.DocumentSettings) -> Iterable[Problem]:
    """What a purchase order needs: a supplier, and what every document needs."""
    yield from documents.supplied(order, "purchase order")
    yield from documents.check(order, "purchase order")


PURCHASE_ORDERS = Entity(
    name="purchase-orders",
    title="Purchase orders",
    model=Document,
    letter="O",
    key=("number",),
    agrees=("total",),
    after=("suppliers", "items"),
    follows=("party",),
    settings=documents.DocumentSettings,
    ties=("total", "tax"),
    target_owns=documents.TARGET_OWNS,
    skip=documents.skip,
    prepare=documents.prepare,
    check=check,
)


@hookimpl
def entities() -> Iterable[Entity]:
    """Purchase orders."""
    return (PURCHASE_ORDERS,)


@hookimpl
def bindings() -> Iterable[Binding]:
    """Purchase orders of Apptivo, purchase orders of Xero."""
    return (
        Binding(
            entity="purchase-orders",
            connector="apptivo",
            resource="purchase-orders",
            page=pages.in_apptivo("purchase-orders"),
        ),
        Binding(entity="purchase-orders", connector="xero", resource="PurchaseOrders", page=pages.purchase_order),
    )
