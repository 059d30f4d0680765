"""Leases: turns between processes, take-over, and the fencing token."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from tieout.api.clock import Clock
from tieout.api.errors import LeaseLost, Refused
from tieout.ledger import Ledger
from tieout.ledger.lease import SECONDS, beat, held, holder, release, take
from tieout.ledger.tables import LeaseRow, SecretRow
from tieout.testing import FakeClock


def test_one_taker_at_a_time(ledger: Ledger, clock: FakeClock) -> None:
    mine = take(ledger, clock, "tenant")
    assert mine is not None
    assert take(ledger, clock, "tenant") is None
    assert take(ledger, clock, "other") is not None
    release(ledger, clock, mine)
    later = take(ledger, clock, "tenant")
    assert later is not None and later.token == mine.token + 1


def test_of_many_takers_one_gets_it(ledger: Ledger, clock: FakeClock) -> None:
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: take(ledger, clock, "tenant"), range(16)))
    assert len([one for one in taken if one]) == 1


def test_a_silent_holder_is_taken_over_and_can_write_nothing(ledger: Ledger, clock: FakeClock) -> None:
    frozen = take(ledger, clock, "tenant")
    assert frozen is not None
    clock.advance(SECONDS - 1)
    assert take(ledger, clock, "tenant") is None
    clock.advance(1)
    assert take(ledger, clock, "tenant") is not None
    with pytest.raises(LeaseLost):
        beat(ledger, clock, frozen)
    with pytest.raises(LeaseLost), ledger.writing(frozen) as writing:
        ledger.put(writing, SecretRow, [{"name": "late", "sealed": b""}])
    with ledger.reading() as reading:
        assert reading.execute(select(SecretRow.c.name)).all() == []


def test_who_holds_a_lease_is_told_while_it_lasts_and_its_process_lives(ledger: Ledger, clock: FakeClock) -> None:
    def who(*names: str) -> str | None:
        with ledger.reading() as sql:
            return holder(sql, ledger.runtime.process, clock, *names)

    assert who("tenant") is None
    mine = take(ledger, clock, "tenant")
    assert mine is not None
    assert who("other", "tenant") == mine.holder and who("other") is None
    clock.advance(SECONDS)
    assert who("tenant") is None
    mine = take(ledger, clock, "tenant")
    assert mine is not None
    release(ledger, clock, mine)
    assert who("tenant") is None
    take(ledger, clock, "tenant")
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    with ledger.writing() as sql:
        host = mine.holder.rsplit(":", 2)[0]
        sql.execute(update(LeaseRow).values(holder=f"{host}:{ended.pid}:x"))
    assert who("tenant") is None


def test_a_stale_holder_cannot_give_back_what_another_holds(ledger: Ledger, clock: FakeClock) -> None:
    frozen = take(ledger, clock, "tenant")
    assert frozen is not None
    clock.advance(SECONDS)
    assert take(ledger, clock, "tenant") is not None
    release(ledger, clock, frozen)
    assert take(ledger, clock, "tenant") is None


def test_a_beat_keeps_it(ledger: Ledger, clock: FakeClock) -> None:
    mine = take(ledger, clock, "tenant")
    assert mine is not None
    for _ in range(3):
        clock.advance(SECONDS - 1)
        beat(ledger, clock, mine)
    assert take(ledger, clock, "tenant") is None


def test_a_busy_lease_is_waited_for_and_then_refused(ledger: Ledger, clock: FakeClock) -> None:
    began = clock.monotonic()
    with (
        held(ledger, clock, "tenant"),
        pytest.raises(Refused, match="another process"),
        held(ledger, clock, "tenant", patience=5),
    ):
        pytest.fail("held twice")
    assert 5 <= clock.monotonic() - began < 6


def test_several_are_given_back_when_one_is_busy(ledger: Ledger, clock: FakeClock) -> None:
    with held(ledger, clock, "b"), pytest.raises(Refused), held(ledger, clock, "c", "b", "a"):
        pytest.fail("held twice")
    with held(ledger, clock, "a", "b", "c", "a") as leases:
        assert [lease.name for lease in leases] == ["a", "b", "c"]


def test_the_heartbeat_runs_while_it_is_held(ledger: Ledger) -> None:
    clock, beaten = Clock(), threading.Event()

    def expires() -> object:
        with ledger.reading() as reading:
            return reading.execute(select(LeaseRow.c.expires).where(LeaseRow.c.name == "tenant")).scalar()

    with held(ledger, clock, "tenant", seconds=0.3):
        first = expires()
        for _ in range(200):
            if expires() != first:
                beaten.set()
                break
            beaten.wait(0.02)
    assert beaten.is_set()


HOLD = """
import os, sys
from tieout.api.clock import Clock
from tieout.ledger.lease import take
from tieout.ledger import Ledger
lease = take(Ledger(sys.argv[1]), Clock(), "tenant", seconds=250)
print(lease.token, flush=True)
sys.stdin.read()
os._exit(9)
"""


def test_a_process_that_died_is_taken_over_at_once(ledger: Ledger) -> None:
    command = [sys.executable, "-c", HOLD, ledger.url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdin is not None
        theirs = int(process.stdout.readline())
        assert take(ledger, Clock(), "tenant") is None
        process.stdin.close()
        assert process.wait(30) == 9
    mine = take(ledger, Clock(), "tenant")
    assert mine is not None and mine.token == theirs + 1


def test_a_holder_on_another_machine_is_given_its_time(ledger: Ledger, clock: FakeClock) -> None:
    row = {"name": "tenant", "holder": "elsewhere:1:x", "token": 4, "expires": clock.now() + timedelta(seconds=30)}
    with ledger.writing() as writing:
        ledger.put(writing, LeaseRow, [row])
    assert take(ledger, clock, "tenant") is None
    clock.advance(30)
    mine = take(ledger, clock, "tenant")
    assert mine is not None and mine.token == 5
