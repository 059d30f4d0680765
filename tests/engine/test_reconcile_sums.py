"""The sums of a tie-out add up in whatever state the two systems and the ledger are, against figures taken by hand."""

import tempfile
from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from tieout.engine.reconcile import tie_out
from tieout.ledger.tables import LinkRow
from world import SPEEDY, Office

CENTS = st.integers(1, 500).map(lambda cents: Decimal(cents) / 100)
DATES = st.sampled_from(["2025-12-31", "2026-07-31", "2026-08-01", "2026-09-01"])
NUMBERS = st.sampled_from(["B-1", "B-2", "B-3", "X-9"])
BILL = st.fixed_dictionaries(
    {
        "number": NUMBERS,
        "total": CENTS,
        "date": DATES,
        "party": st.sampled_from(["p1", None]),
        "standing": st.sampled_from(["live", "live", "live", "draft", "void"]),
    }
)
EDIT = st.fixed_dictionaries(
    {}, optional={"number": NUMBERS, "total": CENTS, "date": DATES, "standing": st.sampled_from(["live", "void"])}
)
WORLD = st.fixed_dictionaries(
    {
        "bills": st.lists(BILL, max_size=5),
        "here": st.lists(st.tuples(st.integers(0, 9), EDIT), max_size=3),
        "there": st.lists(st.tuples(st.integers(0, 9), EDIT), max_size=3),
        "new_here": st.lists(BILL, max_size=2),
        "new_there": st.lists(BILL, max_size=2),
        "lost_here": st.lists(st.integers(0, 9), max_size=2),
        "lost_there": st.lists(st.integers(0, 9), max_size=2),
        "forgotten": st.booleans(),
    }
)


def bring_about(office, world):
    """Sync a first state, then let both sides and the ledger drift apart."""
    office.person("p1")
    for place, bill in enumerate(world["bills"]):
        office.bill(f"b{place}", **bill)
    office.sync()
    for place, bill in enumerate(world["new_here"]):
        office.bill(f"n{place}", **bill)
    for bill in world["new_there"]:
        office.book.write("docs", "create", {**bill, "party": None})
    for side, edits, lost in (
        (office.shop.bills, world["here"], world["lost_here"]),
        (office.book.docs, world["there"], world["lost_there"]),
    ):
        for place, edit in edits:
            if side:
                side[sorted(side)[place % len(side)]].update(edit)
        for place in lost:
            if side:
                del side[sorted(side)[place % len(side)]]
    if world["forgotten"]:
        with office.ledger.writing() as sql:
            sql.execute(delete(LinkRow))


def by_month(wires):
    """Counts and totals of what stands, by month."""
    counts, totals = Counter(), Counter()
    for wire in wires:
        if wire["standing"] != "void":
            counts[wire["date"][:7]] += 1
            totals[wire["date"][:7]] += wire["total"]
    return counts, totals


def shown(lines, part):
    """Counts and totals of one column of the proof, by month."""
    counts = {line.period: getattr(line, f"{part}_count") for line in lines}
    totals = {line.period: getattr(line, f"{part}_total") for line in lines}
    return Counter(counts) + Counter(), Counter(totals) + Counter()


def test_the_sums_add_up_and_every_record_has_one_state():
    _add_up(12)


@pytest.mark.matrix
def test_the_sums_add_up_in_many_more_worlds():
    _add_up(200)


def _add_up(examples):
    settings(max_examples=examples, deadline=None)(given(world=WORLD)(_adds_up))()


def _adds_up(world):
    with tempfile.TemporaryDirectory(dir=SPEEDY) as folder:
        office = Office(folder, page=3)
        bring_about(office, world)
        told = []
        proof = tie_out(office.engine(), "main", trace=told.append)
        office.ledger.close()
    bills = [one for one in told if one.entity == "bills"]
    lines = [line for line in proof.lines if line.entity == "bills"]
    # every record of both sides, once
    assert sorted(one.source_id for one in bills if one.source_id) == sorted(office.shop.bills)
    assert sorted(one.target_id for one in bills if one.target_id) == sorted(office.book.docs)
    assert Counter(one.state for one in bills) == proof.counts.get("bills", {})
    assert [one for one in told if one.state != "matched"] == list(proof.differences)
    # the sums of either side are those that a person with a pocket calculator finds
    assert shown(lines, "source") == by_month(office.shop.bills.values())
    foreign = {one.target_id for one in bills if one.state == "foreign"}
    explained = [wire for one, wire in office.book.docs.items() if one not in foreign]
    assert shown(lines, "target") == by_month(explained)
    for state in ("held", "skipped"):
        ids = {one.source_id for one in bills if one.state == state}
        assert shown(lines, state) == by_month([wire for one, wire in office.shop.bills.items() if one in ids])
    for line in lines:
        assert line.variance == line.source_total - line.held_total - line.skipped_total - line.target_total
    # what does not add up has a name, and what has a name is not said to tie
    assert proof.ties is (not proof.unexplained())
    assert all(line.clear for line in proof.lines) or proof.unexplained()
    assert all(one.problem for one in proof.differences)
