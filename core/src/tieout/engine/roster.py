"""The flows of a pair, put together from its entities, bindings and connections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from tieout.api.clock import Clock
from tieout.api.contract import Connection, Terms
from tieout.api.errors import ContractError, Refused
from tieout.engine.flow import End, Flow
from tieout.engine.reference import ReferenceData
from tieout.host.config import PairConfig
from tieout.host.connections import Connections
from tieout.host.plugins import Plugins
from tieout.ledger import Ledger
from tieout.ledger.tables import BackfillRow
from tieout.rules.plan import Range
from tieout.rules.questions import NOBODY


@dataclass(frozen=True, slots=True)
class Roster:
    """Puts the flows of one configuration's pairs together."""

    plugins: Plugins
    ledger: Ledger
    clock: Clock
    connections: Connections

    def ready(self, pair: PairConfig) -> tuple[Flow, ...]:
        """The pair's flows with both ends ready. Raises `ReauthNeeded` when a connection has no consent."""
        for name in (pair.source, pair.target):
            if (paused := self.connections.standing.paused(name)) is not None:
                raise paused
        source, target = self.connections.ready(pair.source), self.connections.ready(pair.target)
        fresh = ReferenceData(self.ledger, self.plugins, self.clock).of
        return self._flows(pair, [(one, fresh(one)) for one in (source, target)])

    def remembered(self, pair: PairConfig) -> tuple[Flow, ...]:
        """The pair's flows as the ledger knows them: no call is made. Raises `Refused` before both were connected."""
        source, target = self.connections.open(pair.source), self.connections.open(pair.target)
        for connection in (source, target):
            if connection.tenant is None:
                raise Refused(f"{connection.name} is not connected yet", fix=f"tieout connect {connection.name}")
        stored = ReferenceData(self.ledger, self.plugins, self.clock).stored
        return self._flows(pair, [(one, stored(one)) for one in (source, target)])

    def _flows(self, pair: PairConfig, ends: Sequence[tuple[Connection, Mapping[str, Any]]]) -> tuple[Flow, ...]:
        backfilled = self._backfilled(pair.name)
        flows = []
        for name in pair.entities:
            entity, settings, owns = self.plugins.entities[name], pair.flows[name], pair.owns.get(name, NOBODY)
            source, target = (self._end(pair, name, connection, known) for connection, known in ends)
            flows.append(Flow(pair.name, entity, settings, pair.since, source, target, owns, backfilled.get(name, ())))
        if not flows:
            raise Refused(
                f"the pair {pair.name} has nothing switched on",
                fix="Switch an app on, for example: tieout plugins enable customers",
            )
        return tuple(flows)

    def _end(self, pair: PairConfig, name: str, connection: Connection, known: Mapping[str, Any]) -> End:
        connector = self.plugins.connectors[connection.plugin]
        binding = self.plugins.bindings[name, connection.plugin]
        if connection.tenant is None:
            raise ContractError(f"{connection.name} was used before its tenant was known")
        terms = Terms(
            entity=name,
            constants=binding.constants,
            settings=pair.flows[name],
            pair=pair.settings,
            connection=connection.settings,
            tenant=connection.tenant,
            reference=known,
            memory=connection.memory,
        )
        return End(self.plugins.facade, connection, connector, binding, connector.resource(binding.resource), terms)

    def _backfilled(self, pair: str) -> dict[str, tuple[Range, ...]]:
        found: dict[str, tuple[Range, ...]] = {}
        with self.ledger.reading() as sql:
            for row in sql.execute(select(BackfillRow).where(BackfillRow.c.pair == pair)):
                found[row.entity] = (*found.get(row.entity, ()), (row.first, row.last))
        return found
