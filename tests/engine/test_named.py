"""A record that names its own counterpart is linked to it: another program has linked the two before."""

import pytest
from world import Office


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path)


def there(office, name, **values):
    wire, _ = office.book.write("parties", "create", {"name": name, "external": None, **values})
    return wire["id"]


def test_what_another_program_linked_is_adopted_whatever_it_is_called_now(office):
    other = there(office, "Anna of old")
    office.person("p1", "Anna", known=other)
    report = office.sync()
    assert report.counts["people"].linked == 1
    assert [one["name"] for one in office.book.parties.values()] == ["Anna of old"]


def test_a_name_that_stands_nowhere_is_no_counterpart(office):
    office.person("p1", "Anna", known="parties-99")
    assert office.sync().counts["people"].created == 1


def test_what_is_linked_already_is_not_linked_a_second_time(office):
    other = there(office, "Anna")
    office.person("p1", "Anna", known=other)
    office.sync()
    office.person("p2", "Berta", known=other)
    report = office.sync()
    assert (report.counts["people"].created, len(office.book.parties)) == (1, 2)


def test_what_is_named_later_changes_nothing(office):
    office.person("p1", "Anna")
    office.sync()
    (mine,) = office.book.parties
    office.person("p1", "Anna", known=mine)
    calls = len(office.book.calls)
    office.sync()
    assert len(office.book.calls) == calls
