"""Stored plans: read field by field, carried out once as they were shown, and only for as long as they hold."""

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from tieout.api.contract import Tenant
from tieout.api.errors import Refused
from tieout.desk.plans import PAGE, Plans
from world import Crash, Office, once


@pytest.fixture
def office(tmp_path):
    office = Office(tmp_path)
    for one in range(1, 4):
        office.person(f"p{one}")
        office.bill(f"b{one}", party=f"p{one}", total=Decimal(one))
    return office


def synced(office):
    return office.sync()


def plans(office, allowed=None, used=0):
    connections = SimpleNamespace(
        open=office.ready, allowed=lambda name: allowed, usage=lambda name: SimpleNamespace(used=used)
    )
    named = {"here": SimpleNamespace(plugin="shop"), "there": SimpleNamespace(plugin="book")}
    config = SimpleNamespace(pairs={"main": office.pair}, connections=named)
    return Plans(office.ledger, config, office.plugins, connections)


def changes(office, number, **given):
    return {one.label: one for one in plans(office).changes("main", number, **given).changes}


def fields(change):
    return {one.path: (one.old, one.new) for one in change.fields}


def test_a_new_record_is_shown_with_all_its_fields_and_money(office):
    plan = office.engine().plan(office.pair)
    shown = changes(office, plan.id)
    bill = shown["B-b2"]
    assert (bill.entity, bill.op, bill.amount, bill.state) == ("bills", "create", Decimal(2), "planned")
    assert fields(bill)["number"] == (None, "B-b2") and fields(bill)["total"] == (None, 2)
    assert fields(bill)["party"] == (None, "Person p2")
    assert set(shown) == {"Person p1", "Person p2", "Person p3", "B-b1", "B-b2", "B-b3"}
    assert set(changes(office, plan.id, entity="people")) == {"Person p1", "Person p2", "Person p3"}


def test_an_edit_is_shown_as_old_and_new_and_nothing_else(office):
    once(office, synced)
    office.bill("b1", party="p1", total=Decimal("7.50"), due="2026-12-01")
    shown = changes(office, office.engine().plan(office.pair).id)
    assert list(shown) == ["B-b1"] and shown["B-b1"].op == "update"
    told = fields(shown["B-b1"])
    assert told.pop("total") == (1, Decimal("7.50")) and told.pop("due") == (None, "2026-12-01")
    assert {path.partition(".")[0] for path in told} == {"lines"}


def test_what_only_the_target_changed_is_not_in_the_plan_of_an_edit(office):
    once(office, synced)
    (doc,) = office.docs("B-b1")
    office.book.write("docs", "update", {"due": "2026-12-24"}, doc["id"])
    office.bill("b1", party="p1", total=Decimal(1), date="2026-08-09")
    (shown,) = changes(office, office.engine().plan(office.pair).id).values()
    assert fields(shown) == {"date": ("2026-08-01", "2026-08-09")}


def test_a_void_is_shown_as_one(office):
    once(office, synced)
    office.bill("b1", party="p1", total=Decimal(1), standing="void")
    (shown,) = changes(office, office.engine().plan(office.pair).id).values()
    assert shown.op == "void" and fields(shown) == {"standing": (None, "void")}


def test_pages_of_changes_hold_each_change_once(office):
    for one in range(PAGE):
        office.person(f"q{one:02}")
    number = office.engine().plan(office.pair).id
    found = [plans(office).changes("main", number, page=page) for page in (1, 2, 3)]
    labels = [change.label for page in found for change in page.changes]
    assert len(labels) == len(set(labels)) == found[0].total == PAGE + 6
    assert [len(page.changes) for page in found] == [PAGE, 6, 0] and found[0].pages == 2


def test_a_plan_tells_its_calls_and_sums_from_the_ledger_alone(office):
    made = office.engine().plan(office.pair)
    read = plans(office).plan("main", made.id)
    assert (read.operations, read.amounts, read.calls, read.live) == (
        {"people": {"create": 3}, "bills": {"create": 3}},
        {"": Decimal(6)},
        2,
        False,
    )
    assert read.question() == "Send 3 people, 3 bills ( 6.00) to Book?"
    assert read.counts == made.counts


def test_plans_are_listed_newest_first_with_who_approved_them(office):
    first = office.engine().plan(office.pair).id
    second = office.engine().plan(office.pair).id
    office.engine().apply(office.pair, second)
    listed = plans(office).newest("main")
    assert [(one.id, one.state, one.approved_by) for one in listed] == [
        (second, "applied", "tester"),
        (first, "superseded", None),
    ]
    assert listed[0].approved_at is not None and listed[0].approved_at <= office.clock.now()


def test_a_run_that_nobody_was_asked_about_is_approved_by_nobody(office):
    first = office.sync().plan
    office.bill("b1", party="p1", total=Decimal(9))
    second = office.sync().plan
    assert plans(office).plan("main", first).approved_by == "tester"
    assert plans(office).plan("main", second).approved_by is None


def test_a_plan_expires(office):
    number = office.engine().plan(office.pair).id
    assert plans(office).plan("main", number).expires == office.clock.now() + timedelta(hours=24)
    office.clock.wait(24 * 3600)
    with pytest.raises(Refused, match="expired"):
        office.engine().apply(office.pair, number)
    assert office.book.docs == {} and plans(office).plan("main", number).approved_by is None


def test_the_pair_says_when_its_plans_expire(office):
    office.pair.plans_expire = timedelta(days=3)
    number = office.engine().plan(office.pair).id
    office.clock.wait(48 * 3600)
    assert office.engine().apply(office.pair, number).counts["bills"].created == 3


def test_a_plan_that_was_cut_off_goes_on_after_its_time(office):
    number = office.engine().plan(office.pair).id
    moments = []

    def tick(where):
        moments.append(where)
        if moments.count("before push") == 2:
            raise Crash(where)

    office.tick = tick
    with pytest.raises(Crash):
        office.engine().apply(office.pair, number)
    assert len(office.book.parties) == 3 and office.book.docs == {}
    del office.tick
    office.clock.wait(25 * 3600)
    assert plans(office).plan("main", number).state == "applying"
    assert office.engine().apply(office.pair, number).state == "done"
    assert len(office.book.parties) == 3 and len(office.book.docs) == 3


def test_only_the_record_that_moved_is_left_for_the_next_plan(office):
    number = office.engine().plan(office.pair).id
    office.bill("b2", party="p2", total=Decimal("99"))
    report = office.engine().apply(office.pair, number)
    assert (report.counts["bills"].created, report.counts["bills"].stale) == (2, 1)
    moved = changes(office, number)["B-b2"]
    assert moved.state == "stale" and [problem.cause for problem in moved.problems] == ["moved"]
    assert office.docs("B-b2") == []
    assert office.sync().counts["bills"].created == 1
    assert office.docs("B-b2")[0]["total"] == Decimal("99")


def test_another_configuration_refuses_the_whole_plan(office):
    number = office.engine().plan(office.pair).id
    engine = office.engine()
    engine.plugins.bindings["bills", "book"] = replace(
        engine.plugins.bindings["bills", "book"], constants={"kind": "bill"}
    )
    with pytest.raises(Refused, match="other terms"):
        engine.apply(office.pair, number)
    assert office.book.docs == {}


def test_another_process_finds_the_same_terms():
    """A plan is made by one process and carried out by another: sets have another order there."""
    terms = (
        "from types import MappingProxyType as M\n"
        "from tieout.api.contract import Settings, Tenant, Terms\n"
        "from tieout.api.model import Account\n"
        "account = Account(id='1', name='Sales', roles=frozenset({'sales', 'payment', 'inventory', 'purchase'}))\n"
        "print(Terms('bills', {}, Settings(), Settings(), None, Tenant('1', 'One'), {'accounts': (account,)},"
        " M({'seen': {'b': [1], 'a': 2}})).digest())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", terms], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(told) == 1


def test_another_organisation_refuses_the_whole_plan(office):
    number = office.engine().plan(office.pair).id
    ready = office.ready
    office.ready = lambda name: (
        replace(ready(name), tenant=Tenant("book-2", "Other")) if name == "there" else ready(name)
    )
    with pytest.raises(Refused, match="another organisation"):
        office.engine().apply(office.pair, number)
    assert office.book.docs == {}


@pytest.mark.parametrize("state", ["applied", "superseded"])
def test_a_plan_is_carried_out_once_and_only_the_newest(office, state):
    number = office.engine().plan(office.pair).id
    if state == "applied":
        office.engine().apply(office.pair, number)
    else:
        office.engine().plan(office.pair)
    with pytest.raises(Refused, match=f"plan {number} is {state}"):
        office.engine().apply(office.pair, number)


def test_an_unknown_plan_is_refused(office):
    for ask in (plans(office).plan, plans(office).changes):
        with pytest.raises(Refused, match="there is no plan 77"):
            ask("main", 77)


@pytest.mark.parametrize(
    ("allowed", "used", "calls", "fits", "days"),
    [
        (None, 900, 10_000, True, 1),
        (1000, 900, 100, True, 1),
        (1000, 900, 101, False, 2),
        (1000, 1000, 10, False, 1),
        (1000, 1200, 2500, False, 3),
        (1000, 400, 2700, False, 4),
    ],
)
def test_the_days_quota_is_told_before_anything_is_sent(office, allowed, used, calls, fits, days):
    told = plans(office, allowed, used).forecast("main", calls)
    assert (told.fits, told.days) == (fits, days)
