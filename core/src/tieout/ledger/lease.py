"""Leases: rows with a heartbeat and a fencing token, so that two processes never work on one tenant.

A holder that was silent for longer than the lease lasts is taken over; its token is stale from then on and
`Ledger.writing` refuses it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, or_, select, update

from tieout.api.clock import Clock
from tieout.api.errors import LeaseLost, LedgerError, Refused
from tieout.api.runtime import Process
from tieout.ledger.ledger import Ledger
from tieout.ledger.tables import LeaseRow

SECONDS = 30.0
"""How long a silent holder keeps its lease."""
IMPLAUSIBLE = 10
"""A lease that ends later than so many times its length is from before the clock was put back: nobody renews it."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write under `name`, for as long as `token` is the row's."""

    name: str
    holder: str
    token: int


def take(ledger: Ledger, clock: Clock, name: str, seconds: float = SECONDS) -> Lease | None:
    """The lease, or None while somebody else holds it."""
    process = ledger.runtime.process
    holder = f"{process.host}:{process.id}:{ledger.runtime.entropy.hex(4)}"
    now = clock.now()
    fresh = {"name": name, "holder": holder, "token": 1, "expires": now + timedelta(seconds=seconds)}
    with ledger.writing() as connection:
        row = connection.execute(select(LeaseRow).where(LeaseRow.c.name == name)).first()
        dead = row.holder if row and _ended(process, row.holder) else None
        # one statement takes it, so that of two processes that saw it free only one gets a token back
        claim = ledger.insert(LeaseRow).values(**fresh)
        claim = claim.on_conflict_do_update(
            index_elements=["name"],
            set_={**fresh, "token": LeaseRow.c.token + 1},
            where=or_(
                LeaseRow.c.expires <= now,
                LeaseRow.c.expires > now + timedelta(seconds=seconds * IMPLAUSIBLE),
                LeaseRow.c.holder == dead,
            ),
        )
        token = connection.execute(claim.returning(LeaseRow.c.token)).scalar()
    return None if token is None else Lease(name, holder, token)


def _ended(process: Process, holder: str) -> bool:
    host, pid, _ = holder.rsplit(":", 2)
    return process.ended(host, int(pid))


def holder(sql: Connection, process: Process, clock: Clock, *names: str) -> str | None:
    """Return who holds one of these leases, as host:pid:mark; None if nobody does, or the holder certainly ended."""
    now = clock.now()
    query = select(LeaseRow.c.holder).where(
        LeaseRow.c.name.in_(names),
        LeaseRow.c.expires > now,
        LeaseRow.c.expires <= now + timedelta(seconds=SECONDS * IMPLAUSIBLE),
    )
    return next((one for one in sql.execute(query).scalars() if not _ended(process, one)), None)


def beat(ledger: Ledger, clock: Clock, lease: Lease, seconds: float = SECONDS) -> None:
    """Say that the holder lives. Raises `LeaseLost` when another one took over."""
    with ledger.writing(lease) as connection:
        expires = clock.now() + timedelta(seconds=seconds)
        connection.execute(update(LeaseRow).where(LeaseRow.c.name == lease.name).values(expires=expires))


def release(ledger: Ledger, clock: Clock, lease: Lease) -> None:
    """Give the lease back at once; the token stays, so that a stale holder is still refused."""
    with ledger.writing() as connection:
        mine = (LeaseRow.c.name == lease.name, LeaseRow.c.token == lease.token)
        connection.execute(update(LeaseRow).where(*mine).values(expires=clock.now()))


@contextmanager
def held(
    ledger: Ledger, clock: Clock, *names: str, patience: float = 0.0, seconds: float = SECONDS
) -> Iterator[tuple[Lease, ...]]:
    """Hold several leases, always taken in the order of their names, with a heartbeat in the background.

    `patience` is for how many seconds a busy lease is waited for. Raises `Refused` when it stays busy.
    """
    with ExitStack() as stack:
        leases = []
        for name in sorted(set(names)):
            lease = _patiently(ledger, clock, name, patience, seconds)
            stack.callback(release, ledger, clock, lease)
            leases.append(lease)
        with ledger.runtime.threads.every(seconds / 3, lambda: _beaten(ledger, clock, leases, seconds)):
            yield tuple(leases)


def _patiently(ledger: Ledger, clock: Clock, name: str, patience: float, seconds: float) -> Lease:
    deadline = clock.monotonic() + patience
    while True:
        if lease := take(ledger, clock, name, seconds):
            return lease
        if clock.monotonic() >= deadline:
            raise Refused(
                f"another process is working on {name}",
                why="Two runs on one organisation take turns, so that nothing is written twice.",
                fix="Wait until it has ended; `tieout status` shows it.",
            )
        clock.wait(0.2)


def _beaten(ledger: Ledger, clock: Clock, leases: list[Lease], seconds: float) -> bool:
    """Renew all leases; False when one of them was lost, and there is nothing more to renew."""
    for lease in leases:
        try:
            beat(ledger, clock, lease, seconds)
        except LeaseLost:
            return False
        except LedgerError:
            continue  # a busy database: the next beat comes well before the lease ends
    return True
