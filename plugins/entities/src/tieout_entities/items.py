"""Items: what is bought and sold."""

from __future__ import annotations

from collections.abc import Iterable

from tieout import Binding, Entity, Item, Problem, Settings, hookimpl

from tieout_entities import pages
from tieout_entities.text import tidy


def skip(item: Item, settings: Settings) -> str | None:
    """Why an item that was never sent is left out: it is out of use in the source."""
    reasons = {
        "archived": "It is out of use in the source. Make it active there to send it.",
        "void": "It was deleted in the source before it was ever sent.",
    }
    return reasons.get(item.standing)


def prepare(item: Item, settings: Settings) -> Item:
    """The item with code and name as people mean them; one without a name is called by its code."""
    code = tidy(item.code)
    return item.model_copy(update={"code": code, "name": tidy(item.name) or code})


def check(item: Item, settings: Settings) -> Iterable[Problem]:
    """An item needs a code of its own: none is made up, because lines of documents refer to it."""
    if not item.code:
        yield Problem(
            cause="code-missing",
            what=f"The item {item.name} has no item code." if item.name else "This item has neither code nor name.",
            why="The books know items by their code, and a code made up here could hit another item.",
            fix="Give the item a code of its own in the source.",
        )


ITEMS = Entity(
    name="items",
    title="Items",
    model=Item,
    letter="I",
    key=("code",),
    ties=("code", "price"),
    target_owns={"tax": True},
    skip=skip,
    prepare=prepare,
    check=check,
)


@hookimpl
def entities() -> Iterable[Entity]:
    """Items."""
    return (ITEMS,)


@hookimpl
def bindings() -> Iterable[Binding]:
    """Items of Apptivo, items of Xero."""
    return (
        Binding(entity="items", connector="apptivo", resource="items", page=pages.in_apptivo("items")),
        Binding(entity="items", connector="xero", resource="Items"),
    )
