"""Mailing: people are told what needs them, each thing once: a lost consent at once, what is held once a day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select

from tieout.api.clock import Clock
from tieout.api.errors import TieoutError
from tieout.desk.views import Views
from tieout.host.config import Config
from tieout.host.mail import Mail, send
from tieout.ledger import Ledger
from tieout.ledger.tables import AuditRow
from tieout.rules.report import ConnectionView, HoldGroup, PairView

DAY = timedelta(days=1)
AGAIN = timedelta(minutes=15)
"""How long a mail server that did not take a message is left alone."""
_SENT, _FAILED = "mail.sent", "mail.failed"


@dataclass(frozen=True, slots=True)
class Letter:
    """A message; `mark` tells what it is about, so that nobody is told the same thing twice."""

    mark: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Mailing:
    """The mail of one configuration, sent for `who`; what was sent is in the audit."""

    config: Config
    ledger: Ledger
    clock: Clock
    views: Views
    who: str

    def test(self, pair: str) -> tuple[str, ...]:
        """Send a message that says that mail arrives; to whom comes back. Raises `Refused` or `Unavailable`."""
        mail = self.config.pairs[pair].mail
        send(mail, f"Tieout: mail arrives ({pair})", "This is a test. Nothing needs your attention because of it.\n")
        self._remember(pair, _SENT, "test")
        return mail.to

    def tell(self, pair: str) -> TieoutError | None:
        """Send what is due; what kept it from being sent comes back, and is tried again later."""
        mail = self.config.pairs[pair].mail
        if not mail.to or self._rests(pair):
            return None
        for letter in self._due(pair, mail):
            try:
                send(mail, letter.subject, letter.text)
            except TieoutError as error:
                self._remember(pair, _FAILED, letter.mark)
                return error
            self._remember(pair, _SENT, letter.mark)
        return None

    def _due(self, pair: str, mail: Mail) -> Iterator[Letter]:
        view = self.views.glance(self.config.pairs[pair])
        if mail.at_once:
            for side in (view.source, view.target):
                if side.refused_at is not None:
                    letter = _lost(view, side)
                    if self._last(pair, letter.mark) is None:
                        yield letter
        last = self._last(pair, "daily")
        if mail.daily and view.live and (last is None or last.at + DAY <= self.clock.now()):
            groups = [one for one in self.views.pair(self.config.pairs[pair]).holds if one.kind == "hold"]
            if groups:
                yield _held(view, groups)

    def _rests(self, pair: str) -> bool:
        query = select(AuditRow.c.at, AuditRow.c.data).where(AuditRow.c.what == _FAILED)
        return any(row.at + AGAIN > self.clock.now() for row in self._mine(query, pair))

    def _last(self, pair: str, mark: str) -> Any:
        query = select(AuditRow.c.at, AuditRow.c.data).where(AuditRow.c.what == _SENT)
        return next((row for row in self._mine(query, pair) if row.data["mark"] == mark), None)

    def _mine(self, query: Any, pair: str) -> list[Any]:
        with self.ledger.reading() as sql:
            rows = sql.execute(query.order_by(AuditRow.c.id.desc()))
            return [row for row in rows if row.data["pair"] == pair]

    def _remember(self, pair: str, what: str, mark: str) -> None:
        row = {"at": self.clock.now(), "who": self.who, "what": what, "data": {"pair": pair, "mark": mark}}
        with self.ledger.writing() as sql:
            sql.execute(insert(AuditRow).values(row))


def _lost(view: PairView, side: ConnectionView) -> Letter:
    called = side.tenant.name if side.tenant else side.name
    return Letter(
        f"{side.name} {side.refused_at}",
        f"{side.title} has to be connected again - {called}",
        f"{side.why}\n\nNothing is lost, and nothing is synced until somebody connects it again: on the page with "
        f"Reconnect, or with `tieout connect {side.name}`.\n\nPair: {view.name}\n",
    )


def _held(view: PairView, groups: list[HoldGroup]) -> Letter:
    many = sum(group.count for group in groups)
    called = view.target.tenant.name if view.target.tenant else view.target.title
    records = f"{many} record{'' if many == 1 else 's'} need{'s' if many == 1 else ''} attention"
    parts = []
    for group in sorted(groups, key=lambda one: -one.count):
        money = ", ".join(f"{currency} {amount:,.2f}".strip() for currency, amount in sorted(group.amounts.items()))
        title = next((flow.title for flow in view.flows if flow.entity == group.entity), group.entity)
        names = ", ".join(group.examples)
        parts.append(
            f"{group.count} × {title}{f' ({money})' if money else ''}: {group.problem.what}\n"
            + "".join(f"    {part}\n" for part in (group.problem.why, group.problem.fix, names) if part)
        )
    return Letter("daily", f"{records} in {view.target.title} sync - {called}", "\n".join(parts))
