"""What invoices, supplier invoices and purchase orders have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import Field
from tieout import Document, Line, Problem, Settings

from tieout_entities.text import tidy

TARGET_OWNS = {"lines": {"__all__": {"account": True, "tax": True, "tax_rate": True}}}
"""The account and the tax of a line belong to the books; what an accountant changed there is kept."""


class DocumentSettings(Settings):
    """The settings of every kind of document."""

    number_prefix: str = Field(
        default="",
        max_length=20,
        title="Number prefix",
        description="Put before the number of each document, so that it cannot meet one that was there before.",
    )
    drafts: bool = Field(
        default=False,
        title="Send drafts too",
        description="Documents that are drafts in the source are otherwise left out until they are issued.",
    )


def skip(document: Document, settings: DocumentSettings) -> str | None:
    """Why a document that was never sent is left out: it is no longer, or not yet, a document."""
    if document.standing == "draft" and not settings.drafts:
        return "It is a draft in the source. Issue it there, or switch drafts on, to send it."
    reasons = {
        "void": "It was voided in the source before it was ever sent.",
        "archived": "It is archived in the source. Restore it there to send it.",
    }
    return reasons.get(document.standing)


def prepare(document: Document, settings: DocumentSettings) -> Document:
    """The document with the prefix before its number, and each line described, from its item where it has no text."""
    number = tidy(document.number or "")
    return document.model_copy(
        update={
            "number": settings.number_prefix + number if number else None,
            "reference": tidy(document.reference),
            "lines": tuple(_described(line) for line in document.lines),
        }
    )


def check(document: Document, noun: str) -> Iterable[Problem]:
    """What every document, called `noun` in the message, needs: a number, a line, and text on each line."""
    if document.number is None:
        yield Problem(
            cause="number-missing",
            what=f"This {noun} has no number.",
            why="Without a number nobody, and no later sync, can find it again in the books.",
            fix=f"Give the {noun} a number in the source.",
        )
    if not document.lines:
        yield Problem(
            cause="lines-missing",
            what=f"This {noun} has no lines.",
            why="The books need at least one line to book an amount on.",
            fix=f"Add what was bought or sold to the {noun} in the source.",
        )
    for place, line in enumerate(document.lines, start=1):
        if not line.description:
            yield Problem(
                cause="line-description-missing",
                what=f"Line {place} of this {noun} has no description.",
                why="The books need a text on each line, and the line has no item to take it from.",
                fix=f"Fill in the note of line {place} in the source, or choose an item for it.",
            )


def supplied(document: Document, noun: str) -> Iterable[Problem]:
    """What every purchase, called `noun` in the message, needs besides: a supplier."""
    if document.party is None:
        yield Problem(
            cause="supplier-missing",
            what=f"This {noun} has no supplier.",
            why="A purchase is booked against the supplier it comes from.",
            fix=f"Choose the supplier of the {noun} in the source.",
        )


def _described(line: Line) -> Line:
    """The line, described by its item where it has no text of its own."""
    if line.description.strip():
        return line
    update: dict[str, Any] = {"description": tidy(line.item.name or "") if line.item else ""}
    return line.model_copy(update=update)
