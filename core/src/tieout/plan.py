"""The plan's pure heart: what becomes of one record, decided from both sides and their common past.

Each side is compared with its own past, never across: the source's record with the record that was sent, the target's
record with what came back. No I/O, no clock, no randomness: the same case always gives the same verdict.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from tieout.contract import Entity
from tieout.errors import Problem
from tieout.match import label
from tieout.model import Record
from tieout.references import differing


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
    `skip` and `missing` are the entity's own words about the record.
    """

    entity: Entity
    since: date
    source: Record | None
    past: Past | None = None
    target: Record | None = None
    free: frozenset[str] = frozenset()
    skip: str | None = None
    missing: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of the record.

    `keep` are fields that the target changed alone and that an update leaves alone; `lacking` says that a hold is only
    for what the record itself lacks.
    """

    kind: Literal["unchanged", "kept", "create", "update", "void", "hold", "skip"]
    problems: tuple[Problem, ...] = ()
    keep: frozenset[str] = frozenset()
    lacking: bool = False


UNCHANGED = Verdict("unchanged")


def decide(case: Case) -> Verdict:
    """The verdict on one record; every branch says which case it is."""
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
        return _skip("not-to-be-sent", case.skip)
    dated = getattr(source, "date", None)
    if dated is not None and dated < case.since:
        return _skip("before-start-date", f"It is dated before the start date {case.since.isoformat()}.")
    if case.missing:
        return Verdict("hold", case.missing, lacking=True)
    return Verdict("create")


def _source_is_gone(case: Case, past: Past) -> Verdict:
    if case.target is None or case.target.standing == "void":
        return UNCHANGED  # gone on both sides: agreed
    if case.entity.removal == "ask" or past.sent is None:
        return _hold("deleted-in-source", case.target, _DELETED)
    return _source_is_void(case, past, past.sent, case.target)


def _target_is_gone(case: Case, past: Past, source: Record) -> Verdict:
    # voided or deleted on both sides: agreed
    if source.standing == "void":
        return UNCHANGED
    # only the target was voided: kept so, and never brought back
    if past.sent is None or not differing(past.sent, source, {}):
        return Verdict("kept")
    return _hold("void-in-target", source, _VOID_THERE)


def _source_is_void(case: Case, past: Past, source: Record, target: Record) -> Verdict:
    if past.origin == "matched":
        return _hold("not-ours", source, _NOT_OURS)
    if target.standing == "settled":
        return _hold("settled-in-target", source, _SETTLED)
    return Verdict("void")


def _both_stand(case: Case, past: Past, source: Record, target: Record) -> Verdict:
    here = differing(past.sent, source, {}) if past.sent is not None else frozenset()
    there = differing(past.came, target, case.entity.target_owns) if past.came is not None else frozenset()
    if not here:
        # nothing to send; what changed in the target alone is kept
        return Verdict("kept") if there else UNCHANGED
    if past.origin == "matched":
        return _hold("not-ours", source, _NOT_OURS)
    if target.standing == "settled" and not here <= case.free:
        return _hold("settled-in-target", source, _SETTLED)
    if target.standing == "archived":
        return _hold("archived-in-target", source, _ARCHIVED)
    if case.missing:
        return Verdict("hold", case.missing, lacking=True)
    if both := here & there:
        return _hold("changed-on-both-sides", source, _BOTH, about=", ".join(sorted(both)))
    return Verdict("update", keep=there)


def _skip(cause: str, what: str) -> Verdict:
    return Verdict("skip", (Problem(cause=cause, what=what),))


_Words = tuple[str, str, str]
_DELETED: _Words = (
    "{label} was deleted in the source, and stands in the target.",
    "Nothing is erased in the books without a person's word.",
    "Void or delete it in the target if that is right.",
)
_VOID_THERE: _Words = (
    "{label} was voided or deleted in the target, and changed in the source since.",
    "What was voided there is never brought back.",
    "Give the record a new number if it shall be sent again, or void it in the source as well.",
)
_NOT_OURS: _Words = (
    "{label} was in the target before Tieout, and has changed in the source.",
    "Only what Tieout created or a person linked is ever changed.",
    "Make the change in the target by hand.",
)
_SETTLED: _Words = (
    "{label} is paid, part-paid or billed in the target, and has changed in the source.",
    "Payments lock the content of a document.",
    "Make the change in the target by hand, or issue a credit note.",
)
_ARCHIVED: _Words = (
    "{label} is archived in the target, and has changed in the source.",
    "Archived records cannot be changed from outside.",
    "Restore it in the target.",
)
_BOTH: _Words = (
    "{label} was changed on both sides: {about}.",
    "Either change would overwrite the other.",
    "Make both sides alike; then nothing is left to send.",
)


def _hold(cause: str, record: Record | None, words: _Words, about: str = "") -> Verdict:
    name = label(record) if record is not None else "A record"
    what, why, fix = (text.format(label=name, about=about) for text in words)
    return Verdict("hold", (Problem(cause=cause, what=what, why=why, fix=fix, about=about),))
