"""The guard: a plan that takes back much is carried out only when a person approves it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tieout.rules.guard import FEW, Guard, Taken, objections
from world import Office, once


@pytest.fixture
def office(tmp_path):
    made = Office(tmp_path)
    once(made, begins)
    return made


def begins(office):
    office.person("p1")
    for one in range(12):
        office.bill(f"b{one}")
    office.sync()


def void(office, number):
    for one in range(number):
        office.bill(f"b{one}", standing="void")


def standing(office):
    return sum(1 for doc in office.book.docs.values() if doc["standing"] == "live")


def sync(office, agrees):
    asked = []
    report = office.engine().run(office.pair, lambda plan: asked.append(plan) or agrees)
    return report, asked


def test_a_few_voids_go_unasked(office):
    void(office, 2)
    report, asked = sync(office, agrees=False)
    assert (asked, report.state, standing(office)) == ([], "done", 10)


def test_many_voids_wait_for_a_person_and_go_when_one_agrees(office):
    void(office, 6)
    report, (plan,) = sync(office, agrees=False)
    assert (report.state, standing(office)) == ("planned", 12)
    assert "50 %" in plan.objections[0]
    report, _ = sync(office, agrees=True)
    assert (report.state, standing(office)) == ("done", 6)


def test_money_is_guarded_too(office):
    office.pair.guard = Guard(money=Decimal("15"))
    void(office, 2)
    report, (plan,) = sync(office, agrees=False)
    assert report.state == "planned"
    assert "20.00" in plan.objections[0]


@given(records=st.integers(0, 50), linked=st.integers(1, 200), most=st.integers(0, 50), percent=st.integers(0, 100))
def test_it_objects_exactly_beyond_what_is_set(records, linked, most, percent):
    guard = Guard(records=most, percent=percent)
    found = list(objections(guard, {"bills": Taken(records, linked, {})}))
    too_many = records > most
    too_large_a_share = records >= FEW and records / linked > percent / 100
    assert bool(found) == (too_many or too_large_a_share)
