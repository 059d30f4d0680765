"""A firm whose words nobody knows: what they mean shows in its records, its layout and its sums."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from typing import Any

import pytest
import tieout_apptivo
from tieout.api import codec
from tieout.api.contract import Connection, Proposal, Wire

Connect = Callable[..., Connection]
STAMPS = {"creationDate": "{:02d}-Mar-2024 09:00:00 AM", "lastUpdateDate": "{:02d}-Apr-2024 03:10:00 PM"}


def stamped(number: int, wire: Wire) -> Wire:
    return {**{name: form.format(number % 28 + 1) for name, form in STAMPS.items()}, **wire}


def attribute(key: str, label: str, tag: str = "input", **more: Any) -> Wire:
    return {"attributeId": f"{key}_a", "type": "Standard", "tagName": key, "attributeTag": tag, **more} | {
        "label": {"modifiedLabel": label}
    }


LAYOUT = [
    {
        "id": "section_1",
        "label": "Folio Information",
        "attributes": [
            attribute("folioNo", "Folio"),
            attribute("zell", "Zell"),
            attribute("brutto", "Brutto", "currency"),
            attribute("portage", "Postage", "currency"),
            attribute("worth", "Worth", "currency"),
        ],
    },
    {
        "id": "section_2",
        "label": "Goods",
        "attributes": [
            attribute("wording", "Wording", isRowNote=True),
            attribute("kappa", "Kappa"),
            attribute("lambda", "Lambda", "currency"),
            attribute("worth", "Sum", "currency"),
        ],
    },
    {
        "id": "section_3",
        "label": "Receipts",
        "attributes": [attribute("on", "Paid on", "date"), attribute("worth", "Payment amount", "currency")],
    },
]


def folio(number: int, **changed: Any) -> Wire:
    """A document of 2 lines, whose keys say nothing."""
    rows = [
        {"wording": f"Bolt {row}", "kappa": str(row + 1), "lambda": f"1,00{row}.50", "worth": f"{worth:,.2f}"}
        for row in (1, 2)
        if (worth := (row + 1) * (1000.5 + row))
    ]
    wire = {
        "id": str(5000 + number),
        "folioId": 5000 + number,
        "objectId": 33,
        "folioNo": f"F/{number:03d}",
        "zell": 100 + number % 7,
        "zellTitle": f"Kontor {number % 7}",
        "raisedWhen": f"2024-03-{number % 28 + 1:02d}",
        "statusName": "Sent",
        "posten": rows,
        "brutto": "5,010.50",
        "slips": [{"on": "2024-05-01", "worth": "10.00"}],
    }
    return stamped(number, {name: value for name, value in (wire | changed).items() if value is not ...})


@pytest.fixture
def firm(apptivo: Any) -> Any:
    apptivo.config = {"dateFormat": "yyyy-MM-dd"}
    apptivo.configs["invoice"] = {"webLayout": codec.dumps({"sections": LAYOUT}).decode()}
    apptivo.rows["customers"] = [
        stamped(number, {"id": str(100 + number), "objectId": 3, "betriebTitle": f"Kontor {number}"})
        for number in range(7)
    ]
    apptivo.rows["invoice"] = [folio(number) for number in range(1, 25)]
    apptivo.present = frozenset(("customers", "invoice"))
    return apptivo


def probed(connect: Connect, **given: Any) -> tuple[Proposal, dict[str, Any]]:
    before = connect(**given)
    connection = Connection(
        name="crm",
        plugin="apptivo",
        settings=before.settings,
        http=before.http,
        clock=before.clock,
        memory={},
        resources=frozenset(("customers", "invoices")),
    )
    proposal = tieout_apptivo.probe(connection, None)
    return proposal, tomllib.loads(proposal.files["crm.profile.toml"])


def test_what_no_word_tells_the_records_and_the_sums_do(firm: Any, connect: Connect) -> None:
    proposal, profile = probed(connect)
    assert [one for one in proposal.findings if one.state == "bad"] == []
    assert profile["customers"]["fields"] == {"name": ["betriebTitle"]}
    fields = profile["invoices"]["fields"]
    assert fields["number"] == ["folioNo"], "the word of the id is the firm's own word for its documents"
    assert (fields["customer"], fields["customer-name"]) == (["zell"], ["zellTitle"])
    assert (fields["date"], fields["total"]) == (["raisedWhen"], ["brutto"])
    rows = profile["invoices"]["tables"]["products"]
    assert rows["path"] == ["posten"]
    assert {name: rows["fields"][name] for name in ("description", "quantity", "price", "amount")} == {
        "description": ["wording"],
        "quantity": ["kappa"],
        "price": ["lambda"],
        "amount": ["worth"],
    }


def test_a_list_is_known_by_what_stands_above_it(firm: Any, connect: Connect) -> None:
    _, profile = probed(connect)
    assert profile["invoices"]["payments"]["path"] == ["slips"]
    assert profile["invoices"]["payments"]["fields"] == {"date": ["on"], "amount": ["worth"]}


def test_a_value_that_no_record_has_yet_is_known_by_its_label(firm: Any, connect: Connect) -> None:
    _, profile = probed(connect)
    assert profile["invoices"]["fields"]["shipping"] == ["portage"]


def test_a_product_does_not_tell_which_factor_is_the_price(firm: Any, connect: Connect) -> None:
    plain = codec.loads(codec.dumps(LAYOUT).decode().replace('"currency"', '"input"'))
    firm.configs["invoice"] = {"webLayout": codec.dumps({"sections": plain}).decode()}
    proposal, profile = probed(connect)
    assert not proposal.good, "a guess might exchange them"
    assert "lambda" not in str(profile["invoices"])


def test_the_smaller_of_two_amounts_is_not_taken_for_the_total(firm: Any, connect: Connect) -> None:
    firm.rows["invoice"] = [folio(number, netto="5,010.50", brutto="5,511.55") for number in range(1, 25)]
    proposal, profile = probed(connect)
    assert not proposal.good
    assert "total" not in profile["invoices"]["fields"]


def test_what_only_old_records_have_is_found_too(firm: Any, connect: Connect) -> None:
    firm.most = 5
    firm.rows["invoice"][0] |= {"lessAmount": "10.50", "rebate": "10.50", "brutto": "5,000.00"}
    firm.rows["invoice"][0].pop("lessAmount")
    _, profile = probed(connect)
    assert profile["invoices"]["fields"]["discount"] == ["rebate"]


def test_the_stamps_may_be_written_in_another_way_than_the_dates(firm: Any, connect: Connect) -> None:
    proposal, profile = probed(connect)
    assert profile["stamp-format"] == "dd-MMM-yyyy"
    assert not [one for one in proposal.findings if "cannot be sorted" in one.what]


def test_the_custom_attributes_and_keys_that_nothing_reads_are_named(firm: Any, connect: Connect) -> None:
    custom = {"attributeId": "c9", "type": "Custom", "tagName": "c9", "label": {"modifiedLabel": "Accounting ID"}}
    firm.configs["invoice"] = {
        "webLayout": codec.dumps({"sections": [*LAYOUT, {"id": "section_4", "attributes": [custom]}]}).decode()
    }
    firm.rows["invoice"] = [folio(number, mood="fine") for number in range(1, 25)]
    said = " ".join(one.what for one in probed(connect)[0].findings)
    assert "Accounting ID" in said
    assert "Nothing reads these keys: mood" in said
