"""The plan's pure heart: what becomes of one record, decided from both sides and their common past.

Each side is compared with its own past, never across: the source's record with the record that was sent, the target's
record with what came back. No I/O, no clock, no randomness: the same case always gives the same verdict.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from tieout.api.codec import digest
from tieout.api.contract import Entity
from tieout.api.errors import Problem
from tieout.api.model import Record
from tieout.rules.match import label
from tieout.rules.questions import NOBODY, UNANSWERED, Answers, FieldChange, Ownership, Question
from tieout.rules.references import BOOKKEEPING, content, differing

BEFORE, OUT_OF_USE = "before-start-date", "not-to-be-sent"
LEFT_OUT = frozenset({BEFORE, OUT_OF_USE})
"""The causes for which a record is out of scope."""


@dataclass(frozen=True, slots=True)
class Past:
    """A link's past: how it came about, the record last sent, and the target's record that came back."""

    origin: str
    is_primary: bool
    sent: Record | None
    came: Record | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything that decides about one record.

    `source` is the prepared source record; None: its deletion is proved. `target` is the counterpart as last read,
    None when there is none or it is gone. `free` are the fields that may still change once the target is settled.
    `skip` and `missing` are the entity's own words about the record, `answers` what people decided about it and `owns`
    who has the last word on a field. `counterpart` is the id of the target's record that it is linked to. Documents of
    `backfilled` dates may go although they are older than `since`.
    """

    entity: Entity
    since: date
    source: Record | None
    past: Past | None = None
    target: Record | None = None
    free: frozenset[str] = frozenset()
    skip: str | None = None
    missing: tuple[Problem, ...] = ()
    answers: Answers = UNANSWERED
    owns: Ownership = NOBODY
    counterpart: str | None = None
    backfilled: tuple[Range, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of the record.

    `keep` are fields in which an update leaves the target's values alone; `lacking` says that a hold is only for what
    the record itself lacks. `question` is what a person has to decide before it can go.
    """

    kind: Literal["unchanged", "kept", "create", "update", "void", "link", "hold", "skip"]
    problems: tuple[Problem, ...] = ()
    keep: frozenset[str] = frozenset()
    lacking: bool = False
    question: Question | None = None


UNCHANGED = Verdict("unchanged")
Range: TypeAlias = tuple[date, date]
"""The first and the last day of a backfill."""

_Words = tuple[str, str, str]


def in_scope(dated: date | None, since: date, backfilled: Iterable[Range]) -> bool:
    """Whether a record of this date may be sent: it is not older than the start date, or within a backfill."""
    return dated is None or dated >= since or any(first <= dated <= last for first, last in backfilled)


def decide(case: Case) -> Verdict:
    """The verdict on one record; every branch says which case it is."""
    if reason := case.answers.to("skip"):
        return _skip("skipped-by-person", str(reason))
    chosen = case.answers.to("link")
    if chosen and case.source is not None and chosen["target"] != case.counterpart:
        return Verdict("link")  # a person said which record of the target it is
    if case.past is None:
        return _unlinked(case)
    if not case.past.is_primary:
        return UNCHANGED  # the other source record on this link is the one that is sent
    if case.source is None:
        return _source_is_gone(case, case.past)
    if case.target is None or case.target.standing == "void":
        return _target_is_gone(case, case.past, case.source)
    if case.source.standing == "void":
        return _source_is_void(case, case.past, case.source, case.target)
    return _both_stand(case, case.past, case.source, case.target)


def _unlinked(case: Case) -> Verdict:
    source = case.source
    if source is None:
        return _skip("deleted-in-source", "It was deleted before it was ever sent.")
    if case.skip:
        return _skip(OUT_OF_USE, case.skip)
    if not in_scope(getattr(source, "date", None), case.since, case.backfilled):
        return _skip(BEFORE, f"It is dated before the start date {case.since.isoformat()}.")
    if case.missing:
        return Verdict("hold", case.missing, lacking=True)
    return Verdict("create")


def _source_is_gone(case: Case, past: Past) -> Verdict:
    if case.target is None or case.target.standing == "void":
        return UNCHANGED  # gone on both sides: agreed
    if case.entity.removal == "void" and past.sent is not None:
        return _source_is_void(case, past, past.sent, case.target)
    mark = digest(["deleted-in-source", content(case.target, BOOKKEEPING)])
    said = case.answers.to("keep", mark)
    if said == "target":
        return Verdict("kept")
    if said == "source" and past.sent is not None:
        return _source_is_void(case, past, past.sent, case.target)
    question = Question(kind="deletion", options=("keep-source", "keep-target", "skip"), mark=mark)
    return _hold("deleted-in-source", case.target, _DELETED, question=question)


def _target_is_gone(case: Case, past: Past, source: Record) -> Verdict:
    # voided or deleted on both sides: agreed
    if source.standing == "void":
        return UNCHANGED
    # only the target was voided: kept so, and never brought back
    if past.sent is None or not differing(past.sent, source, {}):
        return Verdict("kept")
    return _leave(case, "void-in-target", source, _VOID_THERE)


def _source_is_void(case: Case, past: Past, source: Record, target: Record) -> Verdict:
    if past.origin == "matched":
        return _leave(case, "not-ours", source, _NOT_OURS)
    if target.standing == "settled":
        return _leave(case, "settled-in-target", source, _SETTLED)
    return Verdict("void")


def _both_stand(case: Case, past: Past, source: Record, target: Record) -> Verdict:
    here = differing(past.sent, source, {}) if past.sent is not None else frozenset()
    there = differing(past.came, target, case.entity.target_owns) if past.came is not None else frozenset()
    changes = _changes(here & there, past, source, target)
    says = {change.name: _says(case, change) for change in changes}
    # what the target owns, or was to keep, is not sent; what only the target changed stays as well
    theirs = frozenset(name for name in here if says.get(name, case.owns.of(name)) == "target")
    keep = theirs | frozenset(name for name in there - here if case.owns.of(name) != "source")
    if not here - theirs:
        # nothing to send; what changed in the target alone is kept
        return Verdict("kept") if here | there else UNCHANGED
    if past.origin == "matched":
        return _leave(case, "not-ours", source, _NOT_OURS)
    if target.standing == "settled" and not here - theirs <= case.free:
        return _leave(case, "settled-in-target", source, _SETTLED)
    if target.standing == "archived":
        return _leave(case, "archived-in-target", source, _ARCHIVED)
    if case.missing:
        return Verdict("hold", case.missing, lacking=True)
    if asked := tuple(change for change in changes if says[change.name] is None):
        names = ", ".join(change.name for change in asked)
        question = Question(kind="conflict", options=("keep-source", "keep-target", "skip"), fields=asked)
        return _hold("changed-on-both-sides", source, _BOTH, about=names, question=question)
    return Verdict("update", keep=keep)


def _changes(names: frozenset[str], past: Past, source: Record, target: Record) -> tuple[FieldChange, ...]:
    """The fields that both sides changed, with all three values."""
    here, there = content(source), content(target)
    last = content(past.sent) if past.sent is not None else {}
    return tuple(
        FieldChange(name=name, source=here.get(name), target=there.get(name), last=last.get(name))
        for name in sorted(names)
    )


def _says(case: Case, change: FieldChange) -> str | None:
    """Which side's value stands in a field that both changed; None: a person has to say."""
    if change.source == change.target:
        return "target"  # both came to the same
    owner: str | None = case.owns.of(change.name) or case.answers.to("keep", change.mark)
    return owner or (None if case.owns.otherwise == "ask" else case.owns.otherwise)


def _leave(case: Case, cause: str, source: Record, words: _Words) -> Verdict:
    """A change that cannot be sent: held until a person says that the target stays as it is."""
    mark = digest([cause, content(source, BOOKKEEPING), source.standing])
    if case.answers.to("keep", mark) == "target":
        return Verdict("kept")
    question = Question(kind="conflict", options=("keep-target", "skip"), mark=mark)
    return _hold(cause, source, words, question=question)


def _skip(cause: str, what: str) -> Verdict:
    return Verdict("skip", (Problem(cause=cause, what=what),))


_DELETED: _Words = (
    "{label} was deleted in the source, and stands in the target.",
    "Nothing is erased in the books without a person's word.",
    "Say what is right: tieout answer, with keep-source to take it back in the target, or keep-target to leave it.",
)
_VOID_THERE: _Words = (
    "{label} was voided or deleted in the target, and changed in the source since.",
    "What was voided there is never brought back.",
    "Give the record a new number if it shall be sent again, or void it in the source as well.",
)
_NOT_OURS: _Words = (
    "{label} was in the target before Tieout, and has changed in the source.",
    "Only what Tieout created or a person linked is ever changed.",
    "Make the change in the target by hand, and say so: tieout answer, with keep-target.",
)
_SETTLED: _Words = (
    "{label} is paid, part-paid or billed in the target, and has changed in the source.",
    "Payments lock the content of a document.",
    "Make the change in the target by hand, or issue a credit note, and say so: tieout answer, with keep-target.",
)
_ARCHIVED: _Words = (
    "{label} is archived in the target, and has changed in the source.",
    "Archived records cannot be changed from outside.",
    "Restore it in the target.",
)
_BOTH: _Words = (
    "{label} was changed on both sides: {about}.",
    "Either change would overwrite the other.",
    "Say which side is right: tieout answer, with keep-source or keep-target; or make both sides alike.",
)


def _hold(
    cause: str, record: Record | None, words: _Words, about: str = "", question: Question | None = None
) -> Verdict:
    name = label(record) if record is not None else "A record"
    what, why, fix = (text.format(label=name, about=about) for text in words)
    return Verdict("hold", (Problem(cause=cause, what=what, why=why, fix=fix, about=about),), question=question)
