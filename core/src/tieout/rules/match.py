"""Matching: by what a record can be recognised in the target. Pure.

The order is: the external number that Tieout gave it; for parties the account number, the tax number, the e-mail
address with a similar name (docs/facts/peers.md, "Matching parties"); then the entity's natural key, against the target
as read and against all that the same plan creates. A name alone never links a person, and what is found more than once,
is taken by another record or does not agree is a question for a person.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rapidfuzz import fuzz

from tieout.api.codec import digest
from tieout.api.contract import Entity, Resource
from tieout.api.errors import Problem
from tieout.api.model import Party, Record, Ref
from tieout.rules.questions import UNANSWERED, Answers, Option, Question, QuestionKind, Suggestion, name_mark

SIMILAR = 85
"""From this score (0 to 100) on two names are similar: word order, case and a letter or two do not count."""

_END = re.compile(r"[\s/._-]?[^\s/._-]{1,8}$")
"""The last part of a code or number, with what parts it from the rest."""
_BLANKS = re.compile(r"\s+")
_MARKS = {"number": "account number", "tax_number": "tax number", "email": "e-mail address"}


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
    marks = tuple(_MARKS) if isinstance(record, Party) else ()
    for names in {("external",), entity.key, *((name,) for name in (*resource.unique, *marks))}:
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
    source record (entity and id) when two would become one. `question` is what a person has to decide.
    """

    adopt: Candidate | None = None
    ours: bool = False
    problems: tuple[Problem, ...] = ()
    twin: tuple[str, str] | None = None
    question: Question | None = None


def choose(
    entity: Entity,
    resource: Resource,
    source_id: str,
    wanted: Record,
    found: dict[str, list[Candidate]],
    answers: Answers = UNANSWERED,
) -> Match:
    """Decide about a record that has no link, from the candidates found by each of its keys.

    `wanted` is the record as the target would show it, so lengths and normalised names compare alike; `answers` name
    the candidates that a person knows to be others.
    """
    ours = [candidate for candidate in found.get("external", []) if candidate.record.standing != "void"]
    if len(ours) == 1:
        return Match(adopt=ours[0], ours=True)
    if len(ours) > 1:
        return _several(entity, wanted, ours)
    if named := [one for one in found.get("counterpart", []) if not one.linked and one.record.standing != "void"]:
        return _only(entity, wanted, named)
    others = {
        name: [one for one in many if one.target_id is None or not answers.to("create", alike(wanted, one.record))]
        for name, many in found.items()
    }
    if isinstance(wanted, Party) and (known := _by_marks(entity, wanted, others)):
        return known
    natural = others.get("+".join(entity.key), [])
    if entity.repeats:
        # equal keys are no proof of a twin: the first that nobody has claimed is the one, and none is needed
        free = [one for one in natural if one.target_id and not one.linked and one.record.standing != "void"]
        return Match(adopt=free[0] if free else None)
    if natural:
        return _by_key(entity, source_id, wanted, natural)
    for name in resource.unique:
        for candidate in found.get(name, []):
            if candidate.record.standing not in ("void", "archived"):
                return _taken(name, wanted, candidate)
    return Match()


def alike(wanted: Record, candidate: Record) -> str:
    """The digest under which a person's word is kept that these two are not the same: it holds while both stay so."""
    here = [getattr(wanted, name, None) for name in _MARKS]
    there = [label(candidate), *(getattr(candidate, name, None) for name in _MARKS)]
    return digest(["alike", here, there])


def score(wanted: Record, candidate: Record) -> int:
    """How alike two records are called, from 0 to 100."""
    return round(fuzz.token_sort_ratio(normal(label(wanted)), normal(label(candidate))))


def _by_marks(entity: Entity, wanted: Party, found: dict[str, list[Candidate]]) -> Match | None:
    """What numbers and addresses tell of a party, among those of the target that nobody has claimed; None: nothing."""
    free = {
        name: [one for one in found.get(name, []) if one.target_id and not one.linked and one.record.standing != "void"]
        for name in _MARKS
    }
    for name in ("number", "tax_number"):
        if free[name] and not (name == "tax_number" and wanted.person):  # a person bears the tax number of a firm
            return _only(entity, wanted, free[name])
    addressed = free["email"]
    if similar := [one for one in addressed if score(wanted, one.record) >= SIMILAR]:
        return _only(entity, wanted, similar)
    if addressed and not found.get("+".join(entity.key)):
        return _unsure(wanted, addressed, "the e-mail address is the same and the name is not")
    return None


def _only(entity: Entity, wanted: Record, found: list[Candidate]) -> Match:
    if len(found) > 1:
        return _several(entity, wanted, found)
    only = found[0]
    return _archived(wanted, only) if only.record.standing == "archived" else Match(adopt=only)


def _by_key(entity: Entity, source_id: str, wanted: Record, natural: list[Candidate]) -> Match:
    for candidate in natural:
        twins = [link for link in candidate.linked if link[0] == entity.name and link[1] != source_id]
        if candidate.planned and candidate.planned[0] == entity.name:
            twins.append(candidate.planned)
        if twins:
            question = renaming("twin", wanted, *natural)
            return Match(problems=(twin(entity, wanted),), twin=candidate.planned, question=question)
    live = [candidate for candidate in natural if candidate.record.standing != "void"]
    if not live:
        return Match(problems=(_void(wanted),), question=renaming("number-taken", wanted))
    if len(live) > 1:
        return _several(entity, wanted, live)
    only = live[0]
    if only.record.standing == "archived":
        return _archived(wanted, only)
    unequal = [name for name in entity.agrees if normal(getattr(only.record, name)) != normal(getattr(wanted, name))]
    if unequal:
        question = renaming("number-taken", wanted, only)
        return Match(problems=(_disagrees(wanted, only.record, unequal),), question=question)
    return Match(adopt=only)


def renaming(kind: QuestionKind, record: Record, *found: Candidate) -> Question:
    """A question that another name, number or code would answer, with one that tells it from those found."""
    first = next(proposals(record, [one.record for one in found]))
    options: tuple[Option, ...] = ("link", "create", "skip") if kind == "match" else ("create", "skip")
    return Question(
        kind=kind,
        options=options,
        suggestions=tuple(_suggestion(record, one) for one in found if one.target_id and kind != "twin"),
        renames=_called(record),
        called=label(record),
        proposal=first.text,
        reason=first.reason,
    )


@dataclass(frozen=True, slots=True)
class Proposal:
    """A name, number or code that a record could get, and why this one, as a sentence."""

    text: str
    reason: str


def proposals(record: Record, others: Sequence[Record] = (), limit: int | None = None) -> Iterator[Proposal]:
    """What a record could be called instead, the best first and without end; none is longer than `limit`.

    A party is told apart by what the others do not share with it, whatever the target would cut by its own end.
    """
    text = label(record)
    length = limit or len(text)
    for what, value in _apart(record).items():
        shared = any(normal(_apart(other).get(what) or "") == normal(value) for other in others)
        if value and not shared and (limit is None or len(value) < limit // 2):
            yield Proposal(_ending(text, f" ({value})", limit), f"Its {what} tells it apart.")
    if length < len(text) and (own := _END.search(text)) and len(own[0]) < length // 2:
        yield Proposal(_ending(text, own[0], limit), "Its own end, which would be cut off, tells it apart.")
    for number in itertools.count(2):
        end = f" ({number})" if isinstance(record, Party) else f"-{number}"
        yield Proposal(_ending(text, end, limit), "It is the first number that is free.")


def _apart(record: Record) -> dict[str, str]:
    """What people tell parties of one name apart by, the best first."""
    if not isinstance(record, Party):
        return {}
    city = next((address.city for address in record.addresses if address.city), "")
    return {"city": city, "number": record.number or "", "e-mail address": record.email, "phone number": record.phone}


def _ending(text: str, end: str, limit: int | None) -> str:
    return text + end if limit is None else text[: max(limit - len(end), 0)].rstrip() + end


def _suggestion(wanted: Record, candidate: Candidate) -> Suggestion:
    there = candidate.record
    reasons = [
        f"same {words}" for name, words in _MARKS.items() if isinstance(wanted, Party) and _same(wanted, there, name)
    ]
    likeness = score(wanted, there)
    reasons.append("same name" if normal(label(wanted)) == normal(label(there)) else f"name {likeness} % alike")
    reasons += [
        f"{name} {getattr(there, name)}" for name in ("date", "total") if getattr(there, name, None) is not None
    ]
    return Suggestion(
        target_id=candidate.target_id or "",
        label=label(there),
        score=likeness,
        reasons=tuple(reasons),
        mark=alike(wanted, there),
    )


def _same(one: Record, other: Record, name: str) -> bool:
    value = getattr(one, name, None)
    return bool(value) and normal(value) == normal(getattr(other, name, None) or "")


def renamed(record: Record, answers: Answers) -> Record:
    """The record under the name, number or code that a person gave it; its own again once that changes."""
    name = _called(record)
    for _ in answers.given:
        given = answers.to("name", name_mark(name, str(getattr(record, name, ""))))
        if given is None:
            break
        record = record.model_copy(update={name: given})
    return record


def _called(record: Record) -> str:
    """The field that holds what people call a record, and by which it may be told apart from others."""
    return next((name for name in ("code", "name", "number") if hasattr(record, name)), "")


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
        fix="Rename one of them, for example by adding its city or number: tieout answer, with create; or merge them.",
    )


def _several(entity: Entity, record: Record, found: list[Candidate]) -> Match:
    problem = Problem(
        cause="several-matches",
        about=label(record),
        what="Several records of the target match it.",
        why=f"{len(found)} are as likely, and linking one would be a guess.",
        fix="Say which one it is: tieout link; or merge or rename them in the target.",
    )
    return Match(problems=(problem,), question=renaming("match", record, *found))


def _unsure(record: Record, found: list[Candidate], why: str) -> Match:
    problem = Problem(
        cause="weak-match",
        about=label(record),
        what="It may be in the target already.",
        why=f"There {why}: linking would be a guess, and so would be creating.",
        fix="Say what is right: tieout answer, with link or create.",
    )
    return Match(problems=(problem,), question=renaming("match", record, *found))


def _taken(name: str, record: Record, candidate: Candidate) -> Match:
    problem = Problem(
        cause=f"{name}-taken",
        about=label(record),
        what=f"Its {name} is taken in the target by another record.",
        why=f"The target allows a {name} only once, and nothing proves that the two are the same.",
        fix=f"Say that they are the same: tieout link; or change the {name} of one, for example by adding a city.",
    )
    kind: QuestionKind = "match" if isinstance(record, Party) and candidate.target_id else "number-taken"
    return Match(problems=(problem,), question=renaming(kind, record, candidate))


def _void(record: Record) -> Problem:
    return Problem(
        cause="void-in-target",
        about=label(record),
        what="It exists in the target, voided or deleted.",
        why="What was voided there is never brought back, and its number stays taken.",
        fix="Give the record a new number if it shall be sent again: tieout answer, with create.",
    )


def _archived(record: Record, candidate: Candidate) -> Match:
    problem = Problem(
        cause="archived-in-target",
        about=label(record),
        what="It exists in the target, but is archived.",
        why="Archived records cannot be used or changed from outside.",
        fix="Restore it in the target, choose another one with tieout link, or rename the record.",
    )
    return Match(problems=(problem,), question=renaming("number-taken", record, candidate))


def _disagrees(record: Record, other: Record, names: list[str]) -> Problem:
    shown = ", ".join(f"{name} {getattr(record, name)} here and {getattr(other, name)} there" for name in names)
    return Problem(
        cause="number-taken",
        about=label(record),
        what=f"It exists in the target already, and is not the same: {shown}.",
        why="Nothing is ever overwritten because of its number.",
        fix="Correct one of the two, or send it under another number: tieout answer, with create.",
    )
