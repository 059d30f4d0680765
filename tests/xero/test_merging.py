"""Contacts that were merged in Xero: their documents go to the contact that stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tieout.api.contract import Connection, Terms
from tieout.api.errors import Rejected
from tieout.api.model import Document, Party, Ref
from tieout.api.work import Key
from tieout_xero import XERO, fetch, find, merging
from tieout_xero.contacts import lower
from tieout_xero.documents import INVOICE, ORDER
from tieout_xero.wire import NO_ID

from .conftest import Xero, guid

CONTACTS = XERO.resource("Contacts")


def contact(number: int, into: str | None = None) -> dict[str, Any]:
    status = "ACTIVE" if into is None else "ARCHIVED"
    row = {"ContactID": guid(number), "Name": f"C{number}", "ContactStatus": status, "UpdatedDateUTC": "/Date(1)/"}
    return row if into is None else row | {"MergedToContactID": into}


def sent(terms: Terms, number: str) -> str:
    party: Ref[str] = Ref(entity="customers", side="target", id=number)
    document = Document(number="7", party=party, date=date(2026, 11, 3), total=Decimal(0))
    bodies = [form.lower(document, terms, None) for form in (INVOICE, ORDER)]
    (reached,) = {body["Contact"]["ContactID"] for body in bodies}
    return str(reached)


def test_documents_follow_a_merge_and_a_merge_of_that(
    xero: Xero, connection: Connection, terms: Callable[..., Terms]
) -> None:
    xero.lists["Contacts"] = [contact(1, guid(2)), contact(2, guid(3)), contact(3), contact(4)]
    fetch(connection, CONTACTS, None)
    given = terms({"Type": "ACCREC"}, memory=connection.memory)
    assert [sent(given, guid(number)) for number in (1, 2, 3, 4)] == [guid(3), guid(3), guid(3), guid(4)]
    assert sent(given, "\u27e8a marker\u27e9 ") == "\u27e8a marker\u27e9 "


def test_what_was_read_once_is_known_in_later_runs(
    xero: Xero, connection: Connection, terms: Callable[..., Terms]
) -> None:
    xero.lists["Contacts"] = [contact(1, guid(2)), contact(2)]
    fetch(connection, CONTACTS, None)
    xero.lists["Contacts"] = [contact(5, guid(2))]
    fetch(connection, CONTACTS, None)
    given = terms({"Type": "ACCREC"}, memory=connection.memory)
    assert [sent(given, guid(number)) for number in (1, 5)] == [guid(2), guid(2)]


def test_nothing_is_remembered_when_nothing_was_merged(xero: Xero, connection: Connection) -> None:
    xero.lists["Contacts"] = [contact(1), contact(2, ""), contact(3, NO_ID), contact(4, guid(4))]
    fetch(connection, CONTACTS, None)
    assert connection.memory == {}


def test_a_circle_of_merges_ends(xero: Xero, connection: Connection, terms: Callable[..., Terms]) -> None:
    xero.lists["Contacts"] = [contact(1, guid(2)), contact(2, guid(1))]
    fetch(connection, CONTACTS, None)
    assert sent(terms({"Type": "ACCREC"}, memory=connection.memory), guid(1)) in (guid(1), guid(2))


def test_a_merged_contact_is_found_and_not_changed(xero: Xero, connection: Connection, sales: Terms) -> None:
    xero.lists["Contacts"] = [contact(1, guid(2)), contact(2)]
    key = Key("id", guid(1))
    (wire,) = (find(connection, CONTACTS, [key]) or {})[key]
    with pytest.raises(Rejected) as caught:
        lower(Party(name="C1"), sales, wire)
    assert [(problem.cause, problem.about) for problem in caught.value.problems] == [("merged-in-target", guid(2))]


def test_a_merged_contact_is_told_with_the_name_of_the_one_that_stays(
    xero: Xero, connection: Connection, terms: Callable[..., Terms]
) -> None:
    xero.lists["Contacts"] = [contact(1, guid(2)), contact(2, guid(3)), contact(3)]
    fetch(connection, CONTACTS, None)
    with pytest.raises(Rejected) as caught:
        lower(Party(name="C1"), terms(memory=connection.memory), contact(1, guid(2)))
    (problem,) = caught.value.problems
    assert (problem.cause, problem.about) == ("merged-in-target", "C3")
    assert all("C3" in words for words in (problem.what, problem.why, problem.fix))


def test_a_name_that_the_page_does_not_tell_is_asked_for_once(xero: Xero, connection: Connection) -> None:
    page = [contact(1, guid(2)), contact(4, guid(5))]
    for _ in range(2):
        xero.answer(200, {"Contacts": page})
        xero.lists["Contacts"] = [contact(2)]
        fetch(connection, CONTACTS, None)
    assert [call.params.get("IDs") for call in xero.calls] == [None, f"{guid(2)},{guid(5)}", None]
    assert merging.called(guid(2), connection.memory) == "C2"
    assert merging.called(guid(5), connection.memory) == guid(5)
