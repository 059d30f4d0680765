"""Matching: by what a record can be recognised in the target. Pure.

The order is: the external number that Tieout gave it, then the entity's natural key, both against the target as read
and against all that the same plan creates. A name alone never links a person, and what is found more than once, is
taken by another record or does not agree is a question for a person.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tieout.contract import Entity, Resource
from tieout.errors import Problem
from tieout.model import Record, Ref

_BLANKS = re.compile(r"\s+")


def normal(value: Any) -> str:
    """A value as it is compared: case, accents' forms and runs of blanks do not count."""
    if isinstance(value, Ref):
        return value.id
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return _BLANKS.sub(" ", unicodedata.normalize("NFKC", str(value))).strip().casefold()


def external(tenant: str, entity: Entity, source_id: str) -> str:
    """The number under which the target knows a source record: tenant, the entity's letter, the id; at most 50 long."""
    prefix = tenant if len(tenant) <= 12 and tenant.isalnum() else hashlib.sha256(tenant.encode()).hexdigest()[:8]
    number = f"{prefix}-{entity.letter}-{source_id}"
    if len(number) <= 50:
        return number
    return f"{prefix}-{entity.letter}-{hashlib.sha256(source_id.encode()).hexdigest()[:24]}"


def joined(record: Record, names: Sequence[str]) -> str | None:
    """Several fields as one key; None when one of them is empty."""
    parts = [getattr(record, name, None) for name in names]
    if any(part is None or part == "" for part in parts):
        return None
    return "\x1f".join(normal(part) for part in parts)


def keys(record: Record, entity: Entity, resource: Resource) -> dict[str, str]:
    """All by which a target's record can be recognised: field (or fields joined by +) to normalised value."""
    found = {}
    for names in {("external",), entity.key, *((name,) for name in resource.unique)}:
        value = joined(record, names) if names else None
        if value is not None:
            found["+".join(names)] = value
    return found


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that bears one of the keys: in the target (`target_id`) or created by the same plan (`planned`).

    `linked` names the entities and source ids that are linked to it already.
    """

    record: Record
    target_id: str | None = None
    planned: tuple[str, str] | None = None
    linked: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """The answer: adopt this candidate, or hold for these problems; neither means that nothing matches.

    `ours` says that the candidate bears the external number that Tieout gives this very record, `twin` is the other
    source record (entity and id) when two would become one.
    """

    adopt: Candidate | None = None
    ours: bool = False
    problems: tuple[Problem, ...] = ()
    twin: tuple[str, str] | None = None


def choose(
    entity: Entity, resource: Resource, source_id: str, wanted: Record, found: dict[str, list[Candidate]]
) -> Match:
    """Decide about a record that has no link, from the candidates found by each of its keys.

    `wanted` is the record as the target would show it, so lengths and normalised names compare alike.
    """
    ours = [candidate for candidate in found.get("external", []) if candidate.record.standing != "void"]
    if len(ours) == 1:
        return Match(adopt=ours[0], ours=True)
    if len(ours) > 1:
        return Match(problems=(_several(entity, wanted, ours),))
    natural = found.get("+".join(entity.key), [])
    if entity.repeats:
        # equal keys are no proof of a twin: the first that nobody has claimed is the one, and none is needed
        free = [one for one in natural if one.target_id and not one.linked and one.record.standing != "void"]
        return Match(adopt=free[0] if free else None)
    if natural:
        return _by_key(entity, source_id, wanted, natural)
    for name in resource.unique:
        for candidate in found.get(name, []):
            if candidate.record.standing not in ("void", "archived"):
                return Match(problems=(_taken(name, wanted),))
    return Match()


def _by_key(entity: Entity, source_id: str, wanted: Record, natural: list[Candidate]) -> Match:
    for candidate in natural:
        twins = [link for link in candidate.linked if link[0] == entity.name and link[1] != source_id]
        if candidate.planned and candidate.planned[0] == entity.name:
            twins.append(candidate.planned)
        if twins:
            return Match(problems=(twin(entity, wanted),), twin=candidate.planned)
    live = [candidate for candidate in natural if candidate.record.standing != "void"]
    if not live:
        return Match(problems=(_void(wanted),))
    if len(live) > 1:
        return Match(problems=(_several(entity, wanted, live),))
    only = live[0]
    if only.record.standing == "archived":
        return Match(problems=(_archived(wanted),))
    unequal = [name for name in entity.agrees if normal(getattr(only.record, name)) != normal(getattr(wanted, name))]
    if unequal:
        return Match(problems=(_disagrees(wanted, only.record, unequal),))
    return Match(adopt=only)


def label(record: Record) -> str:
    """What people call a record: its code, else its name, number or reference, else its amount and date."""
    for name in ("code", "name", "number", "reference"):
        if value := getattr(record, name, None):
            return str(value)
    paid = worth(record)
    return f"{paid} on {getattr(record, 'date', '')}" if paid is not None else "(no number)"


def worth(record: Record | None) -> Decimal | None:
    """The money that a record stands for, in its currency: a document's total, a payment's amount; None for others."""
    for name in ("total", "amount"):
        if (value := getattr(record, name, None)) is not None:
            return Decimal(value)
    return None


def twin(entity: Entity, record: Record) -> Problem:
    """Two source records that would become the same record in the target."""
    return Problem(
        cause="same-key",
        about=label(record),
        what=f"Two {entity.title.lower()} would become one and the same in the target.",
        why="They have the same " + " and ".join(entity.key) + ", once cut and normalised as the target does.",
        fix="Rename one of them, for example by adding its city or number, or merge them.",
    )


def _several(entity: Entity, record: Record, found: list[Candidate]) -> Problem:
    return Problem(
        cause="several-matches",
        about=label(record),
        what="Several records of the target match it.",
        why=f"{len(found)} have the same " + " and ".join(entity.key) + ", and linking one would be a guess.",
        fix="Merge or rename them in the target.",
    )


def _taken(name: str, record: Record) -> Problem:
    return Problem(
        cause=f"{name}-taken",
        about=label(record),
        what=f"Its {name} is taken in the target by another record.",
        why=f"The target allows a {name} only once, and nothing proves that the two are the same.",
        fix=f"Change the {name} of one of them, for example by adding a city or a number.",
    )


def _void(record: Record) -> Problem:
    return Problem(
        cause="void-in-target",
        about=label(record),
        what="It exists in the target, voided or deleted.",
        why="What was voided there is never brought back, and its number stays taken.",
        fix="Give the record a new number if it shall be sent again.",
    )


def _archived(record: Record) -> Problem:
    return Problem(
        cause="archived-in-target",
        about=label(record),
        what="It exists in the target, but is archived.",
        why="Archived records cannot be used or changed from outside.",
        fix="Restore it in the target, or rename the record.",
    )


def _disagrees(record: Record, other: Record, names: list[str]) -> Problem:
    shown = ", ".join(f"{name} {getattr(record, name)} here and {getattr(other, name)} there" for name in names)
    return Problem(
        cause="number-taken",
        about=label(record),
        what=f"It exists in the target already, and is not the same: {shown}.",
        why="Nothing is ever overwritten because of its number.",
        fix="Correct one of the two, or give the record another number.",
    )
