"""Enclosures: what goes along with a document once it is in the target, its attachments and a note in its history.

Attaching a file of the same name again replaces it, so that a call whose answer was lost is made once more. A note can
never be taken out of a history, so that it is remembered before it is sent, and sent once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, or_, select

from tieout.api.clock import Clock
from tieout.api.contract import File
from tieout.api.errors import OutcomeUnknown, Problem, Rejected
from tieout.engine.due import held_row
from tieout.engine.flow import Flow
from tieout.engine.inbox import Told, source_record
from tieout.ledger import Ledger
from tieout.ledger.lease import Lease
from tieout.ledger.tables import EnclosureRow, HeldRow, LinkRow

MOST = 200
"""Documents looked at in one run at most: whatever else is to be sent goes first."""
LOOKED, NOTE = "*", "/note"
"""Names that no file has: the document's files were looked at, and the note in its history was sent."""


@dataclass(slots=True)
class Enclosures:
    """Sends one run's enclosures, under the run's leases, for the flows whose settings ask for them."""

    ledger: Ledger
    leases: tuple[Lease, ...]
    clock: Clock
    flows: tuple[Flow, ...]
    tell: Told
    stopped: Callable[[], bool]

    def send(self) -> None:
        """Send what is not there yet. Raises what makes a system unreachable; the next run goes on."""
        for flow in self.flows:
            files = bool(getattr(flow.settings, "attachments", False))
            note = bool(getattr(flow.settings, "history_note", False))
            for link in self._waiting(flow) if files or note else ():
                if self.stopped():
                    return
                if note:
                    self._annotate(flow, link)
                if not files or self._attach_all(flow, link):
                    self._remember(flow, link, LOOKED)

    def _waiting(self, flow: Flow) -> list[Any]:
        """The documents that Tieout made whose enclosures were not looked at since they were last sent."""
        mine = (EnclosureRow.c.pair == flow.pair, EnclosureRow.c.entity == flow.entity.name)
        looked = and_(*mine, EnclosureRow.c.source_id == LinkRow.c.source_id, EnclosureRow.c.name == LOOKED)
        query = (
            select(LinkRow)
            .outerjoin(EnclosureRow, looked)
            .where(
                LinkRow.c.entity == flow.entity.name,
                LinkRow.c.source_tenant == flow.source.tenant,
                LinkRow.c.target_tenant == flow.target.tenant,
                LinkRow.c.is_primary.is_(True),
                LinkRow.c.origin == "created",
                or_(EnclosureRow.c.at.is_(None), EnclosureRow.c.at < LinkRow.c.at),
            )
            .order_by(LinkRow.c.at)
            .limit(MOST)
        )
        with self.ledger.reading() as sql:
            return list(sql.execute(query))

    def _annotate(self, flow: Flow, link: Any) -> None:
        if NOTE in self._known(flow, link):
            return
        tenant = flow.source.connection.tenant
        made = f"Created by Tieout from {flow.source.connector.title}"
        text = f"{made} ({tenant.name if tenant else ''}), record {link.source_id}, {link.at:%Y-%m-%d %H:%M} UTC."
        self._remember(flow, link, NOTE)
        try:
            flow.target.facade.annotate(flow.target.connection, flow.target.resource, link.target_id, text)
        except (OutcomeUnknown, Rejected) as error:
            self._warn(flow, link, error.problem)

    def _attach_all(self, flow: Flow, link: Any) -> bool:
        """Attach what is new; False when an outcome is not known, and the document is to be looked at again."""
        known = self._known(flow, link)
        found = flow.source.facade.files(flow.source.connection, flow.source.resource, link.source_id)
        settled = [self._attach(flow, link, file) for file in found if known.get(file.name) != file.size]
        return all(settled)

    def _attach(self, flow: Flow, link: Any, file: File) -> bool:
        try:
            taken = flow.target.facade.attach(flow.target.connection, flow.target.resource, link.target_id, file)
        except Rejected as error:
            for problem in error.problems:
                self._warn(flow, link, problem)
            return True
        except OutcomeUnknown:
            return False
        if taken:
            self._remember(flow, link, file.name, file.size)
            self.tell("file.attached", {"entity": flow.entity.name, "id": link.source_id})
        return True

    def _known(self, flow: Flow, link: Any) -> dict[str, int]:
        mine = (
            EnclosureRow.c.pair == flow.pair,
            EnclosureRow.c.entity == flow.entity.name,
            EnclosureRow.c.source_id == link.source_id,
        )
        with self.ledger.reading() as sql:
            return {row.name: row.size for row in sql.execute(select(EnclosureRow).where(*mine))}

    def _remember(self, flow: Flow, link: Any, name: str, size: int = 0) -> None:
        row = {
            "pair": flow.pair,
            "entity": flow.entity.name,
            "source_id": link.source_id,
            "name": name,
            "size": size,
            "at": self.clock.now(),
        }
        with self.ledger.writing(*self.leases) as sql:
            self.ledger.put(sql, EnclosureRow, [row])

    def _warn(self, flow: Flow, link: Any, problem: Problem) -> None:
        """Tell a person what did not go along; the document itself is done, and a hold on it is the weightier word."""
        with self.ledger.reading() as sql:
            record = source_record(sql, flow, link.source_id)
        row = held_row(flow, link.source_id, "note", [problem], record, self.clock.now())
        with self.ledger.writing(*self.leases) as sql:
            sql.execute(self.ledger.insert(HeldRow).values(row).on_conflict_do_nothing())
