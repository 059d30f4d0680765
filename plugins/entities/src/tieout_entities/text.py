"""Text as people mean it."""

from __future__ import annotations

_INVISIBLE = {ord(mark): None for mark in "\u200b\u2060\ufeff"}


def tidy(text: str) -> str:
    """The text on one line, without blanks at its ends, runs of blanks or zero-width marks.

    Two names that look equal are then equal, and no system refuses one for a blank that nobody sees
    (`docs/facts/xero.md`, "Contacts"; `docs/facts/peers.md`, "Matching parties").
    """
    return " ".join(text.translate(_INVISIBLE).split())
