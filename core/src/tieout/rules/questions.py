"""Questions that only a person can answer, and what was answered. Pure.

A question names what it is about by digests of the very values that were asked about. An answer is remembered under
those digests: when the record or its counterpart changes, they differ, and the question is asked anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from tieout.api.codec import digest
from tieout.api.model import Side

QuestionKind = Literal["conflict", "match", "number-taken", "twin", "deletion"]
Option = Literal["keep-source", "keep-target", "link", "create", "skip"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field that both sides changed: its value in the source, in the target, and as last sent."""

    name: str
    source: Any
    target: Any
    last: Any

    @property
    def mark(self) -> str:
        """The digest of both sides' values: an answer holds for these alone."""
        return digest([self.name, self.source, self.target])


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A record of the target that may be the same: how alike the names are (0 to 100), and what speaks for it."""

    target_id: str
    label: str
    score: int
    reasons: tuple[str, ...]
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What has to be decided about one record, and the options allowed.

    `renames` is the field that another text would replace when it is created all the same, `called` its text now and
    `proposal` a text that is free, `reason` why this one. `mark` is the digest of what is asked where no field and no
    suggestion carries it.
    """

    kind: QuestionKind
    options: tuple[Option, ...]
    fields: tuple[FieldChange, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    renames: str = ""
    called: str = ""
    proposal: str = ""
    reason: str = ""
    mark: str = ""

    def stored(self) -> dict[str, Any]:
        """The question as plain JSON for the ledger."""
        return asdict(self)

    @classmethod
    def loaded(cls, value: Mapping[str, Any]) -> Question:
        """A question back from the ledger."""
        told = dict(value)
        told["options"] = tuple(told["options"])
        told["fields"] = tuple(FieldChange(**one) for one in told["fields"])
        told["suggestions"] = tuple(
            Suggestion(**{**one, "reasons": tuple(one["reasons"])}) for one in told["suggestions"]
        )
        return cls(**told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question with the record that it is about; `amount` is in `currency`, `since` in UTC."""

    entity: str
    source_id: str
    label: str
    question: Question
    amount: Decimal | None
    currency: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Answers:
    """What people decided about one record: values by what was decided and the digest that it holds for.

    `skip` and `link` hold for good (an empty digest), `keep`, `create` and `name` for the values asked about.
    """

    given: Mapping[tuple[str, str], Any] = field(default_factory=dict)

    def to(self, what: str, mark: str = "") -> Any:
        """The answer to one question; None when there is none for these very values."""
        return self.given.get((what, mark))


UNANSWERED = Answers()


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who has the last word on a field of a flow: `fields` by name, `otherwise` where both sides changed another one.

    What the target owns is never overwritten; what the source owns goes although the target changed it as well.
    """

    fields: Mapping[str, Side] = field(default_factory=dict)
    otherwise: Literal["ask", "source", "target"] = "ask"

    def of(self, name: str) -> Side | None:
        """The side that owns this field; None where nobody does."""
        return self.fields.get(name)


NOBODY = Ownership()


def name_mark(name: str, text: str) -> str:
    """The digest under which a new text for a field is remembered: it holds until the record's own text changes."""
    return digest(["name", name, text])
