"""Suppliers: whom a firm buys from."""

from __future__ import annotations

from collections.abc import Iterable

from tieout import Binding, Entity, Party, hookimpl

from tieout_entities import pages, parties

SUPPLIERS = Entity(
    name="suppliers",
    title="Suppliers",
    model=Party,
    letter="S",
    key=("name",),
    ties=("name",),
    target_owns=parties.TARGET_OWNS,
    skip=parties.skip,
    prepare=parties.prepare,
    check=parties.named("supplier"),
)


@hookimpl
def entities() -> Iterable[Entity]:
    """Suppliers."""
    return (SUPPLIERS,)


@hookimpl
def bindings() -> Iterable[Binding]:
    """Suppliers of Apptivo, contacts of Xero."""
    return (
        Binding(entity="suppliers", connector="apptivo", resource="suppliers", page=pages.in_apptivo("suppliers")),
        Binding(entity="suppliers", connector="xero", resource="Contacts", page=pages.contact),
    )
