"""Customers: whom a firm sells to."""

from __future__ import annotations

from collections.abc import Iterable

from tieout import Binding, Entity, Party, hookimpl

from tieout_entities import pages, parties

CUSTOMERS = Entity(
    name="customers",
    title="Customers",
    model=Party,
    letter="C",
    key=("name",),
    ties=("name",),
    target_owns=parties.TARGET_OWNS,
    skip=parties.skip,
    prepare=parties.prepare,
    check=parties.named("customer"),
)


@hookimpl
def entities() -> Iterable[Entity]:
    """Customers."""
    return (CUSTOMERS,)


@hookimpl
def bindings() -> Iterable[Binding]:
    """Customers of Apptivo, contacts of Xero."""
    return (
        Binding(entity="customers", connector="apptivo", resource="customers", page=pages.in_apptivo("customers")),
        Binding(entity="customers", connector="xero", resource="Contacts", page=pages.contact),
    )
