"""The comparison of a tie-out: which records of the two sides belong together, and what each one's state is. Pure.

Records are joined by number first and then by link or external number; what the ledger knows only explains. A void
record stands for nothing: it is joined and compared, and counts in no total.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from tieout.api.errors import Problem
from tieout.rules.match import normal
from tieout.rules.plan import LEFT_OUT, OUT_OF_USE
from tieout.rules.proof import Months, TieLine, TieState

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One record as a tie-out read it.

    `mark` is what both sides know it by (its number, code or name), `external` the number that Tieout gives it in the
    target, `key` what no two live records of one side may share. `total` is in `currency`, None for what is not money;
    `period` is the month of its date as YYYY-MM. `problem` tells why it cannot be read or is out of scope,
    and `other` is the id of the other side's record that it was found to belong to.
    """

    id: str
    label: str
    mark: str | None = None
    external: str | None = None
    key: str | None = None
    period: str = ""
    currency: str = ""
    total: Decimal | None = None
    standing: str = "live"
    problem: Problem | None = None
    other: str | None = None

    @property
    def stands(self) -> bool:
        """Whether it counts: a void record stands for nothing."""
        return self.standing != "void"

    @property
    def unreadable(self) -> bool:
        """Whether nothing but its id is known."""
        return self.problem is not None and self.problem.cause not in LEFT_OUT

    def like(self, other: Seen) -> Seen:
        """This record, and where it cannot be read, named and dated as its counterpart is."""
        if not self.unreadable:
            return self
        return replace(self, label=other.label, period=other.period, currency=other.currency)


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows of a record of the source: that it is held or skipped, and why."""

    state: Literal["held", "skipped"]
    problem: Problem


def pairs(
    sources: Sequence[Seen], targets: Sequence[Seen], links: Mapping[str, str], parked: Collection[str]
) -> dict[str, str]:
    """Which records under one number belong together, as source id to target id; each is used at most once.

    `links` are the ledger's; `parked` names source records that were left out for a reason or sent under another
    number: those belong to a record that Tieout did not make only when both are alike.
    """
    ranked = sorted(
        (rank, place, other, here.id, there.id)
        for place, here in enumerate(sources)
        for other, there in enumerate(targets)
        if (rank := _rank(here, there, links, here.id in parked)) is not None
    )
    found: dict[str, str] = {}
    taken: set[str] = set()
    for *_, here_id, there_id in ranked:
        if here_id not in found and there_id not in taken:
            found[here_id] = there_id
            taken.add(there_id)
    return found


def _rank(here: Seen, there: Seen, links: Mapping[str, str], parked: bool) -> int | None:
    """How well two records of one number fit, the best first; None when they do not."""
    linked = links.get(here.id) == there.id or (here.external is not None and here.external == there.external)
    alike = not unlike(here, there)
    fits = (
        linked and there.stands,
        here.stands and there.stands and alike,
        here.stands and there.stands and not parked,
        not here.stands and not there.stands and not parked,
        # a void record and a live one of its number are the same only when the figures say so too
        not here.stands and there.stands and alike and not parked,
        here.stands and not there.stands and not parked,
    )
    return next((rank for rank, fit in enumerate(fits) if fit), None)


def unlike(here: Seen, there: Seen) -> str:
    """In which figure two records differ, as a sentence; empty when they agree to the cent."""
    if here.total is not None and here.currency != there.currency:
        return f"The currency is {here.currency or 'unknown'} in the source and {there.currency} in the target."
    if here.total != there.total:
        return f"The total is {_figure(here)} in the source and {_figure(there)} in the target."
    return ""


def _figure(seen: Seen) -> str:
    return "unknown" if seen.total is None else f"{seen.currency} {seen.total:,.2f}".strip()


def joint(here: Seen, there: Seen, known: Known | None) -> tuple[TieState, Problem | None]:
    """The state of two records that belong together; `known` explains what differs, and hides no money."""
    if not here.stands and not there.stands:
        return "matched", None
    if not there.stands:
        if known is not None and known.state == "skipped":
            return "skipped", known.problem
        return "voided-there", VOIDED_THERE
    if not here.stands:
        return "status-differs", _because(VOIDED_HERE, known)
    if why := unlike(here, there):
        unread = next((seen.problem for seen in (here, there) if seen.unreadable), None)
        return "amount-differs", unread or _because(replace(UNLIKE, what=why), known)
    if here.period != there.period:
        why = f"It is dated {here.period} in the source and {there.period} in the target."
        return "period-differs", _because(replace(REDATED, what=why), known)
    return "matched", None


def _because(problem: Problem, known: Known | None) -> Problem:
    """The problem, with the ledger's own reason and fix where it has one."""
    return problem if known is None else replace(problem, why=known.problem.what, fix=known.problem.fix or problem.fix)


def alone_here(here: Seen, known: Known | None, *, linked: bool) -> tuple[TieState, Problem]:
    """The state of a record of the source that is not in the target; `linked` when the ledger says that it was sent.

    A link and no record is missing there, whatever holds the record back now: only a person's skip explains it.
    """
    if known is not None and known.state == "skipped":
        return known.state, known.problem
    if linked:
        return "missing-there", GONE_THERE
    if not here.stands:
        return "skipped", NEVER_SENT
    if known is not None:
        return known.state, known.problem
    if here.problem is not None:
        return ("held" if here.unreadable else "skipped"), here.problem
    return "missing-there", NOT_THERE


def alone_there(there: Seen, *, doubled: bool, ours: bool) -> tuple[TieState, Problem | None]:
    """The state of a record of the target that no record of the source explains.

    `doubled` when another record of the target stands for the same one of the source, `ours` when Tieout made or
    linked it.
    """
    if doubled and there.stands:
        return "doubled", DOUBLED
    if not ours:
        return "foreign", FOREIGN
    return ("missing-here", GONE_HERE) if there.stands else ("matched", None)


@dataclass(slots=True)
class Sums:
    """The lines of a tie-out as they add up, by entity, period and currency, for the months that are asked for."""

    months: Months
    lines: dict[tuple[str, str, str], TieLine] = field(default_factory=dict)
    states: dict[str, dict[str, int]] = field(default_factory=dict)

    def add(self, entity: str, state: TieState, here: Seen | None, there: Seen | None) -> None:
        """Count one record, or two that belong together."""
        counts = self.states.setdefault(entity, {})
        counts[state] = counts.get(state, 0) + 1
        for part, seen in _parts(state, here, there):
            if seen.period not in self.months:
                continue
            key = (entity, seen.period, seen.currency)
            line = self.lines.get(key) or TieLine(*key)
            count, total = getattr(line, f"{part}_count") + 1, getattr(line, f"{part}_total") + (seen.total or ZERO)
            self.lines[key] = replace(line, **{f"{part}_count": count, f"{part}_total": total})


def _parts(state: TieState, here: Seen | None, there: Seen | None) -> Iterator[tuple[str, Seen]]:
    if here is not None and here.stands:
        yield "source", here
        if state in ("held", "skipped"):
            yield state, here
    if there is not None and there.stands and state != "foreign":
        yield "target", there


def currency(stated: str | None, base: str) -> str:
    """A record's currency: the one it states, else the base currency of the books."""
    return normal(stated).upper() if stated else base


NOT_THERE = Problem(
    cause="missing-there",
    what="It is in the source and not in the target.",
    why="It was not sent yet, or somebody deleted it before Tieout remembered it.",
    fix="Run `tieout sync`; what cannot go is then held with its cause.",
)
GONE_THERE = Problem(
    cause="missing-there",
    what="It was sent, and is not in the target any more.",
    why="The ledger remembers it, but reading the target afresh did not find it.",
    fix="Find out who deleted it in the target. Give it a new number to send it again, or void it in the source.",
)
GONE_HERE = Problem(
    cause="missing-here",
    what="It is in the target and not in the source any more.",
    why="Tieout made or linked it, and its record was since deleted in the source.",
    fix="Void or delete it in the target, or restore it in the source.",
)
VOIDED_THERE = Problem(
    cause="voided-there",
    what="It was voided or deleted in the target and stands in the source.",
    why="What was voided there is never brought back by itself.",
    fix="Void it in the source as well, or give it a new number to send it again.",
)
VOIDED_HERE = Problem(
    cause="status-differs",
    what="It is void in the source and stands in the target.",
    why="The void has not arrived, or the target does not allow it: a payment or a closed period is in the way.",
    fix="Run `tieout sync`; if it stays, void it in the target or issue a credit note there.",
)
UNLIKE = Problem(
    cause="amount-differs",
    what="",
    why="One of the two was changed after it was sent, or the change could not be sent.",
    fix="Correct one side. `tieout status` tells what holds a change back.",
)
REDATED = Problem(
    cause="period-differs",
    what="",
    why="One of the two was dated anew, and both months are out by its amount.",
    fix="Give it the same date on both sides.",
)
DOUBLED = Problem(
    cause="doubled",
    what="Another record of the target stands for the same one.",
    why="At most one of the two can be right.",
    fix="Void or delete the one that is too many in the target.",
)
FOREIGN = Problem(
    cause="foreign",
    what="Tieout neither made nor linked it.",
    why="It was entered in the target by hand or by another program.",
    fix="Nothing has to be done.",
)
NEVER_SENT = Problem(cause=OUT_OF_USE, what="It is void in the source and was never sent.")
