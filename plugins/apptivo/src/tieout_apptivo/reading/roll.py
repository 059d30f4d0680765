"""A roll: the ids of the records of a list, small enough to stand in a cursor.

What a complete read has seen is remembered from one to the next, because an absence is the only sign of a deletion that
Apptivo gives (docs/facts/apptivo.md, "Reading changes", "Deletions"). Ten thousand ids take about 30 kB.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable

_BETWEEN = "\n"


def packed(ids: Iterable[str]) -> str:
    """The ids as one text; empty for none. Equal sets give equal texts."""
    text = _BETWEEN.join(sorted(ids))
    return base64.b85encode(zlib.compress(text.encode())).decode() if text else ""


def unpacked(roll: str) -> set[str]:
    """The ids of a roll."""
    return set(zlib.decompress(base64.b85decode(roll)).decode().split(_BETWEEN)) if roll else set()
