"""Settlements: what the books say has been paid, told to the business system."""

from __future__ import annotations

from collections.abc import Iterable

from tieout import Entity, Settlement, hookimpl

SETTLEMENTS = Entity(
    name="settlements",
    title="Settlements",
    model=Settlement,
    letter="S",
    key=(),
    direction="back",
    of=("invoices", "supplier-invoices"),
)


@hookimpl
def entities() -> Iterable[Entity]:
    """Settlements of invoices and supplier invoices."""
    return (SETTLEMENTS,)
