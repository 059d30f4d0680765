"""Showing values without giving persons away: samples in what the doctor finds.

Numbers of documents, dates, amounts, statuses and codes are shown; names, addresses, texts and whatever else may be
personal is masked.
"""

from __future__ import annotations

import re
from typing import Any

from tieout_apptivo.shape import scalars

_OPEN = frozenset(
    (
        *(
            "number",
            "code",
            "reference",
            "status_id",
            "status_name",
            "currency",
            "rate",
            "term",
            "inclusive",
            "account",
        ),
        *("date", "due", "delivery", "total", "tax", "shipping", "discount", "discount_rate", "paid", "balance"),
        *(
            "quantity",
            "price",
            "cost",
            "amount",
            "tax_name",
            "tax_rate",
            "sold",
            "purchased",
            "stock",
            "type",
            "voided",
        ),
        *("id", "customer", "contact", "supplier", "item", "item_name", "parent"),
    )
)
_LONGEST = 40


def sample(kind: str, field: str, value: Any) -> str:
    """A value of a field of a kind (`party`, `item`, `document`) as it may be shown; a list by its length alone."""
    if isinstance(value, list):
        return f"{len(value)} of them"
    text = scalars.text(value)
    open_ = field in _OPEN or (kind == "item" and field in ("name", "description"))
    return (text if open_ else masked(text))[:_LONGEST]


def masked(text: str) -> str:
    """The text with all but the first letter of each word, and all digits, replaced."""
    words = re.sub(r"\d", "0", text).split()
    return " ".join(word if not any(map(str.isalpha, word)) else f"{word[0]}***" for word in words)
