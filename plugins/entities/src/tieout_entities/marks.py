"""Marks: on each record of the business system, whether it is in the books, and if not, why."""

from __future__ import annotations

from collections.abc import Iterable

from tieout import Entity, Mark, hookimpl

MARKS = Entity(name="marks", title="Sync marks", model=Mark, letter="M", key=(), direction="back")


@hookimpl
def entities() -> Iterable[Entity]:
    """Marks on the records of every app that is on."""
    return (MARKS,)
