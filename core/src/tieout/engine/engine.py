"""The run of a pair, step by step: lease, settle, reference data, read, decide, plan, apply, report."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from tieout.api.clock import Clock
from tieout.api.codec import digest
from tieout.api.contract import Connection, stable
from tieout.api.errors import OutcomeUnknown, ReauthNeeded, Refused, Throttled, TieoutError
from tieout.api.model import Reference
from tieout.engine.back import Back
from tieout.engine.enclosures import Enclosures
from tieout.engine.flow import Flow
from tieout.engine.history import take_up
from tieout.engine.inbox import Reader, Told
from tieout.engine.outbox import Outbox, reload
from tieout.engine.planner import Planner
from tieout.engine.receipts import Receipts
from tieout.engine.reference import ReferenceData
from tieout.engine.roster import Roster
from tieout.engine.tally import applied, ends, holds, least_writes, view
from tieout.host.config import Config, PairConfig
from tieout.host.connections import Connections
from tieout.host.plugins import Plugins
from tieout.ledger import Ledger
from tieout.ledger.lease import Lease, held
from tieout.ledger.runs import BatchRow, PlanRow, RunRow
from tieout.ledger.tables import LiveRow
from tieout.ledger.versions import drop
from tieout.rules.report import Calls, Counts, PlanView, RunReport

Approve = Callable[[PlanView], bool]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a pair: its flows, the leases that guard its writes, and the calls made before it.

    `notices` are what the systems' connectors noticed while reading.
    """

    id: int
    pair: PairConfig
    flows: tuple[Flow, ...]
    leases: tuple[Lease, ...]
    started: datetime
    before: Mapping[str, Calls]
    notices: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Engine:
    """Runs pairs of one configuration."""

    config: Config
    plugins: Plugins
    ledger: Ledger
    clock: Clock
    connections: Connections
    tell: Told
    stop: threading.Event
    who: str

    def flows(self, pair: PairConfig) -> tuple[Flow, ...]:
        """The pair's flows with both ends ready. Raises `ReauthNeeded` when a connection has no consent."""
        return self._roster.ready(pair)

    def remembered(self, pair: PairConfig) -> tuple[Flow, ...]:
        """The pair's flows as the ledger knows them: no call is made. Raises `Refused` before both were connected."""
        return self._roster.remembered(pair)

    @property
    def _roster(self) -> Roster:
        return Roster(self.plugins, self.ledger, self.clock, self.connections)

    def reference(self, connection: Connection, *kinds: str) -> dict[str, tuple[Reference, ...]]:
        """A connection's reference data by kind; `kinds` are read afresh, the others when they are too old."""
        return ReferenceData(self.ledger, self.plugins, self.clock).of(connection, *kinds)

    def run(self, pair: PairConfig, approve: Approve) -> RunReport:
        """Bring a pair into agreement; False from `approve` leaves the plan stored.

        It is asked before the first go-live, and when the guard objects to what the plan takes back. Raises what
        stopped the run, after all that was done is kept.
        """
        with self._running(pair) as run:
            self._settle(run)
            shown = self._plan(run, self._read(run))
            if shown.objections or not shown.live:
                if not approve(shown):
                    return self._report(run, shown.id, shown.counts, "planned", " ".join(shown.objections))
                self._approved(run, shown.id)
            return self._carry_out(run, shown.id, shown.counts)

    def plan(self, pair: PairConfig) -> PlanView:
        """Read both sides, decide, and store the plan; nothing is sent."""
        with self._running(pair) as run:
            self._settle(run)
            shown = self._plan(run, self._read(run))
            self._state(run, "planned")
        return shown

    @contextmanager
    def looking(self, pair: PairConfig) -> Iterator[Run]:
        """A run that has looked at both sides and sends nothing."""
        with self._running(pair) as run:
            self._settle(run)
            self._read(run)
            yield run
            self._state(run, "planned")

    def apply(self, pair: PairConfig, plan: int) -> RunReport:
        """Carry out a stored plan exactly as it was shown, after a fresh look at both sides.

        Who asks for it approves it. What moved since is left for the next plan. Raises `Refused` for a plan that was
        replaced or carried out, that has expired, or that was made under other terms or for another organisation.
        """
        with self._running(pair) as run:
            stored = self._stored(run, plan)
            self._approved(run, plan)
            self._settle(run)
            self._read(run)
            return self._carry_out(run, plan, {name: Counts(**one) for name, one in stored.counts.items()})

    def _stored(self, run: Run, plan: int) -> Any:
        with self.ledger.reading() as sql:
            where = (PlanRow.c.id == plan, PlanRow.c.pair == run.pair.name)
            row = sql.execute(select(PlanRow).where(*where)).first()
        again = f"Plan anew: tieout plan --pair {run.pair.name}"
        if row is None:
            raise Refused(f"there is no plan {plan} of {run.pair.name}", fix=again)
        if row.state not in ("open", "applying", "unsettled"):
            raise Refused(
                f"plan {plan} is {row.state}", why="A plan is carried out once, and only the newest.", fix=again
            )
        if row.state == "open" and row.created + run.pair.plans_expire <= self.clock.now():
            raise Refused(
                f"plan {plan} has expired",
                why=f"It was made {row.created:%Y-%m-%d %H:%M} UTC; what it was made from may have changed since.",
                fix=again,
            )
        if (row.source_tenant, row.target_tenant) != (run.flows[0].source.tenant, run.flows[0].target.tenant):
            raise Refused(f"plan {plan} was made for another organisation", why="Links never cross over.", fix=again)
        if row.digests != _digests(run.flows):
            raise Refused(
                f"plan {plan} was made under other terms",
                why="Settings, accounts, tax rates or lock dates have changed since.",
                fix=again,
            )
        return row

    def _carry_out(self, run: Run, plan: int, counts: Mapping[str, Counts]) -> RunReport:
        self._go_live(run)
        self._plan_state(run, plan, "applying")
        try:
            self._outbox(run, plan).apply()
        except OutcomeUnknown:
            self._plan_state(run, plan, "unsettled")
            raise
        self._plan_state(run, plan, "applied")
        told = dict(counts)
        applied(self.ledger, plan, told)
        Enclosures(self.ledger, run.leases, self.clock, run.flows, self.tell, self.stop.is_set).send()
        told |= self._back(run)
        return self._report(run, plan, told, "stopped" if self.stop.is_set() else "done")

    def _back(self, run: Run) -> dict[str, Counts]:
        back = Back(self.ledger, run.leases, self.clock, run.flows, self.tell, self.stop.is_set)
        return {name: back.write(self.plugins.entities[name]) for name in run.pair.backs}

    def _report(self, run: Run, plan: int, counts: Mapping[str, Counts], state: str, message: str = "") -> RunReport:
        report = RunReport(
            run=run.id,
            plan=plan,
            pair=run.pair.name,
            state=state,
            started=run.started,
            ended=self.clock.now(),
            counts=counts,
            holds=holds(self.ledger, run.pair.name),
            calls=self.made(run.flows, run.before),
            least_writes=least_writes(self.ledger, plan, ends(run.flows).sizes),
            message=message,
            notices=tuple(run.notices),
        )
        values = {
            "message": message or None,
            "counts": {name: _plain(one) for name, one in counts.items()},
            "calls": [[call.connection, call.reads, call.writes] for call in report.calls],
        }
        self._state(run, state, **values)
        tenants = (run.flows[0].source.tenant, run.flows[0].target.tenant)
        drop(self.ledger, run.leases, tenants, run.started - run.pair.keep)
        return report

    @contextmanager
    def leased(self, flows: tuple[Flow, ...]) -> Iterator[tuple[Lease, ...]]:
        """Both tenants of the flows, for this process alone. Raises `Refused` while another one works on them."""
        names = [f"tenant:{end.tenant}" for end in (flows[0].source, flows[0].target)]
        with held(self.ledger, self.clock, *names, patience=1.0) as leases:
            yield leases

    @contextmanager
    def _running(self, pair: PairConfig) -> Iterator[Run]:
        """A run from its first lease to its recorded end, whatever ends it."""
        started, flows = self.clock.now(), self.flows(pair)
        before = self.calls(flows)
        with self.leased(flows) as leases:
            row = {"pair": pair.name, "started": started, "state": "running"}
            with self.ledger.writing(*leases) as sql:
                gone = (RunRow.c.pair == pair.name, RunRow.c.state == "running")
                sql.execute(update(RunRow).where(*gone).values(state="died"))
                one: int = sql.execute(insert(RunRow).values(**row).returning(RunRow.c.id)).scalar_one()
            run = Run(one, pair, flows, leases, started, before)
            self.tell("run.started", {"pair": pair.name, "run": run.id})
            try:
                yield run
            except TieoutError as error:
                self._pause(run, error)
                raise
            except BaseException:
                self._state(run, "stopped")
                raise

    def _pause(self, run: Run, error: TieoutError) -> None:
        self._state(run, "paused" if isinstance(error, Throttled | ReauthNeeded) else "stopped", message=str(error))
        if isinstance(error, Throttled):
            self.connections.standing.pause(error, *run.leases)

    def _state(self, run: Run, state: str, **values: Any) -> None:
        with self.ledger.writing(*run.leases) as sql:
            ended = {"state": state, "ended": self.clock.now(), **values}
            sql.execute(update(RunRow).where(RunRow.c.id == run.id).values(**ended))
        self.tell("run.ended", {"pair": run.pair.name, "run": run.id, "state": state})

    def _plan(self, run: Run, whole: set[str]) -> PlanView:
        plan = self.begin(run)
        take_up(self.ledger, run.leases, run.flows)
        now, tell = self.clock.now(), self.tell
        planner = Planner(self.ledger, run.leases, plan, run.id, now, tell, run.flows, frozenset(whole))
        shown = self.store(run, plan, planner.decide())
        return shown if shown.live else replace(shown, warnings=self._notes(run))

    def begin(self, run: Run, undoes: int | None = None) -> int:
        """Begin a plan of this run, in the place of any that was not carried out; its number comes back."""
        row = {
            "pair": run.pair.name,
            "run": run.id,
            "created": self.clock.now(),
            "source_tenant": run.flows[0].source.tenant,
            "target_tenant": run.flows[0].target.tenant,
            "digests": _digests(run.flows),
            "state": "making",
            "undoes": undoes,
        }
        with self.ledger.writing(*run.leases) as sql:
            older = (PlanRow.c.pair == run.pair.name, PlanRow.c.state.in_(("making", "open", "applying")))
            sql.execute(update(PlanRow).where(*older).values(state="superseded"))
            plan: int = sql.execute(insert(PlanRow).values(**row).returning(PlanRow.c.id)).scalar_one()
        return plan

    def store(self, run: Run, plan: int, counts: Mapping[str, Counts]) -> PlanView:
        """Open a plan that is complete, so that it can be carried out."""
        with self.ledger.writing(*run.leases) as sql:
            values = {"state": "open", "counts": {name: _plain(one) for name, one in counts.items()}}
            sql.execute(update(PlanRow).where(PlanRow.c.id == plan).values(**values))
        self.tell("plan.stored", {"plan": plan, "changes": sum(one.planned for one in counts.values())})
        return view(self.ledger, plan, run.pair, ends(run.flows))

    def _notes(self, run: Run) -> tuple[str, ...]:
        """What both systems have to say before anything is sent for the first time."""
        ends = (run.flows[0].source, run.flows[0].target)
        return tuple(note for end in ends for note in end.facade.check(end.connection).notes)

    def _settle(self, run: Run) -> None:
        """Find out what became of batches that an earlier run sent and whose answer it did not keep."""
        with self.ledger.reading() as sql:
            query = (
                select(BatchRow)
                .join(PlanRow, PlanRow.c.id == BatchRow.c.plan)
                .where(
                    PlanRow.c.pair == run.pair.name,
                    PlanRow.c.target_tenant == run.flows[0].target.tenant,
                    BatchRow.c.state == "sent",
                )
                .order_by(BatchRow.c.stored_at)
            )
            batches = list(sql.execute(query))
        for row in batches:
            if sending := reload(self.ledger, row, run.flows):
                self._outbox(run, row.plan).settle(sending)

    def _outbox(self, run: Run, plan: int) -> Outbox:
        receipts = Receipts(self.ledger, run.leases, self.clock, run.id, run.flows)
        stopped = self.stop.is_set
        return Outbox(self.ledger, run.leases, self.clock, plan, run.id, run.flows, self.tell, stopped, receipts)

    def _read(self, run: Run) -> set[str]:
        """Read both sides at once; the names of the target's resources that were read completely come back."""
        reader = Reader(self.ledger, run.leases, run.id, self.tell, self.stop.is_set, run.notices)
        with self.ledger.runtime.threads.pool(2) as pool:
            here = pool.submit(lambda: reader.read(run.flows, lambda flow: flow.source))
            there = pool.submit(lambda: reader.read(run.flows, lambda flow: flow.target))
            here.result()
            return there.result()

    def _plan_state(self, run: Run, plan: int, state: str) -> None:
        with self.ledger.writing(*run.leases) as sql:
            sql.execute(update(PlanRow).where(PlanRow.c.id == plan).values(state=state))
            sql.execute(update(RunRow).where(RunRow.c.id == run.id).values(plan=plan))

    def _approved(self, run: Run, plan: int) -> None:
        with self.ledger.writing(*run.leases) as sql:
            by = {"approved_by": self.who, "approved_at": self.clock.now()}
            sql.execute(update(PlanRow).where(PlanRow.c.id == plan).values(**by))

    def _live(self, flows: tuple[Flow, ...]) -> bool:
        with self.ledger.reading() as sql:
            where = [getattr(LiveRow.c, name) == value for name, value in _between(flows).items()]
            return sql.execute(select(LiveRow.c.pair).where(*where)).first() is not None

    def _go_live(self, run: Run) -> None:
        if not self._live(run.flows):
            with self.ledger.writing(*run.leases) as sql:
                self.ledger.put(sql, LiveRow, [{**_between(run.flows), "at": self.clock.now(), "by": self.who}])

    def calls(self, flows: tuple[Flow, ...]) -> dict[str, Calls]:
        """The calls made by this process so far, by connection."""
        found = {}
        for connection in (flows[0].source.connection, flows[0].target.connection):
            made = connection.http.calls
            found[connection.name] = Calls(connection.name, made.reads, made.writes)
        return found

    def made(self, flows: tuple[Flow, ...], before: Mapping[str, Calls]) -> tuple[Calls, ...]:
        """The calls made since `before`."""
        return tuple(
            replace(now, reads=now.reads - before[name].reads, writes=now.writes - before[name].writes)
            for name, now in self.calls(flows).items()
        )


def _between(flows: tuple[Flow, ...]) -> dict[str, str]:
    flow = flows[0]
    return {"pair": flow.pair, "source_tenant": flow.source.tenant, "target_tenant": flow.target.tenant}


def _digests(flows: tuple[Flow, ...]) -> dict[str, str]:
    """What the plan of each flow depends on besides the records."""
    return {
        flow.entity.name: digest([flow.target.terms.digest(), stable(flow.source.terms.connection), repr(flow.owns)])
        for flow in flows
    }


def _plain(counts: Counts) -> dict[str, int]:
    return {name: value for name in Counts.__slots__ if (value := getattr(counts, name))}
