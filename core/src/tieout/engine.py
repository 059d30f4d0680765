"""The run of a pair, step by step: lease, settle, reference data, read, decide, plan, apply, report."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select, update

from tieout.clock import Clock
from tieout.config import Config, PairConfig
from tieout.connections import Connections
from tieout.contract import Connection, Terms
from tieout.errors import OutcomeUnknown, ReauthNeeded, Refused, Throttled, TieoutError
from tieout.flow import End, Flow, tenant_key
from tieout.inbox import Reader, Told
from tieout.lease import Lease, held
from tieout.ledger import BatchRow, ConnectionRow, Ledger, LiveRow, PlanRow, ReferenceRow, RunRow
from tieout.model import Account, Currency, Lock, Organisation, Permission, Reference, TaxRate, Tracking
from tieout.outbox import Outbox, reload
from tieout.planner import Planner
from tieout.plugins import Plugins
from tieout.receipts import Receipts
from tieout.report import Calls, Counts, PlanView, RunReport
from tieout.tally import applied, holds, least_writes, view

_ROWS: Mapping[str, type[Reference]] = {
    "accounts": Account,
    "taxes": TaxRate,
    "currencies": Currency,
    "tracking": Tracking,
    "locks": Lock,
    "organisation": Organisation,
    "permissions": Permission,
}
Approve = Callable[[PlanView], bool]


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
        source, target = self.connections.ready(pair.source), self.connections.ready(pair.target)
        for connection in (source, target):
            self._paused(connection)
        known = {connection.name: self.reference(connection) for connection in (source, target)}
        flows = []
        for name in pair.entities:
            entity = self.plugins.entities[name]
            ends = []
            for connection in (source, target):
                connector = self.plugins.connectors[connection.plugin]
                binding = self.plugins.bindings[name, connection.plugin]
                terms = Terms(
                    entity=name,
                    constants=binding.constants,
                    settings=pair.flows[name],
                    pair=pair.settings,
                    connection=connection.settings,
                    tenant=_tenant(connection),
                    reference=known[connection.name],
                    memory=connection.memory,
                )
                resource = connector.resource(binding.resource)
                ends.append(End(self.plugins.facade, connection, connector, binding, resource, terms))
            flows.append(Flow(pair.name, entity, pair.flows[name], pair.since, ends[0], ends[1]))
        if not flows:
            raise Refused(
                f"the pair {pair.name} has nothing switched on",
                fix="Switch an app on, for example: tieout plugins enable customers",
            )
        return tuple(flows)

    def _paused(self, connection: Connection) -> None:
        with self.ledger.reading() as sql:
            row = sql.execute(select(ConnectionRow).where(ConnectionRow.c.name == connection.name)).first()
        if row is not None and row.paused_until is not None and row.paused_until > self.clock.now():
            raise Throttled(
                f"{connection.name} is paused until {row.paused_until:%Y-%m-%d %H:%M:%S} UTC",
                until=row.paused_until,
                scope="day",
                why=row.paused_why or "",
                fix="Nothing is lost; the next run after that time goes on.",
            )

    def reference(self, connection: Connection, *kinds: str) -> dict[str, tuple[Reference, ...]]:
        """A connection's reference data by kind; `kinds` are read afresh, the others when they are too old."""
        connector = self.plugins.connectors[connection.plugin]
        tenant = tenant_key(connection)
        found: dict[str, tuple[Reference, ...]] = {}
        for kind, seconds in connector.reference.items():
            with self.ledger.reading() as sql:
                where = (ReferenceRow.c.tenant == tenant, ReferenceRow.c.kind == kind)
                row = sql.execute(select(ReferenceRow).where(*where)).first()
            if row is None or kind in kinds or row.read_at + timedelta(seconds=seconds) <= self.clock.now():
                rows = tuple(self.plugins.facade.reference(connection, kind))
                fresh = {
                    "tenant": tenant,
                    "kind": kind,
                    "read_at": self.clock.now(),
                    "rows": [one.model_dump(mode="json", exclude_defaults=True) for one in rows],
                }
                with self.ledger.writing() as sql:
                    self.ledger.put(sql, ReferenceRow, [fresh])
                found[kind] = rows
            else:
                found[kind] = tuple(_ROWS[kind].model_validate(one) for one in row.rows)
        return found

    def run(self, pair: PairConfig, approve: Approve) -> RunReport:
        """Bring a pair into agreement; before the first go-live `approve` is asked, and False leaves the plan stored.

        Raises what stopped the run, after all that was done is kept.
        """
        started = self.clock.now()
        flows = self.flows(pair)
        before = self.calls(flows)
        with self.leased(flows) as leases, self._recorded(pair, leases) as run:
            plan, view_ = self._prepare(pair, flows, leases, run)
            counts = dict(view_.counts)
            state = "planned"
            if view_.live or approve(view_):
                self._go_live(flows, leases)
                self._apply(plan, flows, leases, run)
                applied(self.ledger, plan, counts)
                state = "stopped" if self.stop.is_set() else "done"
            report = RunReport(
                run=run,
                plan=plan,
                pair=pair.name,
                state=state,
                started=started,
                ended=self.clock.now(),
                counts=counts,
                holds=holds(self.ledger, pair.name),
                calls=self.made(flows, before),
                least_writes=least_writes(self.ledger, plan, flows),
            )
            self._end(run, leases, state, report)
        self.tell("run.ended", {"pair": pair.name, "run": run, "state": state})
        return report

    def plan(self, pair: PairConfig) -> PlanView:
        """Read both sides, decide, and store the plan; nothing is sent."""
        flows = self.flows(pair)
        with self.leased(flows) as leases, self._recorded(pair, leases) as run:
            _, shown = self._prepare(pair, flows, leases, run)
            self._state(run, leases, "planned")
        return shown

    @contextmanager
    def leased(self, flows: tuple[Flow, ...]) -> Iterator[tuple[Lease, ...]]:
        """Both tenants of the flows, for this process alone. Raises `Refused` while another one works on them."""
        names = [f"tenant:{end.tenant}" for end in (flows[0].source, flows[0].target)]
        with held(self.ledger, self.clock, *names, patience=1.0) as leases:
            yield leases

    @contextmanager
    def _recorded(self, pair: PairConfig, leases: tuple[Lease, ...]) -> Iterator[int]:
        row = {"pair": pair.name, "started": self.clock.now(), "state": "running"}
        with self.ledger.writing(*leases) as sql:
            gone = (RunRow.c.pair == pair.name, RunRow.c.state == "running")
            sql.execute(update(RunRow).where(*gone).values(state="died"))
            run: int = sql.execute(insert(RunRow).values(**row).returning(RunRow.c.id)).scalar_one()
        self.tell("run.started", {"pair": pair.name, "run": run})
        try:
            yield run
        except TieoutError as error:
            self._stopped_by(pair, run, leases, error)
            raise
        except BaseException:
            self._state(run, leases, "stopped")
            raise

    def _stopped_by(self, pair: PairConfig, run: int, leases: tuple[Lease, ...], error: TieoutError) -> None:
        state = "paused" if isinstance(error, Throttled | ReauthNeeded) else "stopped"
        self._state(run, leases, state, str(error))
        if isinstance(error, Throttled):
            values = {"paused_until": error.until, "paused_why": error.problem.what}
            with self.ledger.writing(*leases) as sql:
                sql.execute(update(ConnectionRow).where(ConnectionRow.c.name == error.connection).values(**values))
        self.tell("run.ended", {"pair": pair.name, "run": run, "state": state})

    def _state(self, run: int, leases: tuple[Lease, ...], state: str, message: str | None = None) -> None:
        with self.ledger.writing(*leases) as sql:
            values = {"state": state, "message": message, "ended": self.clock.now()}
            sql.execute(update(RunRow).where(RunRow.c.id == run).values(**values))

    def _end(self, run: int, leases: tuple[Lease, ...], state: str, report: RunReport) -> None:
        counts = {name: _plain(one) for name, one in report.counts.items()}
        calls = [[call.connection, call.reads, call.writes] for call in report.calls]
        with self.ledger.writing(*leases) as sql:
            values = {"state": state, "ended": report.ended, "counts": counts, "calls": calls}
            sql.execute(update(RunRow).where(RunRow.c.id == run).values(**values))

    def _prepare(
        self, pair: PairConfig, flows: tuple[Flow, ...], leases: tuple[Lease, ...], run: int
    ) -> tuple[int, PlanView]:
        self._settle(pair, flows, leases, run)
        whole = self._read(flows, leases, run)
        digests = {flow.entity.name: flow.target.terms.digest() for flow in flows}
        row = {
            "pair": pair.name,
            "run": run,
            "created": self.clock.now(),
            "source_tenant": flows[0].source.tenant,
            "target_tenant": flows[0].target.tenant,
            "digests": digests,
            "state": "making",
        }
        with self.ledger.writing(*leases) as sql:
            older = (PlanRow.c.pair == pair.name, PlanRow.c.state.in_(("making", "open", "applying")))
            sql.execute(update(PlanRow).where(*older).values(state="superseded"))
            plan: int = sql.execute(insert(PlanRow).values(**row).returning(PlanRow.c.id)).scalar_one()
        planner = Planner(self.ledger, leases, plan, run, self.clock.now(), self.tell, flows, frozenset(whole))
        counts = planner.decide()
        with self.ledger.writing(*leases) as sql:
            values = {"state": "open", "counts": {name: _plain(one) for name, one in counts.items()}}
            sql.execute(update(PlanRow).where(PlanRow.c.id == plan).values(**values))
        self.tell("plan.stored", {"plan": plan, "changes": sum(one.planned for one in counts.values())})
        return plan, view(self.ledger, plan, flows, counts, live=self._live(flows))

    def _settle(self, pair: PairConfig, flows: tuple[Flow, ...], leases: tuple[Lease, ...], run: int) -> None:
        """Find out what became of batches that an earlier run sent and whose answer it did not keep."""
        with self.ledger.reading() as sql:
            query = (
                select(BatchRow)
                .join(PlanRow, PlanRow.c.id == BatchRow.c.plan)
                .where(
                    PlanRow.c.pair == pair.name,
                    PlanRow.c.target_tenant == flows[0].target.tenant,
                    BatchRow.c.state == "sent",
                )
                .order_by(BatchRow.c.stored_at)
            )
            batches = list(sql.execute(query))
        for row in batches:
            if sending := reload(self.ledger, row, flows):
                self._outbox(row.plan, flows, leases, run).settle(sending)

    def _outbox(self, plan: int, flows: tuple[Flow, ...], leases: tuple[Lease, ...], run: int) -> Outbox:
        receipts = Receipts(self.ledger, leases, self.clock, run, flows)
        return Outbox(self.ledger, leases, self.clock, plan, run, flows, self.tell, self.stop.is_set, receipts)

    def _read(self, flows: tuple[Flow, ...], leases: tuple[Lease, ...], run: int) -> set[str]:
        reader = Reader(self.ledger, leases, run, self.tell, self.stop.is_set)
        with ThreadPoolExecutor(max_workers=2) as pool:
            here = pool.submit(reader.read, flows, lambda flow: flow.source)
            there = pool.submit(reader.read, flows, lambda flow: flow.target)
            here.result()
            return there.result()

    def _apply(self, plan: int, flows: tuple[Flow, ...], leases: tuple[Lease, ...], run: int) -> None:
        self._plan_state(plan, leases, "applying")
        try:
            self._outbox(plan, flows, leases, run).apply()
        except OutcomeUnknown:
            self._plan_state(plan, leases, "unsettled")
            raise
        self._plan_state(plan, leases, "applied")

    def _plan_state(self, plan: int, leases: tuple[Lease, ...], state: str) -> None:
        with self.ledger.writing(*leases) as sql:
            sql.execute(update(PlanRow).where(PlanRow.c.id == plan).values(state=state))

    def _live(self, flows: tuple[Flow, ...]) -> bool:
        with self.ledger.reading() as sql:
            where = [getattr(LiveRow.c, name) == value for name, value in _between(flows).items()]
            return sql.execute(select(LiveRow.c.pair).where(*where)).first() is not None

    def _go_live(self, flows: tuple[Flow, ...], leases: tuple[Lease, ...]) -> None:
        if not self._live(flows):
            with self.ledger.writing(*leases) as sql:
                self.ledger.put(sql, LiveRow, [{**_between(flows), "at": self.clock.now(), "by": self.who}])

    def calls(self, flows: tuple[Flow, ...]) -> dict[str, Calls]:
        """The calls made by this process so far, by connection."""
        found = {}
        for connection in (flows[0].source.connection, flows[0].target.connection):
            made = connection.http.calls
            found[connection.name] = Calls(connection.name, made.reads, made.writes)
        return found

    def made(self, flows: tuple[Flow, ...], before: dict[str, Calls]) -> tuple[Calls, ...]:
        """The calls made since `before`."""
        return tuple(
            replace(now, reads=now.reads - before[name].reads, writes=now.writes - before[name].writes)
            for name, now in self.calls(flows).items()
        )


def _between(flows: tuple[Flow, ...]) -> dict[str, str]:
    flow = flows[0]
    return {"pair": flow.pair, "source_tenant": flow.source.tenant, "target_tenant": flow.target.tenant}


def _tenant(connection: Connection) -> Any:
    tenant_key(connection)
    return connection.tenant


def _plain(counts: Counts) -> dict[str, int]:
    return {name: value for name in Counts.__slots__ if (value := getattr(counts, name))}
