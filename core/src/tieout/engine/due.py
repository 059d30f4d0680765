"""A record that is due for a decision, with all that decides about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from tieout.api.codec import digest
from tieout.api.contract import Wire
from tieout.api.errors import Problem
from tieout.api.model import Record
from tieout.engine.flow import Flow
from tieout.rules.match import label, worth
from tieout.rules.plan import Verdict
from tieout.rules.questions import UNANSWERED, Answers, Question
from tieout.rules.report import Counts

ASKED, HELD = "asked", "held"
"""Why a record is due besides having been read: a person asked for it, or it was held before."""


@dataclass(slots=True)
class Due:
    """One due record on its way through the planner; `change` is the row to be stored, `keys` its marks in the target.

    `record` is the prepared source record, None when it is gone; `link` its link and `target` its counterpart. `held`
    is the row of an earlier hold, skip or note; `asked` says that a person wants it decided now.
    """

    id: str
    why: str
    held: Any
    record: Record | None
    asked: bool = False
    problems: tuple[Problem, ...] = ()
    mine: bool = True
    digest: str = ""
    link: Any = None
    target: Record | None = None
    now: Wire | None = None
    verdict: Verdict = field(default_factory=lambda: Verdict("unchanged"))
    change: dict[str, Any] | None = None
    keys: dict[str, str] = field(default_factory=dict)
    twin: tuple[str, str] | None = None
    notes: tuple[Problem, ...] = ()
    answers: Answers = UNANSWERED

    @property
    def was_held(self) -> bool:
        """Whether it was held before this decision."""
        return self.held is not None and self.held.kind == "hold"

    @property
    def going(self) -> bool:
        """Whether a change is planned for it."""
        return self.change is not None and self.verdict.kind not in ("hold", "skip")

    def hold(self, *problems: Problem, question: Question | None = None) -> None:
        """Stop it here, adding to the problems found before; what both sides say is told once."""
        told = list(self.verdict.problems) if self.verdict.kind == "hold" else []
        known = {(problem.cause, problem.about) for problem in told}
        more = tuple(one for one in problems if (one.cause, one.about) not in known)
        asked = question or self.verdict.question
        self.verdict = Verdict("hold", (*told, *more), question=asked)

    def count(self, counts: Counts) -> None:
        """Count it once: how it came in, and what became of it."""
        kind = self.verdict.kind
        if self.why in ("read", "gone"):
            came = self.why
        else:
            came = "released" if self.was_held and kind != "hold" else "carried"
        became = {"unchanged": "unchanged", "kept": "kept", "hold": "held", "skip": "skipped"}.get(kind, "planned")
        for name in (came, became):
            setattr(counts, name, getattr(counts, name) + 1)


def told(problem: Problem, flow: Flow) -> dict[str, str]:
    """A problem as it is stored, with the systems called by their names."""
    names = {"the source": flow.source.connector.title, "the target": flow.target.connector.title}
    words = asdict(problem)
    for part in ("what", "why", "fix"):
        for placed, name in names.items():
            words[part] = words[part].replace(placed, name).replace(placed.capitalize(), name)
    return words


def reasons(
    problems: Sequence[Mapping[str, str]], label: str, currency: str | None, question: Question | None = None
) -> dict[str, Any]:
    """Why a record is held, as columns of its row: what is told, and by what it is found, counted and grouped."""
    # what a problem says of the record itself differs from record to record, and must not part them
    grounds = [(one["cause"], one["about"] if one["about"] != label else "") for one in problems]
    return {
        "problems": list(problems),
        "cause": grounds[0][0] if grounds else "",
        "grounds": digest([grounds, currency]),
        "question": question.stored() if question is not None else None,
        "asks": question.kind if question is not None else None,
    }


def held_row(
    flow: Flow,
    source_id: str,
    kind: str,
    problems: Iterable[Problem],
    record: Record | None,
    now: datetime,
    *,
    question: Question | None = None,
    before: Any = None,
) -> dict[str, Any]:
    """A hold, a skip or a note as a row of the ledger; `before` is the row that it replaces, with its history."""
    known = before is not None and before.kind == kind
    called = label(record) if record is not None else source_id
    currency = getattr(record, "currency", None)
    return {
        "pair": flow.pair,
        "entity": flow.entity.name,
        "source_id": source_id,
        "kind": kind,
        **reasons([told(problem, flow) for problem in problems], called, currency, question),
        "label": called,
        "amount": worth(record),
        "currency": currency,
        "since": before.since if known else now,
        "tries": before.tries if known else 0,
        "refused": before.refused if known else None,
    }


def released_row(held: Any, now: datetime) -> dict[str, Any]:
    """A hold or a skip that is over now, as a row of the ledger."""
    kept = {name: getattr(held, name) for name in ("pair", "entity", "source_id", "since", "problems")}
    return {**kept, "until": now}
