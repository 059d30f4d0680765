"""The story of one record, as people and programs are told it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from tieout.api.errors import Problem
from tieout.desk.diff import FieldDiff

Happening = Literal[
    "read", "edited", "gone", "released", "planned", "approved", "sent", "answered", "linked", "held", "decided", "told"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One thing that happened to a record, at a time in UTC.

    `side` is where it was seen or done, empty for what Tieout or a person did by themselves. `fields` are the values
    that changed, `problems` why something did not go. `facts` are the numbers to look it up by: run, plan, batch,
    idempotency key, target's id.
    """

    at: datetime
    what: Happening
    words: str
    side: Literal["source", "target", ""] = ""
    fields: tuple[FieldDiff, ...] = ()
    problems: tuple[Problem, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mapped:
    """One value of the source and what stands for it in the target; `what` is party, item, tax or account."""

    what: str
    source: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All that is known of one record: how it stands now, what its values became, and every moment, oldest first.

    `standing` is linked, voided (in the target), held, skipped, waiting (to be decided) or unknown. `origin` tells how
    its link came about: created, matched, shared or person. `source_page` and `target_page` are its addresses for
    people, empty where a system has none. Versions older than the pair keeps them are not told.
    """

    entity: str
    source_id: str
    label: str
    source_title: str
    target_title: str
    standing: str
    target_id: str | None
    origin: str
    mapping: tuple[Mapped, ...]
    moments: tuple[Moment, ...]
    source_page: str = ""
    target_page: str = ""
