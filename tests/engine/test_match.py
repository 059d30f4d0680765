"""Matching: who is recognised, who is a question, and who is new."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tieout.api.contract import Entity, Resource
from tieout.api.model import Address, Document, Item, Party, Ref
from tieout.rules.match import Candidate, Proposal, choose, external, keys, normal, proposals, renamed
from tieout.rules.questions import Answers, name_mark

CUSTOMERS = Entity(name="customers", title="Customers", model=Party, letter="C", key=("name",))
PEOPLE = Entity(name="contacts", title="Contacts", model=Party, letter="P", key=("email", "name"))
BILLS = Entity(
    name="supplier-invoices",
    title="Supplier invoices",
    model=Document,
    letter="B",
    key=("number", "party"),
    agrees=("total", "date"),
)


def _never(*given):
    raise AssertionError("not used here")


CONTACTS = Resource(name="Contacts", type=Party, lift=_never, lower=_never, id=("id",), unique=("name",))
DOCUMENTS = Resource(name="Bills", type=Document, lift=_never, lower=_never, id=("id",))


def found_for(entity, resource, wanted, *candidates):
    found = {}
    for name, value in keys(wanted, entity, resource).items():
        alike = [one for one in candidates if keys(one.record, entity, resource).get(name) == value]
        if alike:
            found[name] = alike
    return choose(entity, resource, "1", wanted, found)


def test_nothing_alike_is_new():
    match = found_for(CUSTOMERS, CONTACTS, Party(name="Acme"), Candidate(Party(name="Bolt"), target_id="t"))
    assert match.adopt is None and match.problems == ()


def test_our_own_number_is_certain_even_under_another_name():
    ours = Candidate(Party(name="Renamed", external="90001-C-1"), target_id="t")
    match = found_for(CUSTOMERS, CONTACTS, Party(name="Acme", external="90001-C-1"), ours)
    assert match.adopt is ours and match.ours


@pytest.mark.parametrize("name", ["ACME  Pty", " acme pty ", "Ａcme Pty"])
def test_names_match_in_spite_of_case_blanks_and_width(name):
    there = Candidate(Party(name=name), target_id="t")
    assert found_for(CUSTOMERS, CONTACTS, Party(name="Acme Pty"), there).adopt is there


def test_two_of_one_name_in_the_target_ask():
    twice = [Candidate(Party(name="Acme"), target_id=one) for one in "ab"]
    assert found_for(CUSTOMERS, CONTACTS, Party(name="Acme"), *twice).problems[0].cause == "several-matches"


def test_one_linked_to_another_customer_asks():
    taken = Candidate(Party(name="Acme"), target_id="t", linked=(("customers", "99"),))
    assert found_for(CUSTOMERS, CONTACTS, Party(name="Acme"), taken).problems[0].cause == "same-key"


def test_two_of_one_name_in_the_same_plan_are_twins():
    other = Candidate(Party(name="Acme"), planned=("customers", "99"))
    match = found_for(CUSTOMERS, CONTACTS, Party(name="Acme"), other)
    assert match.twin == ("customers", "99") and match.problems[0].cause == "same-key"


def test_a_supplier_that_is_a_customer_shares_the_contact():
    suppliers = replace(CUSTOMERS, name="suppliers", title="Suppliers", letter="S")
    customer = Candidate(Party(name="Acme"), planned=("customers", "99"))
    assert found_for(suppliers, CONTACTS, Party(name="ACME"), customer).adopt is customer


def test_a_person_is_never_linked_by_name_alone():
    company = Candidate(Party(name="Ana Reyes"), target_id="t")
    match = found_for(PEOPLE, CONTACTS, Party(name="Ana Reyes", email="ana@acme.example"), company)
    assert match.adopt is None and match.problems[0].cause == "name-taken"


def test_a_person_is_linked_by_address_and_name():
    same = Candidate(Party(name="Ana Reyes", email="ANA@acme.example"), target_id="t")
    assert found_for(PEOPLE, CONTACTS, Party(name="Ana Reyes", email="ana@acme.example"), same).adopt is same


def test_an_archived_counterpart_asks():
    gone = Candidate(Party(name="Acme", standing="archived"), target_id="t")
    assert found_for(CUSTOMERS, CONTACTS, Party(name="Acme"), gone).problems[0].cause == "archived-in-target"


def bill(total="80.00", party="s", **given):
    return Document(
        number="SI-1",
        party=Ref(entity="p", side="target", id=party),
        date=date(2026, 8, 1),
        total=Decimal(total),
        **given,
    )


def test_a_bill_that_agrees_is_linked():
    same = Candidate(bill("80.0"), target_id="t")
    assert found_for(BILLS, DOCUMENTS, bill(), same).adopt is same


def test_a_bill_of_that_number_with_another_total_asks():
    other = Candidate(bill("81.00"), target_id="t")
    assert found_for(BILLS, DOCUMENTS, bill(), other).problems[0].cause == "number-taken"


def test_the_same_number_from_another_supplier_is_another_bill():
    other = Candidate(bill(party="x"), target_id="t")
    match = found_for(BILLS, DOCUMENTS, bill(), other)
    assert match.adopt is None and match.problems == ()


def test_a_voided_number_counts_as_taken():
    gone = Candidate(bill(standing="void"), target_id="t")
    assert found_for(BILLS, DOCUMENTS, bill(), gone).problems[0].cause == "void-in-target"


@given(st.text(), st.text())
def test_normalising_twice_changes_nothing_and_ignores_outer_blanks(name, other):
    assert normal(f"  {name} ") == normal(normal(name))
    if normal(name) != normal(other):
        assert name != other


@given(st.text(min_size=1, max_size=80), st.text(min_size=1, max_size=80))
def test_external_numbers_fit_and_differ(tenant, one):
    number = external(tenant, CUSTOMERS, one)
    assert len(number) <= 50 and number == external(tenant, CUSTOMERS, one)
    assert number != external(tenant, CUSTOMERS, one + "x")
    assert number != external(tenant, PEOPLE, one)


def party(**given):
    return Party(**{"name": "Harbour Cafe", **given})


@pytest.mark.parametrize(("field", "value"), [("number", "C-77"), ("tax_number", "53 004 085 616")])
def test_an_account_or_tax_number_links_in_spite_of_another_name(field, value):
    same = Candidate(party(name="HC Holdings", **{field: value}), target_id="t")
    assert found_for(CUSTOMERS, CONTACTS, party(**{field: value}), same).adopt is same


def test_the_account_number_goes_before_the_tax_number_and_both_before_the_name():
    numbered = Candidate(party(name="A", number="7"), target_id="a")
    taxed = Candidate(party(name="B", tax_number="99"), target_id="b")
    named = Candidate(party(), target_id="c")
    wanted = party(number="7", tax_number="99")
    assert found_for(CUSTOMERS, CONTACTS, wanted, taxed, named, numbered).adopt is numbered
    assert found_for(CUSTOMERS, CONTACTS, wanted, named, taxed).adopt is taxed
    assert found_for(CUSTOMERS, CONTACTS, wanted, named).adopt is named


@pytest.mark.parametrize("name", ["Harbour Café", "Cafe Harbour", "Harbour Cafe Ltd"])
def test_an_address_with_a_similar_name_links(name):
    same = Candidate(party(name=name, email="office@harbour.example"), target_id="t")
    assert found_for(CUSTOMERS, CONTACTS, party(email="Office@Harbour.example"), same).adopt is same


def test_an_address_with_another_name_asks_with_score_and_reasons():
    other = Candidate(party(name="Jetty Consulting", email="office@harbour.example"), target_id="t")
    match = found_for(CUSTOMERS, CONTACTS, party(email="office@harbour.example"), other)
    assert match.adopt is None and match.problems[0].cause == "weak-match"
    (suggestion,) = match.question.suggestions
    assert (match.question.kind, suggestion.target_id, suggestion.label) == ("match", "t", "Jetty Consulting")
    assert suggestion.score < 85 and "same e-mail address" in suggestion.reasons
    assert {"link", "create", "skip"} == set(match.question.options)


def test_several_with_one_number_are_a_list_to_review():
    twice = [Candidate(party(name=name, number="7"), target_id=name) for name in ("A", "B")]
    match = found_for(CUSTOMERS, CONTACTS, party(number="7"), *twice)
    assert match.problems[0].cause == "several-matches"
    assert [one.target_id for one in match.question.suggestions] == ["A", "B"]


def test_a_person_who_bears_the_tax_number_of_a_firm_is_not_the_firm():
    firm = Candidate(party(tax_number="99"), target_id="t")
    person = Party(name="Ana Reyes", person=True, tax_number="99", email="ana@acme.example")
    match = found_for(PEOPLE, CONTACTS, person, firm)
    assert match.adopt is None and match.problems == ()


def test_a_number_that_another_record_claimed_links_nobody():
    claimed = Candidate(party(name="A", number="7"), target_id="a", linked=(("suppliers", "1"),))
    planned = Candidate(party(name="B", number="7"), planned=("suppliers", "2"))
    match = found_for(CUSTOMERS, CONTACTS, party(number="7"), claimed, planned)
    assert match.adopt is None and match.problems == ()


def test_what_a_person_knows_to_be_another_is_not_asked_again_until_either_changes():
    there = party(name="Jetty Consulting", email="office@harbour.example")
    wanted = party(email="office@harbour.example")
    other = Candidate(there, target_id="t")
    (suggestion,) = found_for(CUSTOMERS, CONTACTS, wanted, other).question.suggestions
    answers = Answers({("create", suggestion.mark): True})

    def again(wanted, candidate):
        found = {"email": [Candidate(candidate, target_id="t")]}
        return choose(CUSTOMERS, CONTACTS, "1", wanted, found, answers).problems

    assert again(wanted, there) == ()
    assert again(wanted.model_copy(update={"phone": "1"}), there) == ()
    assert again(wanted.model_copy(update={"number": "9"}), there) != ()
    assert again(wanted, there.model_copy(update={"name": "Jetty & Co"})) != ()


def test_a_twin_is_proposed_under_its_city_or_number():
    other = Candidate(party(), planned=("customers", "99"))
    perth = party(addresses=(Address(city="Perth"),), number="7")
    assert found_for(CUSTOMERS, CONTACTS, perth, other).question.proposal == "Harbour Cafe (Perth)"
    assert found_for(CUSTOMERS, CONTACTS, party(number="7"), other).question.proposal == "Harbour Cafe (7)"
    assert found_for(BILLS, DOCUMENTS, bill(), Candidate(bill("81.00"), target_id="t")).question.proposal == "SI-1-2"


def test_namesakes_are_told_apart_by_what_they_do_not_share_and_told_why():
    perth = {"addresses": (Address(city="Perth"),), "email": "bay@harbour.example"}
    here = party(**perth, number="7")
    ways = proposals(here, [party(**perth, number="8")])
    assert next(ways) == Proposal("Harbour Cafe (7)", "Its number tells it apart.")
    assert [next(ways).text, next(ways).text] == ["Harbour Cafe (2)", "Harbour Cafe (3)"]
    elsewhere = party(**perth | {"email": "x@harbour.example"}, number="7")
    assert next(proposals(here, [elsewhere])).text == "Harbour Cafe (bay@harbour.example)"
    assert next(proposals(here)).reason == "Its city tells it apart."


def test_what_the_target_would_cut_off_is_kept_at_the_end():
    ladder = Item(code="LADDER-EXTENSION-ALUMINIUM-TRADE-6500")
    ways = [one.text for one in islice(proposals(ladder, [Item(code="LADDER")], 30), 3)]
    start = "LADDER-EXTENSION-ALUMINIU"
    assert ways == [f"{start}-6500", f"{start}M-T-2", f"{start}M-T-3"]
    assert {len(one) for one in ways} == {30}


def test_a_given_name_holds_until_the_records_own_name_changes():
    answers = Answers({("name", name_mark("name", "Harbour Cafe")): "Harbour Cafe (Perth)"})
    assert renamed(party(), answers).name == "Harbour Cafe (Perth)"
    assert renamed(party(name="Harbour"), answers).name == "Harbour"
