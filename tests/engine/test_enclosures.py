"""Enclosures: attachments and a note go along with what Tieout made, once, and never stop the document."""

from types import SimpleNamespace

import pytest
from world import AtOnce, Office, deaths

ASKED = SimpleNamespace(attachments=True, history_note=True)


def made(folder, **given):
    office = Office(folder, **given)
    office.pair.flows["bills"] = ASKED
    office.person("p1")
    office.files = {"b1": {"scan.pdf": "scan", "tool.exe": "no"}}
    office.bill("b1")
    return office


@pytest.fixture
def office(tmp_path):
    return made(tmp_path)


def test_files_and_a_note_go_along_with_a_new_document_once(office):
    office.sync()
    (doc,) = office.docs("B-b1")
    office.sync()
    assert office.attached == [(doc["id"], "scan.pdf", b"scan")]
    ((noted, text),) = office.notes
    assert noted == doc["id"]
    assert "Shop" in text
    assert "UTC" in text


def test_what_the_target_does_not_take_is_told_and_stops_nothing(office):
    report = office.sync()
    assert report.counts["bills"].done == 1
    (group,) = [one for one in report.holds if one.problem.cause == "file-refused"]
    assert (group.kind, group.examples) == ("note", ("B-b1",))


def test_a_new_file_goes_with_the_next_change(office):
    office.sync()
    office.files["b1"]["more.pdf"] = "more"
    office.clock.wait(60)
    office.bill("b1", due="2026-09-09")
    office.sync()
    assert [name for _, name, _ in office.attached] == ["scan.pdf", "more.pdf"]
    assert len(office.notes) == 1


def test_nothing_goes_along_unless_it_is_asked_for(tmp_path):
    office = Office(tmp_path)
    office.person("p1")
    office.files = {"b1": {"scan.pdf": "scan"}}
    office.bill("b1")
    office.sync()
    assert (office.attached, office.notes) == ([], [])


def test_a_crash_at_any_moment_loses_no_file_and_doubles_no_note(tmp_path):
    for moment, office in enumerate(deaths(lambda folder: made(folder, threads=AtOnce()), tmp_path)):
        office.sync()
        assert {name for _, name, _ in office.attached} == {"scan.pdf"}, moment
        assert len(office.notes) <= 1, moment
    assert moment > 20
