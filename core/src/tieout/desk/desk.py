"""The desk itself: one process at work on one configuration, for one person."""

from __future__ import annotations

import getpass
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from sqlalchemy import insert, update

from tieout.api.contract import Answer, Connection, Consent, Event, Pick, Proposal, Settings, Tenant
from tieout.api.errors import Refused, TieoutError
from tieout.api.model import Account, Reference
from tieout.api.runtime import Runtime
from tieout.desk import proposals
from tieout.desk.backfill import Backfills
from tieout.desk.decisions import Decisions
from tieout.desk.editing import Editing
from tieout.desk.explain import Records
from tieout.desk.mailing import Mailing
from tieout.desk.past import PastRuns
from tieout.desk.plans import Plans
from tieout.desk.undo import Undo
from tieout.desk.views import Views
from tieout.engine import Approve, Engine
from tieout.engine.reconcile import Trace, tie_out
from tieout.host import config as configuration
from tieout.host.config import Config, PairConfig
from tieout.host.connections import Connections
from tieout.host.events import Events
from tieout.host.plugins import Plugins, Status, load
from tieout.ledger import Ledger
from tieout.ledger.standing import Purpose
from tieout.ledger.tables import AuditRow, ConnectionRow
from tieout.rules.proof import EVER, Months, TieOut
from tieout.rules.report import (
    ConnectionView,
    PairView,
    PlanView,
    RunReport,
)


@dataclass(frozen=True, slots=True)
class AccountChoice:
    """One account to be chosen: its slot, the code chosen now, and the accounts that are legal for it.

    `usual` says what counts where none is chosen; it is empty for an account that has to be chosen.
    """

    slot: str
    chosen: str | None
    candidates: tuple[Account, ...]
    usual: str = ""


class Desk:
    """A configuration with its ledger and connections, open for questions and commands.

    `who` is the person at the desk and stands in the audit; `observer` is told of every event; setting `stop` ends a
    run after the batch at hand. With the purpose `schedule` a part of each day's calls is left to people.
    """

    def __init__(
        self,
        config: Config,
        plugins: Plugins,
        ledger: Ledger,
        who: str,
        stop: threading.Event,
        events: Events,
        connections: Connections,
    ) -> None:
        self._config = config
        self._plugins = plugins
        self._ledger = ledger
        self._who = who
        self._stop = stop
        self._clock = ledger.runtime.clock
        self._events = events
        self._connections = connections
        self._views = Views(config, plugins, ledger, self._clock, self._connections)
        self._engine = Engine(config, plugins, ledger, self._clock, self._connections, self._tell, stop, who)
        self.decisions = Decisions(ledger, self._clock, who, config, self._engine)
        self.settings = Editing(config, plugins, ledger, self._clock, who)
        self.plans = Plans(ledger, config, plugins, self._connections)
        self.records = Records(ledger, config, self._engine)
        self.undo = Undo(ledger, config, self._engine)
        self.backfills = Backfills(ledger, self._clock, who, config, self._engine, self._connections)
        self.runs = PastRuns(ledger)
        self.mail = Mailing(config, ledger, self._clock, self._views, who)

    @classmethod
    @contextmanager
    def open(
        cls,
        config: Path,
        who: str | None = None,
        observer: Callable[[Event], None] | None = None,
        stop: threading.Event | None = None,
        purpose: Purpose = "person",
        runtime: Runtime | None = None,
    ) -> Iterator[Self]:
        """Open the desk over a configuration file, on the real machine unless `runtime` is another one.

        Raises `ConfigError`, `PluginError` or `LedgerError`.
        """
        runtime = runtime or Runtime()
        raw = configuration.read(config)
        plugins = load(raw.on, raw.off)
        checked = configuration.validate(raw, plugins)
        ledger = Ledger(checked.ledger_url, runtime)
        events = Events(plugins.facade, observer, runtime=runtime)
        stop = stop or threading.Event()
        connections = Connections(checked, plugins, ledger, stop, purpose)
        try:
            yield cls(checked, plugins, ledger, who or getpass.getuser(), stop, events, connections)
        finally:
            connections.close()
            events.close()
            ledger.close()

    def seat(self, who: str) -> Self:
        """The same desk with another person at it: what is open is shared, what they do is audited as theirs."""
        parts = (self._config, self._plugins, self._ledger)
        return type(self)(*parts, who, self._stop, self._events, self._connections)

    def _tell(self, name: str, data: dict[str, Any]) -> None:
        self._events.tell(Event(name, self._clock.now(), data))

    def _audit(self, what: str, data: Mapping[str, Any] | None = None) -> None:
        row = {"at": self._clock.now(), "who": self._who, "what": what, "data": data and dict(data)}
        with self._ledger.writing() as sql:
            sql.execute(insert(AuditRow).values(**row))

    @property
    def pairs(self) -> tuple[str, ...]:
        """The names of the configured pairs."""
        return tuple(self._config.pairs)

    @property
    def connection_names(self) -> tuple[str, ...]:
        """The names of the configured connections."""
        return tuple(self._config.connections)

    def every(self, pair: str) -> float | None:
        """After how many seconds a pair is due again; None when it has no schedule."""
        every = self._pair(pair).every
        return every.total_seconds() if every is not None else None

    def pair(self, name: str | None) -> str:
        """The pair of that name, or the only one. Raises `Refused` when it is not clear which."""
        if name is not None:
            return self._pair(name).name
        if len(self._config.pairs) == 1:
            return next(iter(self._config.pairs))
        listed = ", ".join(self._config.pairs) or "none"
        raise Refused(f"there are several pairs: {listed}", fix="Name one: --pair NAME")

    def _pair(self, name: str) -> PairConfig:
        if name not in self._config.pairs:
            raise Refused(f"there is no pair {name}", fix=f"The pairs are: {', '.join(self._config.pairs) or 'none'}")
        return self._config.pairs[name]

    def _known(self, name: str) -> None:
        if name not in self._config.connections:
            listed = ", ".join(self._config.connections) or "none"
            raise Refused(f"there is no connection {name}", fix=f"The connections are: {listed}")

    def plugins(self) -> tuple[Status, ...]:
        """Every installed plugin, whether it is on, and why one is broken."""
        return self._plugins.status

    def connections(self) -> tuple[ConnectionView, ...]:
        """Every connection with its tenant and state."""
        return tuple(self._views.connection(name) for name in self._config.connections)

    def connect(self, name: str) -> Tenant:
        """Connect without a person, by keys or client credentials. Raises `ReauthNeeded` when a consent is needed."""
        self._known(name)
        tenant = self._connections.check(name).tenant
        self._joined(name, tenant)
        return tenant

    def check(self, name: str) -> ConnectionView:
        """Prove that a connection still reaches its tenant; what was refused before is allowed again when it does."""
        self._known(name)
        self._connections.check(name)
        return self._views.connection(name)

    def keep_alive(self) -> Mapping[str, TieoutError]:
        """Renew the consents that nobody used for long; why one was not renewed comes back by connection."""
        return self._connections.keep_alive()

    def authorise(self, name: str, redirect: str) -> Consent:
        """Begin a consent that returns to `redirect`."""
        self._known(name)
        return self._plugins.facade.authorise(self._connections.open(name), redirect)

    def complete(self, name: str, given: Answer) -> list[Tenant]:
        """Finish a consent; a single organisation is pinned at once, of several one has to be chosen with `pin`.

        Raises `Refused` when it opens none, or another one than this connection was connected to.
        """
        chosen = self._connections.complete(name, given)
        if len(chosen) == 1:
            self.pin(name, chosen[0])
        return chosen

    def pin(self, name: str, tenant: Tenant) -> None:
        """Pin a connection to a tenant; another one is refused from then on."""
        self._connections.pin(name, tenant)
        self._joined(name, tenant)

    def _joined(self, name: str, tenant: Tenant) -> None:
        values = {"connected_at": self._clock.now(), "connected_by": self._who, "paused_until": None}
        with self._ledger.writing() as sql:
            sql.execute(update(ConnectionRow).where(ConnectionRow.c.name == name).values(**values))
        self._audit("connect", {"connection": name, "tenant": tenant.id})

    def disconnect(self, name: str) -> None:
        """End a connection's consent; mappings, links and history are kept."""
        self._known(name)
        self._plugins.facade.disconnect(self._connections.open(name), self._connections.vault)
        self._connections.forget(name)
        self._audit("disconnect", {"connection": name})

    def probe(self, name: str, scratch: str | None = None) -> Proposal:
        """Find out a tenant's own shape by reading; only the record named by `scratch` may be written to."""
        self._known(name)
        return self._plugins.facade.probe(self._connections.open(name), scratch)

    def keep(self, name: str, proposal: Proposal) -> tuple[Path, ...]:
        """Write what a probe proposed beside the configuration and name it there; the next desk reads it."""
        self._known(name)
        written = proposals.keep(self._config.path, name, proposal)
        self._audit("probe", {"connection": name, "files": [path.name for path in written], "good": proposal.good})
        return written

    def reference(self, pair: str) -> dict[str, tuple[Reference, ...]]:
        """Read the target's reference data afresh ("Sync from Xero"), by kind."""
        connection = self._target(pair)
        connector = self._plugins.connectors[connection.plugin]
        rows = self._engine.reference(connection, *connector.reference)
        self._audit("reference", {"connection": connection.name})
        return rows

    def _target(self, pair: str) -> Connection:
        return self._connections.ready(self._pair(pair).target)

    def accounts(self, pair: str) -> dict[str, AccountChoice]:
        """The accounts to be chosen for a pair, by slot, with what is legal for each."""
        rows = self._engine.reference(self._target(pair)).get("accounts", ())
        chosen = getattr(self._pair(pair).settings, "accounts", None)
        found = {}
        for slot, pick in _picks(type(chosen)) if chosen is not None else ():
            value = getattr(chosen, slot)
            legal = [row for row in rows if isinstance(row, Account) and row.active and pick.role in row.roles]
            code = getattr(value, "code", value)
            found[slot] = AccountChoice(slot, code if code is None else str(code), tuple(legal), pick.usual)
        return found

    def choose(self, pair: str, slot: str, code: str) -> None:
        """Choose an account for a slot, in `plugins.toml`. Raises `Refused` when it is not legal for it."""
        choices = self.accounts(pair)
        if slot not in choices:
            raise Refused(f"there is no account slot {slot}", fix=f"The slots are: {', '.join(choices)}")
        legal = {account.code or account.id: account for account in choices[slot].candidates}
        if code not in legal:
            listed = ", ".join(f"{key} {account.name}" for key, account in sorted(legal.items()))
            raise Refused(f"{code} is no active account that can be used for {slot}", fix=f"Choose one of: {listed}")
        configuration.choose(self._config.path, pair, ("accounts", slot), code)
        self._audit("choose", {"pair": pair, "slot": slot, "account": code})

    def plan(self, pair: str) -> PlanView:
        """Read both sides and store a plan; nothing is sent."""
        return self._engine.plan(self._pair(pair))

    def apply(self, pair: str, plan: int) -> RunReport:
        """Carry out a stored plan exactly as it was shown; doing so is the go-live."""
        self._audit("apply", {"pair": pair, "plan": plan})
        return self._engine.apply(self._pair(pair), plan)

    def sync(self, pair: str, approve: Approve) -> RunReport:
        """Bring a pair into agreement; `approve` is asked before the first go-live only."""

        def asked(plan: PlanView) -> bool:
            agreed = approve(plan)
            self._audit("go-live" if agreed else "not-yet-live", {"pair": pair, "plan": plan.id})
            return agreed

        self.keep_alive()  # what could not be renewed stands in the status, and stops no other pair
        return self._engine.run(self._pair(pair), asked)

    def reconcile(self, pair: str, months: Months = EVER, trace: Trace | None = None) -> TieOut:
        """Read both sides afresh and tie them out; `trace` is given every record with its state, matched or not."""
        return tie_out(self._engine, self._pair(pair).name, months, trace)

    def status(self, pair: str) -> PairView:
        """How a pair stands, from the ledger alone: no call is made."""
        return self._views.pair(self._pair(pair))

    def glance(self, pair: str) -> PairView:
        """How a pair stands but for its holds, which is quick however many there are."""
        return self._views.glance(self._pair(pair))


def _picks(model: type[Settings]) -> Iterator[tuple[str, Pick]]:
    for name, field in model.model_fields.items():
        for mark in field.metadata:
            if isinstance(mark, Pick):
                yield name, mark


def answer(consent: Consent, parameters: Mapping[str, str]) -> Answer:
    """What came back to the redirect address of a consent."""
    return Answer(consent, parameters)
