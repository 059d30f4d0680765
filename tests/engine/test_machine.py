"""A shop and a book changed at random on both sides, with faults and crashes in between: both agree in the end."""

import os
import tempfile
from concurrent.futures import Executor, Future
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test
from machine import SPEEDY, Machine
from world import Office

STEPS = int(os.environ.get("TIEOUT_STEPS", "3000"))
"""How many steps the long test takes, in runs of 30; once it is set, they are others each time."""
FIELDS = {"due": "2026-12-24", "date": "2026-08-09", "total": Decimal("7.77")}


class AtOnce(Executor):
    """Does what it is given at once: with threads the same steps would meet a crash at another place each time."""

    def __init__(self, max_workers):
        self.workers = max_workers

    def submit(self, work, *given):
        future = Future()
        try:
            future.set_result(work(*given))
        except BaseException as error:
            future.set_exception(error)
        return future


@pytest.fixture(autouse=True)
def in_one_thread(monkeypatch):
    for module in ("engine", "outbox"):
        monkeypatch.setattr(f"tieout.engine.{module}.ThreadPoolExecutor", AtOnce)


def _run(runs, steps):
    told = settings(
        max_examples=runs,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        # the same steps for the same code, so that what a change breaks is what the change is to blame for
        derandomize="TIEOUT_STEPS" not in os.environ,
    )
    run_state_machine_as_test(Machine, settings=told)


def test_whatever_happens_both_sides_agree_in_the_end():
    _run(15, 20)


@pytest.mark.matrix
def test_it_holds_for_thousands_of_steps():
    _run(max(STEPS // 30, 1), 30)


@given(here=st.sets(st.sampled_from(sorted(FIELDS))), orders=st.tuples(*[st.permutations([0, 1, 2, 3])] * 2))
@settings(max_examples=15, deadline=None)
def test_edits_of_different_fields_converge_in_whatever_order_they_come(here, orders):
    """Both sides are edited, each in its own fields, with syncs anywhere between: only what was edited decides."""
    assert _edited(here, orders[0]) == _edited(here, orders[1]) == FIELDS


def _edited(here, order):
    with tempfile.TemporaryDirectory(dir=SPEEDY) as folder:
        office = Office(folder)
        office.person("p1")
        office.bill("b1", due="2026-11-11")
        office.sync()
        (doc,) = office.docs("B-b1")
        ours, theirs = ({name: FIELDS[name] for name in names} for names in (here, FIELDS.keys() - here))
        edits = (
            lambda: office.shop.write("bills", "b1", **ours),
            lambda: office.book.write("docs", "update", theirs, doc["id"]),
            office.sync,
            office.sync,
        )
        for place in order:
            edits[place]()
        office.sync()
        report = office.sync()
        office.ledger.close()
        assert report.counts["bills"].planned == 0 and report.holds == ()
        return {name: office.book.docs[doc["id"]][name] for name in FIELDS}
