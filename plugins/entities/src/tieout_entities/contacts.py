"""Contacts: the people at customers and suppliers. A person is never recognised by name alone."""

from __future__ import annotations

from collections.abc import Iterable

from tieout import Binding, Entity, Party, hookimpl

from tieout_entities import pages, parties

CONTACTS = Entity(
    name="contacts",
    title="Contacts",
    model=Party,
    letter="P",
    key=("email", "name"),
    after=("customers",),
    ties=("name",),
    target_owns=parties.TARGET_OWNS,
    skip=parties.skip,
    prepare=parties.prepare,
    check=parties.named("contact"),
)


@hookimpl
def entities() -> Iterable[Entity]:
    """Contacts."""
    return (CONTACTS,)


@hookimpl
def bindings() -> Iterable[Binding]:
    """Contacts of Apptivo, contacts of their own in Xero."""
    return (
        Binding(entity="contacts", connector="apptivo", resource="contacts", page=pages.in_apptivo("contacts")),
        Binding(entity="contacts", connector="xero", resource="Contacts", page=pages.contact),
    )
