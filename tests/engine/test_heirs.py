"""Heirs: what a person merged in the target is one record from then on, and its links follow."""

import pytest
from sqlalchemy import select
from tieout.ledger.tables import LinkRow
from world import Office


@pytest.fixture
def office(tmp_path):
    made = Office(tmp_path)
    made.person("p1", "Anna")
    made.person("p2", "Anna Smith")
    made.sync()
    return made


def party(office, name):
    (one,) = [one for one in office.book.parties.values() if one["name"] == name]
    return one["id"]


def merge(office, loser, heir):
    office.book.write("parties", "update", {"standing": "archived", "merged": heir}, loser)


def links(office):
    with office.ledger.reading() as sql:
        rows = list(sql.execute(select(LinkRow).where(LinkRow.c.entity == "people")))
    return {row.source_id: (row.target_id, row.is_primary) for row in rows}


def test_the_documents_of_a_merged_party_go_to_the_one_that_stays(office):
    loser, heir = party(office, "Anna"), party(office, "Anna Smith")
    merge(office, loser, heir)
    office.sync()
    office.bill("b1", party="p1")
    office.sync()
    (doc,) = office.docs("B-b1")
    assert doc["party"] == heir


def test_a_merge_of_a_merge_is_followed_to_its_end(office):
    office.person("p3", "Anna Smith-Jones")
    office.sync()
    first, second, third = (party(office, name) for name in ("Anna", "Anna Smith", "Anna Smith-Jones"))
    merge(office, second, third)
    office.sync()
    merge(office, first, second)
    office.sync()
    assert {target for target, _ in links(office).values()} == {third}
    assert sum(primary for _, primary in links(office).values()) == 1


def test_a_merge_overwrites_nothing_and_makes_nothing(office):
    loser, heir = party(office, "Anna"), party(office, "Anna Smith")
    merge(office, loser, heir)
    office.person("p1", "Anna B.")
    calls = len(office.book.calls)
    office.sync()
    office.sync()
    assert len(office.book.calls) == calls
    assert office.book.parties[heir]["name"] == "Anna Smith"


def test_two_merged_in_one_page_follow_each_other(office):
    office.person("p3", "Anna Smith-Jones")
    office.sync()
    first, second, third = (party(office, name) for name in ("Anna", "Anna Smith", "Anna Smith-Jones"))
    merge(office, first, second)
    merge(office, second, third)
    office.sync()
    assert {target for target, _ in links(office).values()} == {third}
