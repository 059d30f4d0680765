"""Trying other readings of the doubtful fields of documents, and keeping what makes more of their sums come out.

Source: docs/facts/apptivo.md, "Check of sums".
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tieout_apptivo.doctor.fitting import Fit
from tieout_apptivo.doctor.proposing import Proposed, put
from tieout_apptivo.doctor.survey import Survey
from tieout_apptivo.records.arithmetic import Sum, sums
from tieout_apptivo.shape import scalars
from tieout_apptivo.shape.fields import at
from tieout_apptivo.shape.profile import Profile, over_shipped
from tieout_apptivo.shape.scalars import Unreadable
from tieout_apptivo.shape.settings import Firm

Variant = Mapping[str, tuple[str, ...]]

_DISCOUNTS = {"discount": "discount_rate", "discount_rate": "discount"}
_TOTAL = "fields.total"


def settle(
    found: Survey, proposed: Proposed, changes: dict[str, Any], settings: Firm, memory: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Sum]]:
    """Try the other keys of each doubtful number, one after the other, and keep what makes more documents come out."""
    best = _tried(found, changes, settings, memory)
    for variant in _variants(proposed):
        if not _wrong(best):
            break
        other = _with(found, changes, variant)
        results = _tried(found, other, settings, memory)
        if _wrong(results) < _wrong(best):
            changes, best = other, results
    return changes, best


def totalled(
    found: Survey, proposed: Proposed, changes: dict[str, Any], settings: Firm, memory: Mapping[str, Any]
) -> tuple[Proposed, dict[str, Any]]:
    """Find the total where no word told it: the largest amount of each document, to which most of them come.

    A smaller one may come out too, as long as nobody knows what is added to it.
    """
    if proposed.fits[_TOTAL].how != "none":
        return proposed, changes
    taken = {path for one in proposed.fits.values() if one.how != "none" for path in one.paths}
    amounts = {key: told for key in {key for wire in found.rows for key in wire} if (told := _amounts(found, key))}
    largest = [
        key
        for key, told in amounts.items()
        if all(one >= max(each) for one, *each in zip(told, *amounts.values(), strict=True)) and key not in taken
    ]
    if len(largest) != 1:
        return proposed, changes
    key = largest[0]
    results = _tried(found, _with(found, changes, {_TOTAL: (key,)}), settings, memory)
    if sum(1 for one in results if not set(one.causes) - {"status-unknown"}) * 2 < len(results):
        return proposed, changes
    sample = next(value for wire in found.rows if scalars.filled(value := at(wire, key)))
    fit = Fit(name="total", paths=(key,), how="sums", sample=sample)
    return replace(proposed, fits={**proposed.fits, _TOTAL: fit}), _with(found, changes, {_TOTAL: (key,)})


def _variants(proposed: Proposed) -> Iterator[Variant]:
    """Other readings of the fields found by label or name: another key, none, or the other kind of discount."""
    fits = proposed.fits
    for key, one in fits.items():
        if one.how not in ("label", "name"):
            continue
        for other in one.others:
            yield {key: (other,)}
        if one.name in _DISCOUNTS:
            sibling = f"{key.rpartition('.')[0]}.{_DISCOUNTS[one.name]}"
            if fits[sibling].how == "none":
                yield {key: (), sibling: one.paths}
        yield {key: ()}
    for name in proposed.changes.get("tables", {}):
        yield {f"tables.{name}.path": ()}


def _with(found: Survey, changes: dict[str, Any], variant: Variant) -> dict[str, Any]:
    other = copy.deepcopy(changes)
    for key, paths in variant.items():
        put(other.setdefault(found.name, {}), key.split("."), list(paths))
    return other


def _tried(found: Survey, changes: dict[str, Any], settings: Firm, memory: Mapping[str, Any]) -> list[Sum]:
    known = {"date-format": changes.get("date-format", "")} | dict(memory)
    profile = Profile.model_validate(over_shipped(changes))
    return sums(found.name, profile, found.rows, settings, known)


def _amounts(found: Survey, key: str) -> list[Decimal]:
    """What each record says at a key that holds amounts; empty for any other: whole numbers alone may be ids."""
    try:
        told = [scalars.number(wire.get(key)) for wire in found.rows]
    except Unreadable:
        return []
    numbers = [one or Decimal(0) for one in told]
    return numbers if any(one % 1 for one in numbers) else []


def _wrong(results: list[Sum]) -> int:
    return sum(1 for one in results if one.causes)
