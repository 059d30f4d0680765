"""What differs between two states of a record, field by field. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

_APART = frozenset({"external", "url"})
"""Fields by which the systems know each other: no content that a person reads."""


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """One field's value before and after; None where it was or is not filled.

    `path` leads to it with dots, places in lists counted from 1: `lines.2.price`.
    """

    path: str
    old: Any
    new: Any


def diff(before: Any, after: Any) -> tuple[FieldDiff, ...]:
    """The fields in which two plain values differ (JSON as the ledger or a system keeps it), in the order of `after`.

    A record that refers to another is shown by what people call it. What is not filled on either side is no difference.
    """
    return tuple(_walk("", before, after))


def _walk(path: str, before: Any, after: Any) -> Iterator[FieldDiff]:
    before, after = _called(before), _called(after)
    if isinstance(before, Mapping | None) and isinstance(after, Mapping | None) and (before or after):
        old: Mapping[str, Any] = before or {}
        new: Mapping[str, Any] = after or {}
        for name in (*new, *(name for name in old if name not in new)):
            if path or name not in _APART:
                yield from _walk(f"{path}.{name}" if path else str(name), old.get(name), new.get(name))
    elif _listed(before) and _listed(after) and (before or after):
        for place, (one, other) in enumerate(zip_longest(before or (), after or ()), start=1):
            yield from _walk(f"{path}.{place}" if path else str(place), one, other)
    elif before != after and not (_empty(before) and _empty(after)):
        yield FieldDiff(path, None if _empty(before) else before, None if _empty(after) else after)


def _listed(value: Any) -> bool:
    return value is None or (isinstance(value, Sequence) and not isinstance(value, str))


def _empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | Sequence | Mapping) and not value)


def _called(value: Any) -> Any:
    """A reference as people call it; anything else as it is."""
    if isinstance(value, Mapping) and {"entity", "id"} <= value.keys() <= {"entity", "id", "side", "key", "name"}:
        return value.get("name") or value.get("key") or value["id"]
    return value
