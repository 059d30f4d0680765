"""What customers, contacts and suppliers have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tieout import Party, Problem, Settings

from tieout_entities.text import tidy

TARGET_OWNS = {"terms": True, "currency": True}
"""Payment terms and currency are chosen in the books; what stands there is kept (`docs/facts/peers.md`,
"Ownership")."""


def skip(party: Party, settings: Settings) -> str | None:
    """Why a party that was never sent is left out: it is out of use in the source."""
    reasons = {
        "archived": "It is out of use in the source. Make it active there to send it.",
        "void": "It was deleted in the source before it was ever sent.",
    }
    return reasons.get(party.standing)


def prepare(party: Party, settings: Settings) -> Party:
    """The party with names as people mean them; a person without a full name is called by first and last name."""
    first, last = tidy(party.first_name), tidy(party.last_name)
    name = tidy(party.name) or tidy(f"{first} {last}")
    return party.model_copy(update={"name": name, "first_name": first, "last_name": last, "email": party.email.strip()})


def named(noun: str) -> Callable[[Party, Any], Iterable[Problem]]:
    """A check that a party, called `noun` in the message, has a name."""

    def check(party: Party, settings: Any) -> Iterable[Problem]:
        if not party.name:
            yield Problem(
                cause="name-missing",
                what=f"This {noun} has no name.",
                why="The books file everybody under a name.",
                fix=f"Fill in the name of the {noun} in the source.",
            )

    return check
