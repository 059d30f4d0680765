"""What arrives late and is changed by somebody before anyone looks is never sent a second time."""

from decimal import Decimal

import pytest
from world import Office


def left_under_way(folder):
    """An office whose process died while the book was still working on its bill."""
    for moment in range(1, 200):
        (folder / str(moment)).mkdir()
        office = Office(folder / str(moment))
        office.person("p1")
        office.sync()
        office.bill("b1")
        office.book.faults = ["late"]
        office.sync_and_die_at(moment, pause=0)
        if office.book.pending:
            return office
        office.ledger.close()
    raise AssertionError("no moment leaves the bill under way")


@pytest.mark.parametrize("change", [{"total": Decimal("99.00")}, {"standing": "void"}])
def test_a_late_record_that_somebody_changed_is_not_doubled(tmp_path, change):
    office = left_under_way(tmp_path)
    office.clock.wait(60)
    office.book.catch_up()
    (doc,) = office.docs("B-b1")
    office.book.write("docs", "update", change, doc["id"])
    # the book fails and is done with it when it is asked again under the same key: now only a look-up protects
    office.book.faults = ["fail", "fail"]
    for _ in range(3):
        office.sync()
    assert len(office.docs("B-b1")) == 1
