"""How connections and pairs stand, as people see them: told from the ledger alone, without a call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal, select, union_all

from tieout.api.clock import Clock
from tieout.api.contract import Tenant
from tieout.engine.tally import holds
from tieout.host.config import Config, PairConfig
from tieout.host.connections import Connections
from tieout.host.plugins import Plugins
from tieout.ledger import Ledger, lease
from tieout.ledger.runs import PlanRow, RunRow
from tieout.ledger.tables import ConnectionRow, HeldRow, LinkRow, LiveRow
from tieout.rules.report import AtWork, ConnectionView, Counts, FlowView, PairView

NEAR = timedelta(days=14)
"""How long before its end a person is told of a consent that nobody uses."""


@dataclass(frozen=True, slots=True)
class Views:
    """The views of one configuration."""

    config: Config
    plugins: Plugins
    ledger: Ledger
    clock: Clock
    connections: Connections

    def connection(self, name: str) -> ConnectionView:
        """One connection with its tenant, its state, and the calls of its day."""
        settings = self.config.connections[name]
        with self.ledger.reading() as sql:
            row = sql.execute(select(ConnectionRow).where(ConnectionRow.c.name == name)).first()
        usage, ends = self.connections.usage(name), self.connections.grant_ends(name)
        view = ConnectionView(
            name=name,
            plugin=settings.plugin,
            title=self.plugins.connectors[settings.plugin].title,
            state="not connected",
            needs_consent=self.connections.needs_consent(name),
            calls_used=usage.used,
            calls_allowed=settings.limits.day,
            calls_known_at=usage.known_at,
            grant_ends=ends if ends is not None and ends - NEAR <= self.clock.now() else None,
        )
        if row is None or not row.tenant_id:
            return view
        view = replace(
            view,
            state="connected",
            tenant=Tenant(row.tenant_id, row.tenant_name or ""),
            connected_at=row.connected_at,
            connected_by=row.connected_by,
        )
        if row.refused_why:
            return replace(view, state="reconnect needed", why=row.refused_why, refused_at=row.refused_at)
        if row.paused_until is None or row.paused_until <= self.clock.now():
            return view
        return replace(view, state="paused", paused_until=row.paused_until, why=row.paused_why or "")

    def pair(self, settings: PairConfig) -> PairView:
        """One pair with its connections, flows and holds."""
        return replace(self.glance(settings), holds=holds(self.ledger, settings.name))

    def glance(self, settings: PairConfig) -> PairView:
        """One pair without its holds, which take time when there are many."""
        pair = settings.name
        source, target = self.connection(settings.source), self.connection(settings.target)
        with self.ledger.reading() as sql:
            newest = select(RunRow).where(RunRow.c.pair == pair).order_by(RunRow.c.id.desc()).limit(1)
            seen = sql.execute(newest).first()
            names = (f"tenant:{_tenant(side)}" for side in (source, target))
            working = lease.holder(sql, self.ledger.runtime.process, self.clock, *names)
            last = sql.execute(newest).first()  # seen twice: a run that ended or began between the looks did not die
            full = sql.execute(
                select(RunRow.c.counts)
                .where(RunRow.c.pair == pair, RunRow.c.counts.is_not(None))
                .order_by(RunRow.c.id.desc())
                .limit(1)
            ).first()
            live = sql.execute(select(LiveRow.c.pair).where(LiveRow.c.pair == pair)).first() is not None
            plan = sql.execute(
                select(PlanRow.c.id)
                .where(PlanRow.c.pair == pair, PlanRow.c.state == "open")
                .order_by(PlanRow.c.id.desc())
            ).scalar()
        counts = (full.counts if full is not None else None) or {}
        running = last is not None and last.state == "running"
        died = running and working is None and last == seen
        return PairView(
            name=pair,
            source=source,
            target=target,
            live=live,
            flows=tuple(self._flows(settings, (_tenant(source), _tenant(target)), counts)),
            holds=(),
            last_run=last.started if last is not None else None,
            last_state="died" if died else last.state if last is not None else "",
            last_message=(last.message or "") if last is not None else "",
            open_plan=plan,
            at_work=_at_work(working, last.started if last is not None and running else None) if working else None,
        )

    def _flows(self, settings: PairConfig, ends: tuple[str, str], counts: Mapping[str, Any]) -> Iterator[FlowView]:
        mine = (LinkRow.c.source_tenant == ends[0], LinkRow.c.target_tenant == ends[1])
        of = (HeldRow.c.kind, HeldRow.c.cause, HeldRow.c.entity)  # as the index has them
        kinds = select(*of, func.count()).where(HeldRow.c.pair == settings.name).group_by(*of)
        held: Counter[tuple[str, str]] = Counter()
        with self.ledger.reading() as sql:
            for kind, _, entity, many in sql.execute(kinds):
                held[entity, kind] += many
            linked = _counted(sql, settings.entities, *mine)
            wrong = _counted(sql, settings.entities, *mine, LinkRow.c.wrong.is_not(None))
        for name in settings.entities:
            yield FlowView(
                entity=name,
                title=self.plugins.entities[name].title,
                linked=linked[name],
                held=held[name, "hold"],
                skipped=held[name, "skip"],
                wrong=wrong[name],
                last=Counts(**(counts.get(name) or {})),
            )


def _counted(sql: Connection, entities: Sequence[str], *mine: ColumnElement[bool]) -> dict[str, int]:
    """How many links there are of each entity; counted one by one, which is faster than grouping very many."""
    if not entities:
        return {}
    each = (select(literal(name), func.count()).where(LinkRow.c.entity == name, *mine) for name in entities)
    return {row[0]: row[1] for row in sql.execute(union_all(*each))}


def _at_work(holder: str, since: datetime | None) -> AtWork:
    host, pid, _ = holder.rsplit(":", 2)
    return AtWork(host=host, pid=int(pid), since=since)


def _tenant(view: ConnectionView) -> str:
    """The tenant under which the ledger keeps what a connection reaches."""
    return f"{view.plugin}:{view.tenant.id if view.tenant else ''}"
