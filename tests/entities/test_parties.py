"""Customers, contacts and suppliers: what is sent, under what name, and what is held."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tieout.api.contract import Entity, Settings
from tieout.api.model import Party
from tieout_entities.contacts import CONTACTS
from tieout_entities.customers import CUSTOMERS
from tieout_entities.suppliers import SUPPLIERS
from tieout_entities.text import tidy

PARTIES = (CUSTOMERS, CONTACTS, SUPPLIERS)
by_name = pytest.mark.parametrize("entity", PARTIES, ids=lambda entity: entity.name)


def party(**fields: Any) -> Party:
    return Party(**{"name": "Acme Pty Ltd", **fields})


@by_name
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("  Acme   Pty\tLtd ", "Acme Pty Ltd"),
        ("Acme\nPty\r\nLtd", "Acme Pty Ltd"),
        ("Acme\u00a0Pty Ltd\u200b", "Acme Pty Ltd"),
        ("Müller & Söhne <GmbH> 🛠", "Müller & Söhne <GmbH> 🛠"),
    ],
)
def test_names_are_sent_as_people_mean_them(entity: Entity, written: str, meant: str) -> None:
    assert entity.prepare(party(name=written), Settings()).name == meant


def test_a_family_emoji_keeps_its_joiners() -> None:
    assert tidy("Toys \U0001f468\u200d\U0001f469\u200d\U0001f467") == "Toys \U0001f468\u200d\U0001f469\u200d\U0001f467"


@given(st.text())
def test_tidying_twice_changes_nothing_more(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)


def test_a_person_without_a_full_name_is_called_by_first_and_last_name() -> None:
    person = party(name=" ", first_name=" Ana ", last_name="Reyes")
    assert CONTACTS.prepare(person, Settings()).name == "Ana Reyes"


@by_name
def test_a_party_without_a_name_is_held(entity: Entity) -> None:
    nameless = entity.prepare(party(name=" \u200b "), Settings())
    assert [problem.cause for problem in entity.check(nameless, Settings())] == ["name-missing"]


@by_name
@pytest.mark.parametrize("standing", ["archived", "void"])
def test_what_is_out_of_use_in_the_source_is_skipped_with_a_reason(entity: Entity, standing: str) -> None:
    reason = entity.skip(party(standing=standing), Settings())
    assert reason is not None
    assert "source" in reason


@by_name
def test_what_is_in_use_goes(entity: Entity) -> None:
    live = entity.prepare(party(), Settings())
    assert entity.skip(live, Settings()) is None
    assert list(entity.check(live, Settings())) == []


def test_a_person_is_recognised_by_email_and_name_together() -> None:
    assert CONTACTS.key == ("email", "name")


@by_name
def test_terms_and_currency_belong_to_the_target(entity: Entity) -> None:
    assert set(entity.target_owns) == {"terms", "currency"}


def test_each_entity_has_a_letter_of_its_own() -> None:
    letters = [entity.letter for entity in PARTIES]
    assert letters == ["C", "P", "S"]
