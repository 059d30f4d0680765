"""What people and programs are told: counts that add up, plans, and holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from tieout.api.contract import Tenant
from tieout.api.errors import Problem


@dataclass(slots=True)
class Counts:
    """Each record once per flow and run.

    read + carried + released + gone = unchanged + kept + planned + held + skipped, and
    planned = done + wrong + rejected + unknown + waiting + stale once a plan was applied.
    `created`, `updated`, `voided` and `linked` tell what `done` is made of.
    """

    read: int = 0
    carried: int = 0
    released: int = 0
    gone: int = 0
    unchanged: int = 0
    kept: int = 0
    planned: int = 0
    held: int = 0
    skipped: int = 0
    done: int = 0
    wrong: int = 0
    rejected: int = 0
    unknown: int = 0
    waiting: int = 0
    stale: int = 0
    created: int = 0
    updated: int = 0
    voided: int = 0
    linked: int = 0

    def add(self, other: Counts) -> None:
        """Add another flow's counts to these."""
        for name in (item.name for item in fields(self)):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def problem(self) -> str:
        """Why these counts do not add up, or nothing."""
        given = self.read + self.carried + self.released + self.gone
        decided = self.unchanged + self.kept + self.planned + self.held + self.skipped
        return "" if given == decided else f"{given} records came in and {decided} were decided"


@dataclass(frozen=True, slots=True)
class HoldGroup:
    """The records that one cause concerns: `kind` is hold, skip, or note (it goes, with something left out)."""

    entity: str
    kind: str
    problem: Problem
    count: int
    amounts: Mapping[str, Decimal]
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRecord:
    """One record that is held, skipped or noted, with all its problems; `amount` is in `currency`, `since` in UTC.

    `tries` is how often the target refused it. It is tried again in the next run, or with `next_try` change only once
    the record, its mapping or the target has changed, or a person asks for it.
    """

    entity: str
    source_id: str
    label: str
    kind: str
    problems: tuple[Problem, ...]
    amount: Decimal | None
    currency: str
    since: datetime
    tries: int
    next_try: Literal["next-run", "change", "unskip"]


@dataclass(frozen=True, slots=True)
class HeldPage:
    """One page of held records, counted from 1, of `total` records on `pages` pages."""

    records: tuple[HeldRecord, ...]
    page: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person decided about a record: `what` is skip, link, keep, create or name."""

    entity: str
    source_id: str
    label: str
    what: str
    value: Any
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """A stored plan in short: what it would do, and what that needs.

    `operations` counts per entity and operation, `amounts` sums the documents to be created per currency, `calls` is
    how many write calls the plan needs and `warnings` what a person should know before going live. `objections` say why
    somebody has to approve this very plan although the pair is live. `state` is open, applying (cut off half way),
    unsettled, applied or superseded; an open one can be carried out until it `expires`. `run` made it, and it `undoes`
    another one where that is what it is for. All times are UTC.
    """

    id: int
    pair: str
    source: Tenant
    target: Tenant
    target_title: str
    created: datetime
    counts: Mapping[str, Counts]
    operations: Mapping[str, Mapping[str, int]]
    amounts: Mapping[str, Decimal]
    calls: int
    live: bool
    run: int = 0
    state: str = "open"
    expires: datetime | None = None
    undoes: int | None = None
    approved_by: str | None = None
    approved_at: datetime | None = None
    warnings: tuple[str, ...] = ()
    objections: tuple[str, ...] = ()

    def question(self) -> str:
        """The sentence that a person confirms, with numbers and money."""
        going: list[str] = []
        back: list[str] = []
        for entity, by in self.operations.items():
            called, voids = entity.replace("-", " "), by.get("void", 0)
            going += [f"{number:,} {called}"] if (number := sum(by.values()) - voids) else []
            back += [f"{voids:,} {called}"] if voids else []
        money = ", ".join(f"{currency} {amount:,.2f}" for currency, amount in sorted(self.amounts.items()))
        if back and not going:
            return f"Take back {', '.join(back)} in {self.target.name}?"
        listed = (", ".join(going) or "nothing") + (f" ({money})" if money else "")
        taken = f", and take back {', '.join(back)} there" if back else ""
        return f"Send {listed} to {self.target.name}{taken}?"


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls made on one connection during a run."""

    connection: str
    reads: int
    writes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """How a run ended: `state` is done, planned (waiting for go-live), paused or stopped; `message` says why.

    `notices` are what was noticed while reading and stopped nothing, such as a list that has shrunk.
    """

    run: int
    plan: int | None
    pair: str
    state: str
    started: datetime
    ended: datetime
    counts: Mapping[str, Counts]
    holds: tuple[HoldGroup, ...]
    calls: tuple[Calls, ...]
    least_writes: int
    message: str = ""
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionView:
    """A connection as a person sees it.

    `state` is connected, not connected, paused (`paused_until`, and `why`) or reconnect needed (`why`, since
    `refused_at`). `calls_used` of
    the `calls_allowed` in a day were known at `calls_known_at`; `grant_ends` is when the consent ends if nobody uses
    it, and stands there when that is near. All times are UTC.
    """

    name: str
    plugin: str
    title: str
    state: str
    tenant: Tenant | None = None
    connected_at: datetime | None = None
    connected_by: str | None = None
    refused_at: datetime | None = None
    paused_until: datetime | None = None
    why: str = ""
    needs_consent: bool = False
    calls_used: int = 0
    calls_allowed: int | None = None
    calls_known_at: datetime | None = None
    grant_ends: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowView:
    """One app of a pair: whether it is on, how many records are linked, held and skipped, and its last counts."""

    entity: str
    title: str
    linked: int = 0
    held: int = 0
    skipped: int = 0
    wrong: int = 0
    last: Counts = field(default_factory=Counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class AtWork:
    """The process that works on a pair's organisations at this moment: its machine and its number there.

    `since` is when the pair's run began (UTC); None when it is no run of this pair, but a proof or another pair's run.
    """

    host: str
    pid: int
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairView:
    """A pair as a person sees it.

    `last_state` is how its last run ended: running while one is under way, died when the process of one is gone.
    `at_work` is the process that has its turn now; until that has ended, no other run begins.
    """

    name: str
    source: ConnectionView
    target: ConnectionView
    live: bool
    flows: tuple[FlowView, ...]
    holds: tuple[HoldGroup, ...]
    last_run: datetime | None = None
    last_state: str = ""
    last_message: str = ""
    open_plan: int | None = None
    at_work: AtWork | None = None
