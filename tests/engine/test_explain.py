"""The story of one record: all that was read, planned, sent, answered and decided, and nothing about any other."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select, update
from tieout.api.errors import Refused
from tieout.desk.decisions import Decisions
from tieout.desk.explain import Records
from tieout.ledger.archive import VersionRow
from tieout.ledger.tables import LinkRow
from world import Office, once


@pytest.fixture
def office(tmp_path):
    office = Office(tmp_path)
    for one in range(1, 3):
        office.person(f"p{one}")
        office.bill(f"b{one}", party=f"p{one}", total=Decimal(one))
    return office


def synced(office):
    return office.sync()


def config(office):
    named = {"here": SimpleNamespace(plugin="shop"), "there": SimpleNamespace(plugin="book")}
    return SimpleNamespace(pairs={"main": office.pair}, connections=named)


def explain(office, number="B-b1", entity="bills"):
    return Records(office.ledger, config(office), office.engine()).explain("main", entity, number)


def decisions(office):
    return Decisions(office.ledger, office.clock, "ana", config(office), office.engine())


def whats(story):
    return [moment.what for moment in story.moments]


def the(story, what):
    (moment,) = [moment for moment in story.moments if moment.what == what]
    return moment


def fields(moment):
    return {one.path: (one.old, one.new) for one in moment.fields}


def later(office, minutes=5):
    office.clock.wait(minutes * 60)


def test_a_record_that_went_has_its_whole_chain_in_order(office):
    report = once(office, synced)
    story = explain(office)
    (doc,) = office.docs("B-b1")
    assert whats(story) == ["read", "planned", "approved", "sent", "answered"]
    assert [moment.at for moment in story.moments] == sorted(moment.at for moment in story.moments)
    assert (story.standing, story.target_id, story.origin) == ("linked", doc["id"], "created")
    read, planned, sent = the(story, "read"), the(story, "planned"), the(story, "sent")
    assert read.side == "source" and read.facts == {"run": report.run, "id": "b1"}
    assert planned.facts["plan"] == report.plan and fields(planned)["total"] == (None, 1)
    assert the(story, "approved").words == f"tester approved plan {report.plan}."
    assert sent.facts["idempotency_key"] in office.book.keys
    assert the(story, "answered").facts["target_id"] == doc["id"]


def test_it_is_about_this_record_alone(office):
    once(office, synced)
    text = repr(explain(office))
    assert "B-b2" not in text and office.docs("B-b2")[0]["id"] not in text


def test_the_mapping_names_what_each_value_became(office):
    once(office, synced)
    party = next(one["id"] for one in office.book.parties.values() if one["name"] == "Person p1")
    assert ("party", "Person p1", "Person p1") in [
        (one.what, one.source, one.target) for one in explain(office).mapping
    ]
    assert explain(office, "Person p1", "people").target_id == party


def test_the_mapping_names_a_record_whose_key_is_none_that_people_know(office):
    once(office, synced)
    with office.ledger.writing() as sql:  # as it is kept for an entity whose key has several fields
        sql.execute(update(LinkRow).where(LinkRow.c.entity == "people").values(target_key=None))
    assert ("party", "Person p1") in [(one.what, one.target) for one in explain(office).mapping]


def test_edits_on_either_side_are_told_with_old_and_new(office):
    once(office, synced)
    later(office)
    office.bill("b1", party="p1", total=Decimal(1), due="2026-12-01")
    office.sync()
    later(office)
    (doc,) = office.docs("B-b1")
    office.book.write("docs", "update", {"date": "2026-08-20"}, doc["id"])
    office.sync()
    edits = [moment for moment in explain(office).moments if moment.what == "edited"]
    assert [(one.side, fields(one)) for one in edits] == [
        ("source", {"due": (None, "2026-12-01")}),
        ("target", {"date": ("2026-08-01", "2026-08-20")}),
    ]


def test_the_echo_of_our_own_write_is_no_edit_of_the_target(office):
    once(office, synced)
    later(office)
    office.sync()
    assert [one.side for one in explain(office).moments if one.what in ("read", "edited")] == ["source"]


def test_what_was_taken_back_says_so(office):
    once(office, synced)
    later(office)
    office.bill("b1", party="p1", total=Decimal(1), standing="void")
    office.sync()
    story = explain(office)
    assert story.standing == "voided" and story.moments[-1].what == "answered"


def test_what_holds_it_is_told_with_cause_and_fix(office):
    office.bill("b3", party=None)
    office.sync()
    story = explain(office, "B-b3")
    assert story.standing == "held" and story.target_id is None
    (problem,) = the(story, "held").problems
    assert (problem.cause, problem.fix) == ("party-missing", "Choose one.")


def test_a_hold_that_is_over_is_still_told(office):
    office.bill("b3", party=None)
    office.sync()
    later(office)
    office.bill("b3", party="p1")
    office.sync()
    later(office)
    office.sync()
    story = explain(office, "B-b3")
    assert whats(story) == ["read", "held", "edited", "released", "planned", "sent", "answered"]
    assert the(story, "held").problems[0].cause == "party-missing" and story.standing == "linked"


def test_who_decided_what_stays_although_it_was_taken_back(office):
    office.bill("b3", party=None)
    office.sync()
    later(office)
    decisions(office).skip("main", "bills", "B-b3", "A test record.")
    later(office)
    decisions(office).unskip("main", "bills", "B-b3")
    told = [moment.words for moment in explain(office, "B-b3").moments if moment.what == "decided"]
    assert told == ["ana left it out: A test record.", "ana took its skip back."]


def test_a_lost_answer_shows_every_call(office):
    once(office, synced)
    later(office)
    office.bill("b1", party="p1", total=Decimal(5))
    office.book.faults = ["fail"]
    office.sync()
    story = explain(office)
    sent = [moment for moment in story.moments if moment.what == "sent"]
    assert [moment.facts["op"] for moment in sent] == ["create", "update", "update"]
    assert len({moment.facts["idempotency_key"] for moment in sent}) == 3
    assert whats(story).count("answered") == 2


def test_a_refusal_is_told_in_the_targets_words(office):
    write = office.book.write
    office.book.write = lambda kind, *given: (None, "Not today.") if kind == "docs" else write(kind, *given)
    office.sync()
    story = explain(office)
    answered = the(story, "answered")
    assert "rejected" in answered.words and answered.problems[0].what == "Not today."
    assert story.standing == "held" and the(story, "held").facts["tries"] == 1


def test_a_deletion_in_the_source_is_told(office):
    office = Office(office.folder / "other", entities=("people", "bills", "payments"))
    office.person("p1")
    office.bill("b1", paid={"1": {"date": "2026-08-02", "amount": Decimal("4.00")}})
    office.sync()
    later(office)
    office.bill("b1", paid={})
    office.sync()
    story = explain(office, "b1/1", "payments")
    assert the(story, "gone").side == "source"
    assert [moment.facts["op"] for moment in story.moments if moment.what == "planned"] == ["create", "void"]


@pytest.mark.parametrize("number", ["B-b1", "b1", "target"])
def test_it_is_found_by_number_and_by_the_id_on_either_side(office, number):
    once(office, synced)
    number = office.docs("B-b1")[0]["id"] if number == "target" else number
    assert explain(office, number).source_id == "b1"


def test_what_nobody_knows_is_refused(office):
    once(office, synced)
    with pytest.raises(Refused, match="no B-77 among bills"):
        explain(office, "B-77")
    with pytest.raises(Refused, match="no app letters"):
        explain(office, "B-b1", "letters")


def test_no_call_is_made(office):
    once(office, synced)
    ready = office.ready
    office.ready = lambda name: replace(ready(name), http=None)
    office.plugins.facade.fetch = office.plugins.facade.find = None
    assert explain(office).standing == "linked"


def test_versions_are_compressed_and_kept_for_as_long_as_the_pair_says(office):
    office.pair.keep = timedelta(days=10)
    office.bill("b1", party="p1", total=Decimal(1), note="ninety times " * 90)
    office.sync()
    kept = select(func.max(func.length(VersionRow.c.wire))).where(VersionRow.c.resource == "bills")
    with office.ledger.reading() as sql:
        assert sql.execute(kept).scalar() < 300
    later(office, 9 * 24 * 60)
    office.bill("b1", party="p1", total=Decimal(1), due="2026-12-01")
    office.sync()
    assert whats(explain(office)).count("read") == 1
    later(office, 2 * 24 * 60)
    office.sync()
    story = explain(office)
    assert "edited" not in whats(story) and whats(story).count("read") == 1
    assert whats(story).count("planned") == 2


def test_an_answer_that_was_lost_is_told_once_it_was_looked_up(office):
    office.batch = 1
    office.sync()
    office.book.faults = ["drop-after"]
    office.bill("b3", total=Decimal(3))
    office.sync()
    story = explain(office, "B-b3")
    assert whats(story) == ["read", "planned", "sent", "answered"]
    assert the(story, "answered").facts["target_id"] == office.docs("B-b3")[0]["id"]
