"""The doctor: firms of other shapes are understood, and what is not understood is said so."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import tieout_apptivo
from tieout.api import codec
from tieout.api.contract import Connection, Finding, Proposal, Wire
from tieout.api.errors import ReauthNeeded, Unavailable
from tieout.api.model import Document
from tieout_apptivo import APPTIVO
from tieout_apptivo.shape.settings import Firm

Connect = Callable[..., Connection]
STAMPS = {"creationDate": "07/{:02d}/2023 10:15:00", "lastUpdateDate": "07/{:02d}/2023 11:20:00"}


def stamped(number: int, wire: Wire) -> Wire:
    stamps = {name: form.format(number % 28 + 1) for name, form in STAMPS.items()}
    return {"objectStatus": "0", "isActive": "Y", "customAttributes": [], **stamps, **wire}


def layout(labels: dict[str, str], custom: dict[str, str] | None = None) -> str:
    standard = [
        {"attributeId": f"{key}_attr", "type": "Standard", "tagName": key, "label": {"modifiedLabel": label}}
        for key, label in labels.items()
    ]
    own = [
        {"attributeId": id, "type": "Custom", "tagName": id, "label": {"modifiedLabel": label}}
        for id, label in (custom or {}).items()
    ]
    return codec.dumps({"sections": [{"id": "s", "attributes": [*standard, *own]}]}).decode()


def bill(number: int, **changed: Any) -> Wire:
    """A supplier invoice of a firm that calls everything otherwise: 3 x 20.00 less 10 %, 5.00 freight, 20 % tax."""
    net = Decimal(54)
    wire = {
        "id": str(8000 + number),
        "billId": 8000 + number,
        "objectId": 977,
        "billNo": f"B-{number}",
        "vendorId": 31,
        "vendorName": "Bolt Supplies",
        "stateId": 901,
        "state": "Approved",
        "billedOn": f"2024-05-{number % 28 + 1:02d}",
        "payBy": "2024-06-30",
        "ccy": "EUR",
        "vatTotal": "10.80",
        "freight": "5.00",
        "grandTotal": str(net + Decimal("10.80") + 5),
        "goods": [
            {
                "productId": 41,
                "productName": "Bolt",
                "details": "Box of 100",
                "qty": 3,
                "priceEach": "20.00",
                "rebatePercent": "10",
                "vatCode": "VAT",
                "vatRate": "20",
                "lineTotal": str(net),
            }
        ],
    }
    return stamped(number, {name: value for name, value in (wire | changed).items() if value is not ...})


@pytest.fixture
def firm(apptivo: Any) -> Any:
    """A firm whose supplier invoices stand elsewhere and are called otherwise; its customers are as shipped."""
    apptivo.config = {"dateFormat": "yyyy-MM-dd"}
    apptivo.configs["vendorbills"] = {
        "statuses": [{"statusId": 901, "statusName": "Approved"}, {"statusId": 902, "statusName": "Annulled"}],
        "webLayout": layout({"billedOn": "Bill Date", "rebatePercent": "Discount %"}, {"c1": "VAT Reg No"}),
    }
    apptivo.rows["customers"] = [
        stamped(number, {"id": str(number), "customerId": number, "customerName": f"Ana Reyes {number}"})
        for number in range(1, 31)
    ]
    apptivo.rows["vendorbills"] = [bill(number) for number in range(1, 15)]
    apptivo.present = frozenset(("customers", "vendorbills"))
    return apptivo


def probed(connect: Connect, *apps: str, **given: Any) -> tuple[Proposal, Connection]:
    before = connect(**given)
    connection = Connection(
        name="crm",
        plugin="apptivo",
        settings=before.settings,
        http=before.http,
        clock=before.clock,
        memory=before.memory,
        resources=frozenset(apps),
    )
    return tieout_apptivo.probe(connection, None), connection


def bad(proposal: Proposal) -> list[Finding]:
    return [one for one in proposal.findings if one.state == "bad"]


def own(proposal: Proposal, tmp_path: Path, make_settings: Callable[..., Firm]) -> Any:
    """The settings that name the proposed file."""
    for name, text in proposal.files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    settings = make_settings()
    given = {**settings.model_dump(by_alias=True, exclude={"profile"}), **proposal.settings}
    return Firm.model_validate(given, context={"folder": tmp_path})


def test_a_firm_of_another_shape_is_read_by_the_profile_that_is_proposed(
    firm: Any, connect: Connect, tmp_path: Path, make_settings: Any, lift: Any
) -> None:
    proposal, _ = probed(connect, "customers", "supplier-invoices")
    assert bad(proposal) == []
    assert proposal.good
    profile = own(proposal, tmp_path, make_settings).profile
    app = profile.supplier_invoices
    assert (app.url_name, app.object_id, app.id_parameter, app.data_parameter) == (
        "vendorbills",
        977,
        "billId",
        "billData",
    )
    changes = tomllib.loads(proposal.files["crm.profile.toml"])
    found: Document = lift("supplier-invoices", bill(3), profile=changes, memory={})
    assert (found.number, str(found.date), str(found.due), found.currency) == ("B-3", "2024-05-04", "2024-06-30", "EUR")
    assert found.party is not None
    assert (found.party.id, found.party.name, found.standing) == ("31", "Bolt Supplies", "live")
    goods, freight = found.lines
    assert (goods.description, goods.quantity, goods.price) == ("Box of 100", Decimal(3), Decimal("20.00"))
    assert (goods.discount_rate, goods.tax, goods.amount) == (Decimal(10), "VAT 20%", Decimal(54))
    assert (freight.role, freight.amount, found.total) == ("shipping", Decimal("5.00"), Decimal("69.80"))
    assert goods.item is not None
    assert goods.item.id == "41"


def test_what_is_as_shipped_does_not_stand_in_the_file(firm: Any, connect: Connect) -> None:
    proposal, _ = probed(connect, "customers")
    assert "customers" not in tomllib.loads(proposal.files["crm.profile.toml"])


def test_the_firm_s_own_lines_are_kept_when_it_is_written_again(firm: Any, connect: Connect) -> None:
    proposal, _ = probed(connect, "customers", profile={"invoices": {"statuses": {"On hold": "draft"}}})
    assert tomllib.loads(proposal.files["crm.profile.toml"])["invoices"] == {"statuses": {"On hold": "draft"}}


def test_an_app_that_is_nowhere_is_told_with_what_to_look_up_and_where_to_write_it(firm: Any, connect: Connect) -> None:
    firm.present = frozenset(("customers", "billing/of/vendors"))
    firm.rows["billing/of/vendors"] = firm.rows["vendorbills"]
    proposal, _ = probed(connect, "customers", "supplier-invoices")
    assert not proposal.good
    [finding] = bad(proposal)
    assert finding.topic == "Supplier invoices"
    for words in ("API page", "[supplier-invoices]", "url-name", "object-id"):
        assert words in finding.fix
    assert "url-name" in proposal.files["crm.profile.toml"]
    told, _ = probed(connect, "supplier-invoices", profile={"supplier-invoices": {"url-name": "billing/of/vendors"}})
    assert told.good


def test_wrong_keys_are_said_so(firm: Any, connect: Connect) -> None:
    firm.said = [{"status": "FAILURE", "reason": "Invalid Key"}]
    with pytest.raises(ReauthNeeded, match="Premium"):
        probed(connect, "customers")


def test_sums_that_do_not_come_out_are_refused_with_the_document_and_the_difference(
    firm: Any, connect: Connect
) -> None:
    firm.rows["vendorbills"] = [bill(number, freight=..., surcharge="5.00") for number in range(1, 15)]
    proposal, _ = probed(connect, "supplier-invoices")
    assert not proposal.good
    [finding] = bad(proposal)
    assert "B-" in finding.what
    assert "5.00" in finding.what
    assert "surcharge" in finding.what
    assert 'fields.shipping = ["surcharge"]' in finding.fix
    mended, _ = probed(
        connect,
        "supplier-invoices",
        profile={"supplier-invoices": {"fields": {"shipping": ["surcharge"]}}},
    )
    assert mended.good


def test_a_line_that_does_not_multiply_is_refused(firm: Any, connect: Connect) -> None:
    row = dict(bill(1)["goods"][0], rebatePercent=...)
    row = {name: value for name, value in row.items() if value is not ...}
    firm.rows["vendorbills"] = [bill(number, goods=[row]) for number in range(1, 15)]
    [finding] = bad(probed(connect, "supplier-invoices")[0])
    assert "60.00" in finding.what
    assert "54" in finding.what


def test_one_wrong_document_among_many_is_that_document_s_own_fault(firm: Any, connect: Connect) -> None:
    firm.rows["vendorbills"] = [bill(number) for number in range(1, 41)] + [bill(41, grandTotal="99.99")]
    proposal, _ = probed(connect, "supplier-invoices")
    assert proposal.good
    [finding] = [one for one in proposal.findings if one.state == "unsure" and "B-41" in one.what]
    assert "held" in finding.fix


@pytest.mark.parametrize(("told", "state"), [("dd/MM/yyyy", "good"), ("MM/dd/yyyy", "good"), ("", "bad")])
def test_a_date_format_is_never_guessed(firm: Any, connect: Connect, told: str, state: str) -> None:
    firm.config["dateFormat"] = told
    dates = {"billedOn": "05/04/2024", "payBy": "06/04/2024"}
    firm.rows["vendorbills"] = [bill(number, **dates) for number in range(1, 15)]
    proposal, _ = probed(connect, "supplier-invoices")
    [finding] = [one for one in proposal.findings if one.topic == "Dates"]
    assert finding.state == state
    assert tomllib.loads(proposal.files["crm.profile.toml"]).get("date-format", "") == told


def test_the_dates_themselves_settle_what_the_configuration_does_not_tell(firm: Any, connect: Connect) -> None:
    firm.config["dateFormat"] = ""
    firm.rows["vendorbills"] = [bill(number, billedOn=f"{number}/04/2024", payBy=...) for number in range(1, 15)]
    proposal, _ = probed(connect, "supplier-invoices")
    assert tomllib.loads(proposal.files["crm.profile.toml"])["date-format"] == "dd/MM/yyyy"


def test_dates_go_before_a_configuration_that_they_contradict(firm: Any, connect: Connect) -> None:
    firm.config["dateFormat"] = "MM/dd/yyyy"
    firm.rows["vendorbills"] = [bill(number, billedOn=f"{number:02d}/04/2024", payBy=...) for number in range(1, 29)]
    proposal, _ = probed(connect, "supplier-invoices")
    assert tomllib.loads(proposal.files["crm.profile.toml"])["date-format"] == "dd/MM/yyyy"


def test_a_clock_on_which_records_lie_in_the_future_is_refused(firm: Any, connect: Connect) -> None:
    firm.rows["customers"][0]["lastUpdateDate"] = "06/01/2024 17:50:00"
    proposal, _ = probed(connect, "customers", server_utc_offset="+00:00")
    assert [one.topic for one in bad(proposal)] == ["Stamps"]
    assert probed(connect, "customers", server_utc_offset="+06:00")[0].good


def test_no_person_is_shown(firm: Any, connect: Connect) -> None:
    firm.rows["customers"][0] |= {
        "phoneNumber": "+61 8 5550 1234",
        "emailAddress": "ana@acme.example",
        "description": "Ana's birthday is in May",
    }
    proposal, _ = probed(connect, "customers", "supplier-invoices")
    said = "".join(f"{one.what} {one.sample} {one.fix}" for one in proposal.findings) + "".join(proposal.files.values())
    for secret in ("Reyes", "Supplies", "5550", "acme", "birthday", "of-the-tests"):
        assert secret not in said
    assert any(one.sample.startswith("A*** R***") for one in proposal.findings)


def test_statuses_are_told_by_name_and_an_unknown_one_is_asked(firm: Any, connect: Connect) -> None:
    firm.configs["vendorbills"]["statuses"].append({"statusId": 903, "statusName": "Waiting for Godot"})
    proposal, _ = probed(connect, "supplier-invoices")
    statuses = tomllib.loads(proposal.files["crm.profile.toml"])["supplier-invoices"]["statuses"]
    assert statuses == {"Approved": "live", "Annulled": "void"}
    [finding] = [one for one in proposal.findings if "Godot" in one.what]
    assert 'statuses."Waiting for Godot"' in finding.fix


def test_an_id_that_means_something_else_here_follows_its_name(firm: Any, connect: Connect) -> None:
    firm.configs["vendorbills"]["statuses"] = [{"statusId": 22001, "statusName": "Paid"}]
    firm.rows["vendorbills"] = [bill(number, stateId=22001, state="Paid") for number in range(1, 15)]
    proposal, _ = probed(connect, "supplier-invoices")
    assert tomllib.loads(proposal.files["crm.profile.toml"])["supplier-invoices"]["statuses"] == {"22001": "settled"}
    assert proposal.good


def test_services_with_hours_and_rate_are_a_table_of_services(firm: Any, connect: Connect) -> None:
    row = {
        "activity": "Fitting",
        "hrs": "2.5",
        "hourlyRate": "40.00",
        "vatCode": "VAT",
        "vatRate": "20",
        "net": "100.00",
    }
    wire = {"goods": ..., "work": [row], "freight": ..., "vatTotal": "20.00", "grandTotal": "120.00"}
    firm.rows["vendorbills"] = [bill(number, **wire) for number in range(1, 15)]
    proposal, _ = probed(connect, "supplier-invoices")
    tables = tomllib.loads(proposal.files["crm.profile.toml"])["supplier-invoices"]["tables"]
    assert tables["services"]["path"] == ["work"]
    assert tables["services"]["fields"]["quantity"] == ["hrs"]
    assert proposal.good


def test_payments_are_found_under_other_names(firm: Any, connect: Connect, lift: Any, make_settings: Any) -> None:
    paid = [{"receiptNo": "R-1", "paidOn": "2024-06-01", "value": "69.80", "mode": "Cash"}]
    firm.rows["vendorbills"] = [bill(number, receipts=paid, paidToDate="69.80") for number in range(1, 15)]
    proposal, _ = probed(connect, "supplier-invoices")
    changes = tomllib.loads(proposal.files["crm.profile.toml"])
    pick = APPTIVO.resource("payments").inside["supplier-invoices"]
    [element] = pick(firm.rows["vendorbills"][0], make_settings(profile=changes))
    found = lift("payments", element, profile=changes, memory={})
    assert (str(found.date), found.amount) == ("2024-06-01", Decimal("69.80"))


def test_what_lists_can_do_is_remembered_and_written(firm: Any, connect: Connect) -> None:
    firm.most = 20
    firm.unsorted = frozenset(("lastUpdateDate",))
    proposal, connection = probed(connect, "customers")
    told = connection.memory["capabilities"]
    assert told["apps"]["customers"]["page_size"] == 20
    assert told["apps"]["customers"]["records"] == 30
    assert not told["apps"]["customers"]["sort"]["works"]
    assert told["apps"]["customers"]["created"]["works"]
    assert told["offset_minutes"] == 330
    written = codec.loads(proposal.files["crm.capabilities.json"])
    assert written["apps"] == told["apps"]
    assert written["keys"]["customers"]["customerName"] == "str"


def test_it_only_reads(firm: Any, connect: Connect) -> None:
    probed(connect, "customers", "supplier-invoices")
    reading = {"getConfigData", "getAll", "getById", "getAllBySearchText"}
    assert {call["a"] for call in firm.calls} <= reading


@pytest.mark.parametrize(("rate", "per"), [("1.65", "document"), ("0.61", "own"), ("12.5", ""), ("1.65 and a bit", "")])
def test_which_way_round_exchange_rates_are_shows_in_their_magnitude(
    firm: Any, connect: Connect, rate: str, per: str
) -> None:
    firm.config["currencyCode"] = "AUD"
    firm.rows["vendorbills"] = [bill(number, exchangeRate=rate) for number in range(1, 15)]
    proposal, _ = probed(connect, "supplier-invoices")
    changes = tomllib.loads(proposal.files["crm.profile.toml"])["supplier-invoices"]
    assert changes.get("rate-per", "") == per
    assert any("Exchange rates" in one.what for one in proposal.findings) == bool(per)


def test_the_statuses_that_the_books_set_are_the_firm_s_own(firm: Any, connect: Connect) -> None:
    names = {901: "Approved", 902: "Annulled", 903: "Part Paid", 904: "Settled"}
    firm.configs["vendorbills"]["statuses"] = [{"statusId": id, "statusName": name} for id, name in names.items()]
    proposal, _ = probed(connect, "supplier-invoices")
    states = tomllib.loads(proposal.files["crm.profile.toml"])["supplier-invoices"]["states"]
    assert states == {
        "open": {"name": "Approved", "id": 901},
        "part-paid": {"name": "Part Paid", "id": 903},
        "paid": {"name": "Settled", "id": 904},
        "void": {"name": "Annulled", "id": 902},
    }


def test_the_addresses_that_answer_are_told(firm: Any, connect: Connect) -> None:
    proposal, _ = probed(connect, "customers")
    told = [one.what for one in proposal.findings if one.topic == "Connection"]
    assert len(told) == 1
    assert told[0].startswith("https://app.apptivo.com/app answers")


def test_another_address_that_answers_is_named_where_the_configured_one_does_not(firm: Any, connect: Connect) -> None:
    with pytest.raises(Unavailable) as error:
        probed(connect, "customers", base_url="https://api2.apptivo.com/app")
    assert 'base-url = "https://app.apptivo.com/app"' in error.value.problem.fix


def test_a_second_run_proposes_what_the_first_one_did(firm: Any, connect: Connect) -> None:
    first, _ = probed(connect, "customers", "supplier-invoices")
    changes = tomllib.loads(first.files["crm.profile.toml"])
    second, _ = probed(connect, "customers", "supplier-invoices", profile=changes)
    assert second.good
    assert tomllib.loads(second.files["crm.profile.toml"]) == changes
