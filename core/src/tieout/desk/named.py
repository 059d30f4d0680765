"""Records as people name them: by number, name or code, or by the id that either side gave them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, select, union_all

from tieout.api.errors import Refused
from tieout.host.config import Config
from tieout.host.plugins import Plugins
from tieout.ledger import Ledger
from tieout.ledger.runs import ChangeRow, PlanRow
from tieout.ledger.tables import HeldRow, InboxRow, LinkRow


@dataclass(frozen=True, slots=True)
class Named:
    """A source record as a person named it."""

    pair: str
    entity: str
    source_id: str
    label: str


@dataclass(frozen=True, slots=True)
class Names:
    """Finds the records of one configuration by what people call them."""

    ledger: Ledger
    config: Config
    plugins: Plugins

    def find(self, pair: str, entity: str, number: str) -> Named:
        """The record that a person means. Raises `Refused` when there is none, or when it is not clear which."""
        known = self.config.pairs[pair].entities
        if entity not in known:
            raise Refused(f"there is no app {entity} in {pair}", fix=f"The apps are: {', '.join(known)}")
        found: dict[str, str] = {}
        with self.ledger.reading() as sql:
            for query in self._queries(pair, entity, number):
                if found := {row[0]: row[1] for row in sql.execute(query)}:
                    break
        if not found:
            raise Refused(
                f"there is no {number} among {entity}",
                why="A record is named by its number, name or code, or by its id on either side.",
                fix="What is held is listed by: tieout holds",
            )
        if len(found) > 1:
            raise Refused(
                f"several {entity} are called {number}", fix=f"Name one by its id: {', '.join(sorted(found))}"
            )
        ((source_id, called),) = found.items()
        return Named(pair, entity, source_id, called)

    def _queries(self, pair: str, entity: str, number: str) -> Iterator[Any]:
        """Where to look, one after the other: what is held, what was planned, what was read, what is linked."""
        held = select(HeldRow.c.source_id, HeldRow.c.label).where(HeldRow.c.pair == pair, HeldRow.c.entity == entity)
        yield _either(held, HeldRow.c.source_id == number, HeldRow.c.label == number)
        changes = (
            select(ChangeRow.c.source_id, ChangeRow.c.label, ChangeRow.c.plan)
            .join(PlanRow, PlanRow.c.id == ChangeRow.c.plan)
            .where(PlanRow.c.pair == pair, ChangeRow.c.entity == entity)
        )
        yield _either(changes, ChangeRow.c.source_id == number, ChangeRow.c.label == number).order_by("plan")
        plugin = self.config.connections[self.config.pairs[pair].source].plugin
        resource = self.plugins.bindings[entity, plugin].resource
        yield select(InboxRow.c.id, InboxRow.c.id).where(InboxRow.c.resource == resource, InboxRow.c.id == number)
        links = select(LinkRow.c.source_id, LinkRow.c.source_id.label("called")).where(LinkRow.c.entity == entity)
        yield _either(links, LinkRow.c.target_id == number, LinkRow.c.target_key == number)


def _either(query: Select[Any], *ways: ColumnElement[bool]) -> CompoundSelect[Any]:
    """What is found in one way or another: a query for each, because SQLite would read all for an OR."""
    return union_all(*(query.where(way) for way in ways))
