"""A shop and a book changed at random on both sides, with faults and crashes in between: both agree in the end."""

import os
import tempfile
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test
from machine import Machine
from world import SPEEDY, AtOnce, Office

STEPS = int(os.environ.get("TIEOUT_STEPS", "3000"))
"""How many steps the long test takes, in runs of 30; once it is set, they are others each time."""
FIELDS = {"due": "2026-12-24", "date": "2026-08-09", "total": Decimal("7.77")}


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
    _run(5, 20)


@pytest.mark.matrix
def test_it_holds_for_thousands_of_steps():
    _run(max(STEPS // 30, 1), 30)


def _converge(examples):
    @given(here=st.sets(st.sampled_from(sorted(FIELDS))), orders=st.tuples(*[st.permutations([0, 1, 2, 3])] * 2))
    @settings(max_examples=examples, deadline=None)
    def only_what_was_edited_decides(here, orders):
        assert _edited(here, orders[0]) == _edited(here, orders[1]) == FIELDS

    only_what_was_edited_decides()


def test_edits_of_different_fields_converge_in_whatever_order_they_come():
    """Both sides are edited, each in its own fields, with syncs anywhere between."""
    _converge(5)


@pytest.mark.matrix
def test_edits_converge_in_many_more_orders():
    _converge(50)


def _edited(here, order):
    with tempfile.TemporaryDirectory(dir=SPEEDY) as folder:
        office = Office(folder, threads=AtOnce())
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
