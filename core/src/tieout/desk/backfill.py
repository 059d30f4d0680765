"""Backfills: documents dated before the start date that are sent after all, counted first and taken up bit by bit.

A backfill only widens what is in scope; the start date stays as it is. Each run takes up a portion, after everything
that is fresh, so that the daily work never waits behind history and a used-up day only pauses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from math import ceil

from sqlalchemy import insert, select

from tieout.api.clock import Clock
from tieout.api.errors import Refused
from tieout.desk.forecast import Forecast, forecast
from tieout.engine import Engine
from tieout.engine.flow import Flow
from tieout.engine.history import older
from tieout.host.config import Config
from tieout.host.connections import Connections
from tieout.ledger import Ledger
from tieout.ledger.tables import AuditRow, BackfillRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """A backfill that was asked for: documents of one app, from the `first` day to the `last`.

    `left` are those that are not taken up yet; `done` says that all were. `at` is in UTC.
    """

    entity: str
    first: date
    last: date
    by: str
    at: datetime
    left: int
    done: bool


@dataclass(frozen=True, slots=True)
class BackfillCount:
    """What a backfill would send, as far as the source was read: documents by app, their money, and what that needs."""

    first: date
    last: date
    counts: Mapping[str, int]
    amounts: Mapping[str, Decimal]
    forecast: Forecast

    @property
    def total(self) -> int:
        """How many documents it is in all."""
        return sum(self.counts.values())

    def question(self) -> str:
        """The sentence that a person confirms, with numbers and money."""
        listed = ", ".join(f"{number:,} {entity.replace('-', ' ')}" for entity, number in self.counts.items() if number)
        money = ", ".join(f"{currency} {amount:,.2f}".strip() for currency, amount in sorted(self.amounts.items()))
        return f"Send {listed or 'nothing'}{f' ({money})' if money else ''} of {self.first} to {self.last} as well?"


@dataclass(frozen=True, slots=True)
class Backfills:
    """The backfills of one configuration."""

    ledger: Ledger
    clock: Clock
    who: str
    config: Config
    engine: Engine
    connections: Connections

    def count(self, pair: str, first: date, last: date, entity: str | None = None) -> BackfillCount:
        """Count what a backfill would send; no call is made.

        Raises `Refused` for a range that is none, or that the start date does not keep out.
        """
        counts: dict[str, int] = {}
        amounts: dict[str, Decimal] = {}
        calls = 0
        for flow in self._flows(pair, first, last, entity):
            number = 0
            for row in older(self.ledger, flow, first, last):
                number += 1
                if row.amount is not None:
                    currency = row.currency or ""
                    amounts[currency] = amounts.get(currency, Decimal(0)) + Decimal(row.amount)
            counts[flow.entity.name] = number
            calls += ceil(number / flow.target.resource.batch)
        target = self.config.pairs[pair].target
        return BackfillCount(first, last, counts, amounts, forecast(self.connections, target, calls))

    def begin(self, pair: str, first: date, last: date, entity: str | None = None) -> None:
        """Ask for a backfill: the runs from now on take it up, portion by portion. Raises `Refused` as `count` does."""
        now = self.clock.now()
        rows = [
            {"pair": pair, "entity": flow.entity.name, "first": first, "last": last, "cursor": "", "done": False}
            | {"at": now, "by": self.who}
            for flow in self._flows(pair, first, last, entity)
        ]
        data = {"pair": pair, "first": first, "last": last, "entity": entity}
        with self.ledger.writing() as sql:
            self.ledger.put(sql, BackfillRow, rows)
            sql.execute(insert(AuditRow).values(at=now, who=self.who, what="backfill", data=data))

    def asked(self, pair: str) -> tuple[Backfill, ...]:
        """The backfills of a pair, the newest first, with what each has still to take up."""
        flows = {flow.entity.name: flow for flow in self.engine.remembered(self.config.pairs[pair])}
        query = select(BackfillRow).where(BackfillRow.c.pair == pair).order_by(BackfillRow.c.at.desc())
        with self.ledger.reading() as sql:
            rows = [row for row in sql.execute(query) if row.entity in flows]
        return tuple(
            Backfill(
                entity=row.entity,
                first=row.first,
                last=row.last,
                by=row.by,
                at=row.at,
                left=sum(1 for _ in older(self.ledger, flows[row.entity], row.first, row.last, row.cursor)),
                done=row.done,
            )
            for row in rows
        )

    def _flows(self, pair: str, first: date, last: date, entity: str | None) -> list[Flow]:
        settings = self.config.pairs[pair]
        if last < first:
            raise Refused(f"{first} to {last} is no range", fix="Name the first day and then the last one.")
        if first >= settings.since:
            raise Refused(
                f"{first} is not before the start date {settings.since}",
                why="What is dated on the start date or later is sent anyway.",
                fix="Name a range that begins before it.",
            )
        dated = [flow for flow in self.engine.remembered(settings) if "date" in flow.entity.model.model_fields]
        chosen = [flow for flow in dated if entity in (None, flow.entity.name)]
        if not chosen:
            listed = ", ".join(flow.entity.name for flow in dated)
            raise Refused(f"{entity} is no app of dated records in {pair}", fix=f"Those are: {listed or 'none'}")
        return chosen
