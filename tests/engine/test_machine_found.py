"""What the machine has found: each the shortest story of a fault that was put right."""

from contextlib import suppress
from decimal import Decimal

from tieout.api.errors import OutcomeUnknown
from world import AtOnce, Office, deaths


def test_a_repeat_that_fails_says_nothing_of_the_call_before_it(tmp_path):
    office = Office(tmp_path)
    office.person("p1")
    office.sync()
    office.bill("b1", total=Decimal("3.25"))
    office.book.faults = ["late", "fail"]
    with suppress(OutcomeUnknown):
        office.sync()
    office.book.faults = []
    office.clock.wait(60)
    office.sync()
    office.clock.wait(400)
    office.sync()
    assert [doc["total"] for doc in office.docs("B-b1")] == [Decimal("3.25")]


def test_a_repeat_that_is_refused_whole_proves_nothing_about_what_was_sent_first(tmp_path):
    office = Office(tmp_path)
    office.person("p1")
    office.sync()
    office.bill("b1")
    office.bill("b2")
    # the first call is taken and worked on, the caller hears nothing, and the repeat under its key is refused whole
    office.book.faults = ["late", "refuse-big"]
    with suppress(OutcomeUnknown):
        office.sync()
    office.clock.wait(600)
    office.book.faults = []
    office.sync()
    office.sync()
    assert len(office.docs("B-b1")) == len(office.docs("B-b2")) == 1


def test_a_batch_of_a_dead_run_that_is_refused_whole_comes_to_an_end_as_well(tmp_path):
    def begun(folder):
        office = Office(folder, threads=AtOnce())
        office.person("p1")
        office.bill("b1")
        office.bill("b2")
        return office

    for moment, office in enumerate(deaths(begun, tmp_path)):
        office.book.faults = ["refuse-big"]
        with suppress(OutcomeUnknown):
            office.sync()
        # until its key has ended nobody knows what became of it; then it is looked up once more and planned anew
        office.clock.wait(400)
        office.book.faults = []
        office.sync()
        office.sync()
        assert len(office.docs("B-b1")) == len(office.docs("B-b2")) == 1, moment
    assert moment > 20
