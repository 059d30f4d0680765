"""What arrives late and is changed by somebody before anyone looks is never sent a second time."""

from decimal import Decimal

import pytest
from world import AtOnce, Office, deaths


def left_under_way(folder):
    """An office whose process died while the book was still working on its bill."""

    def begun(folder):
        office = Office(folder, threads=AtOnce())
        office.person("p1")
        office.sync()
        office.bill("b1")
        office.book.faults = ["late"]
        return office

    return next(office for office in deaths(begun, folder, pause=0) if office.book.pending)


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
