"""What the machine has found: each the shortest story of a fault that was put right."""

from decimal import Decimal

from tieout.errors import OutcomeUnknown
from world import Office


def test_a_repeat_that_fails_says_nothing_of_the_call_before_it(tmp_path):
    office = Office(tmp_path)
    office.person("p1")
    office.sync()
    office.bill("b1", total=Decimal("3.25"))
    office.book.faults = ["late", "fail"]
    try:
        office.sync()
    except OutcomeUnknown:
        pass
    office.book.faults = []
    office.clock.wait(60)
    office.sync()
    office.clock.wait(400)
    office.sync()
    assert [doc["total"] for doc in office.docs("B-b1")] == [Decimal("3.25")]
