"""Looking records up, by what people call them and by their ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tieout.api.contract import Connection
from tieout.api.work import Key
from tieout_apptivo.reading import lookup

from . import made

Connect = Callable[..., Connection]


def test_the_invoice_url_is_singular_among_plural_ones(connect: Connect, apptivo: Any) -> None:
    lookup.find(connect(), made.INVOICES, [Key("id", "1")])
    lookup.find(connect(), made.CUSTOMERS, [Key("id", "1")])
    assert [url.rpartition("/")[2] for _, url in apptivo.urls] == ["invoice", "customers"]


def test_ids_are_one_as_text_and_as_number(connect: Connect, apptivo: Any, lift: Callable[..., Any]) -> None:
    apptivo.said = [{"id": "0012", "customerId": 12}]
    assert len(lookup.find(connect(), made.CUSTOMERS, [Key("id", "12")])[Key("id", "12")]) == 1
    refs = {lift("contacts", {"id": "1", "fullName": "A", "accountId": id}).parent.id for id in (12, "12", "0012")}
    assert refs == {"12"}


def test_a_search_counts_exact_matches_alone_and_all_of_them(connect: Connect, apptivo: Any) -> None:
    names = ("Acme", "Acme West", "ACME", "Acme")
    apptivo.rows["customers"] = [{"id": str(id), "customerName": name} for id, name in enumerate(names)]
    key = Key("name", "Acme")
    assert [one["id"] for one in lookup.find(connect(), made.CUSTOMERS, [key])[key]] == ["0", "3"]


def test_the_search_text_is_in_small_letters(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["customers"] = [{"id": "1", "customerName": "ÄCME Ltd"}]
    key = Key("name", "ÄCME Ltd")
    assert len(lookup.find(connect(), made.CUSTOMERS, [key])[key]) == 1
    assert apptivo.calls[0]["searchText"] == "äcme ltd"
