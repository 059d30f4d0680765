"""Settings: what is shown, what is saved into the file, and what comes back when something is wrong."""

import re
import socket
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from starlette.testclient import TestClient
from tieout_web.pages.settings import differs

from .conftest import Browser, words


def digest(page: Any, form: str) -> str:
    """The digest that a form of the page carries."""
    part = page.text.split(f'action="/settings/form/{form}"', 1)[1]
    found = re.search(r'name="digest" value="([^"]+)"', part)
    assert found
    return found[1]


def stored(config: Path) -> dict[str, Any]:
    return tomllib.loads(config.read_text(encoding="utf-8"))


def option_chosen(page: Any, name: str) -> str:
    part = page.text.split(f'name="{name}"', 1)[1].split("</select>", 1)[0]
    found = re.search(r"<option[^>]*selected[^>]*>([^<]*)<", part)
    return found[1] if found else ""


def test_both_sides_say_what_they_reach_who_connected_them_and_how_many_calls_are_left(read: Browser) -> None:
    said = words(read.get("/settings"))
    assert "Demo Company (AU)" in said
    assert "Base currency AUD" in said
    assert said.count("Connected by") == 2
    assert re.search(r"Calls today \d+ of 5,000", said)


def test_accounts_are_offered_by_code_name_and_type_where_they_are_legal(read: Browser) -> None:
    page = read.get("/settings")
    assert option_chosen(page, "accounts.sales") == "200 - Sales (Revenue)"
    for told in ("300 - Purchases (Direct Costs)", "630 - Inventory (Inventory)", "(Current Asset)"):
        assert told in page.text
    payments = page.text.split('name="accounts.payment"', 1)[1].split("</select>", 1)[0]
    assert "090 - Business Bank Account (Bank)" in payments
    assert "200 - Sales" not in payments


@pytest.mark.parametrize("name", ["accounts.discount", "accounts.shipping"])
def test_the_accounts_of_figures_are_offered_and_may_stay_unchosen(read: Browser, config: Path, name: str) -> None:
    def offered(page: Any) -> str:
        found: str = page.text.split(f'name="{name}"', 1)[1].split("</select>", 1)[0]
        return found

    page = read.get("/settings")
    assert option_chosen(page, name) == ""
    assert '<option value="">The sales account</option>' in offered(page)
    assert "220 - Freight Recovered (Revenue)" in offered(page)
    assert "300 - Purchases" not in offered(page)
    saved = read.fill("/settings/form/pairs.main", **{name: "220", "digest": digest(page, "pairs.main")})
    assert stored(config)["pairs"]["main"]["accounts"][name.removeprefix("accounts.")] == "220"
    assert option_chosen(saved, name) == "220 - Freight Recovered (Revenue)"
    none = read.fill("/settings/form/pairs.main", **{name: "", "digest": digest(saved, "pairs.main")})
    assert name.removeprefix("accounts.") not in stored(config)["pairs"]["main"]["accounts"]
    assert option_chosen(none, name) == ""


def test_only_the_accounts_that_are_needed_are_told_as_not_chosen(read: Browser) -> None:
    page = read.get("/settings")
    assert "Not chosen yet" not in words(page)
    seen = digest(page, "pairs.main")
    without = read.fill("/settings/form/pairs.main", **{"accounts.purchase": "", "digest": seen})
    assert "Not chosen yet: Purchase account." in words(without)


def test_before_the_books_were_read_the_page_says_so_and_keeps_what_is_chosen(ana: Browser) -> None:
    page = ana.get("/settings")
    assert option_chosen(page, "accounts.sales") == "200"
    assert "press Sync from Xero" in words(page)


def test_a_choice_changes_one_word_of_the_file_and_keeps_its_comments(read: Browser, config: Path) -> None:
    config.write_text(config.read_text(encoding="utf-8") + "\n# ours, please keep\n", encoding="utf-8")
    before = config.read_text(encoding="utf-8")
    page = read.get("/settings")
    fields = {"accounts.sales": "260", "digest": digest(page, "pairs.main")}
    answer = read.fill("/settings/form/pairs.main", **fields)
    assert "Saved." in words(answer)
    after = config.read_text(encoding="utf-8")
    assert stored(config)["pairs"]["main"]["accounts"]["sales"] == "260"
    changed = [one for one in zip(before.splitlines(), after.splitlines(), strict=True) if one[0] != one[1]]
    assert len(changed) == 1
    assert after.endswith("# ours, please keep\n")
    assert option_chosen(answer, "accounts.sales") == "260 - Other Revenue (Revenue)"


def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(read: Browser, config: Path) -> None:
    before = config.read_bytes()
    page = read.get("/settings")
    typed = {
        "since": "2026-02-03",
        "rounding.tolerance": "7",
        "guard.records": "33",
        "digest": digest(page, "pairs.main"),
    }
    answer = read.fill("/settings/form/pairs.main", **typed)
    assert answer.status_code == 409
    assert config.read_bytes() == before
    assert 'value="2026-02-03"' in answer.text
    assert 'value="33"' in answer.text
    at = answer.text.index('name="rounding.tolerance"')
    assert "less than or equal to 0.1" in answer.text[at : at + 600]
    assert "less than or equal" not in answer.text[:at]


def test_the_second_of_two_editors_is_told_and_keeps_what_was_typed(read: Browser, config: Path) -> None:
    page = read.get("/settings")
    seen = digest(page, "pairs.main")
    assert read.fill("/settings/form/pairs.main", since="2026-01-01", digest=seen).status_code == 200
    late = read.fill("/settings/form/pairs.main", since="2026-05-05", digest=seen)
    assert late.status_code == 409
    assert "changed by somebody else" in words(late)
    assert 'value="2026-05-05"' in late.text
    assert str(stored(config)["pairs"]["main"]["since"]) == "2026-01-01"
    again = read.fill("/settings/form/pairs.main", since="2026-05-05", digest=digest(late, "pairs.main"))
    assert again.status_code == 200
    assert str(stored(config)["pairs"]["main"]["since"]) == "2026-05-05"


def test_an_edit_by_hand_is_noticed_as_well(read: Browser, config: Path) -> None:
    seen = digest(read.get("/settings"), "pairs.main")
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("since = 2000-01-01", "since = 2020-01-01"), encoding="utf-8")
    late = read.fill("/settings/form/pairs.main", since="2026-05-05", digest=seen)
    assert late.status_code == 409
    assert str(stored(config)["pairs"]["main"]["since"]) == "2020-01-01"


def test_an_app_is_switched_by_one_word_and_what_it_had_is_kept(read: Browser, config: Path) -> None:
    off = read.fill("/settings/apps/items", title="Items")
    assert "Items: off. Its settings and links are kept." in words(off)
    assert stored(config)["plugins"]["items"] is False
    on = read.fill("/settings/apps/items", title="Items", on="true")
    assert stored(config)["plugins"]["items"] is True
    assert "Items: on from the next sync." in words(on)


def test_taxes_show_both_rates_and_those_that_differ(read: Browser, config: Path) -> None:
    page = read.get("/settings")
    assert option_chosen(page, "taxes.sales[GST 10%]") == "GST on Income (10%)"
    fields = {"taxes.sales[GST 10%]": "EXEMPTOUTPUT", "digest": digest(page, "pairs.main")}
    answer = read.fill("/settings/form/pairs.main", **fields)
    assert stored(config)["pairs"]["main"]["taxes"]["sales"]["GST 10%"] == "EXEMPTOUTPUT"
    assert "Rates differ" in words(answer)


def test_the_options_of_an_app_come_from_its_settings_model(read: Browser, config: Path) -> None:
    page = read.get("/settings/apps/invoices")
    said = words(page)
    for title in ("Status on arrival", "Number prefix", "Bill to", "Contact required", "If both sides changed"):
        assert title in said
    assert "Always use Apptivo" in said
    typed = {
        "status": "authorised",
        "contact-required": "false",
        "number-prefix": "AP-",
        "on-conflict": "keep-target",
        "digest": digest(page, "pairs.main.flows.invoices"),
    }
    assert read.fill("/settings/form/pairs.main.flows.invoices", **typed).status_code == 200
    flow = stored(config)["pairs"]["main"]["flows"]["invoices"]
    assert flow == {
        "status": "authorised",
        "contact-required": False,
        "number-prefix": "AP-",
        "on-conflict": "keep-target",
    }


def test_a_secret_is_written_beside_the_file_and_never_shown(read: Browser, config: Path) -> None:
    page = read.get("/settings/connections/crm")
    shown = stored(config)["connections"]["crm"]["api-key"]["file"]
    assert shown in words(page)
    typed = {"api-key": "typed-by-ana-1234", "digest": digest(page, "connections.crm")}
    answer = read.fill("/settings/form/connections.crm", **typed)
    assert answer.status_code == 200
    reference = stored(config)["connections"]["crm"]["api-key"]
    kept = config.parent / reference["file"]
    assert kept.stat().st_mode & 0o077 == 0
    assert f"{reference['key']}=typed-by-ana-1234" in kept.read_text(encoding="utf-8")
    assert "typed-by-ana-1234" not in config.read_text(encoding="utf-8")
    assert "typed-by-ana-1234" not in read.get("/settings/connections/crm").text


def test_a_secret_left_empty_stays_what_it_is(read: Browser, config: Path) -> None:
    before = config.read_bytes()
    page = read.get("/settings/connections/crm")
    typed = {"api-key": "", "access-key": "", "digest": digest(page, "connections.crm")}
    assert read.fill("/settings/form/connections.crm", **typed).status_code == 200
    assert config.read_bytes() == before


def test_who_is_told_by_e_mail_is_chosen_and_tried_on_the_page(read: Browser, config: Path) -> None:
    letters: list[Any] = []

    class Postbox:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            letters.append(envelope)
            return "250 OK"

    page = read.get("/settings")
    assert "Notifications" in words(page) and "Send a test message" not in words(page)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    typed = {"mail.to": "ana@firm.example, ben@firm.example", "mail.server": f"127.0.0.1:{port}", "mail.daily": "false"}
    answer = read.fill("/settings/form/pairs.main", **typed, digest=digest(page, "pairs.main"))
    assert "Saved." in words(answer), words(answer)[:3000]
    mail = stored(config)["pairs"]["main"]["mail"]
    assert (mail["to"], mail["daily"]) == (["ana@firm.example", "ben@firm.example"], False)
    assert "did not take the message" in words(read.fill("/settings/mail"))
    server = Controller(Postbox(), hostname="127.0.0.1", port=port)
    server.start()
    try:
        assert "on its way to ana@firm.example, ben@firm.example" in words(read.fill("/settings/mail"))
    finally:
        server.stop()
    assert [one.rcpt_tos for one in letters] == [["ana@firm.example", "ben@firm.example"]]


def test_changes_are_audited_with_who_and_without_secrets(read: Browser, config: Path) -> None:
    page = read.get("/settings/connections/crm")
    typed = {"api-key": "typed-by-ana-1234", "page-size": "50", "digest": digest(page, "connections.crm")}
    read.fill("/settings/form/connections.crm", **typed)
    read.fill("/settings/apps/items", title="Items")
    ledger = (config.parent / ".tieout" / "ledger.db").read_bytes()
    wal = config.parent / ".tieout" / "ledger.db-wal"
    ledger += wal.read_bytes() if wal.exists() else b""
    assert b"ana" in ledger
    assert b"typed-by-ana-1234" not in ledger


def test_a_test_of_a_connection_says_what_it_reaches(read: Browser) -> None:
    assert "Xero answers: Demo Company (AU) is reached." in words(read.fill("/connections/books/test"))


def test_disconnecting_needs_the_name_of_the_organisation(read: Browser) -> None:
    assert "Nothing was done" in words(read.fill("/connections/books/disconnect", confirm="demo"))
    assert "Mappings and links are kept" in words(
        read.fill("/connections/books/disconnect", confirm="Demo Company (AU)")
    )
    page = words(read.get("/settings"))
    assert "Not connected" in page
    assert "Connect to Xero" in page
    assert "Connected to Demo Company (AU)" in words(read.fill("/connections/books/connect"))


def test_a_file_that_became_wrong_is_told_with_line_and_key_and_the_page_goes_on(ana: Browser, config: Path) -> None:
    good = config.read_text(encoding="utf-8")
    config.write_text(
        good.replace('every = "15m"', "").replace("since = 2000-01-01", 'since = "soon"'), encoding="utf-8"
    )
    wrong = ana.get("/settings")
    assert wrong.status_code == 409
    assert "pairs.main.since" in words(wrong)
    assert "since = 2026-07-01" in words(wrong)
    config.write_text(good, encoding="utf-8")
    assert ana.get("/settings").status_code == 200


def test_a_viewer_sees_everything_and_can_change_nothing(vic: Browser, config: Path) -> None:
    page = vic.get("/settings")
    assert "Save accounts" not in page.text
    assert "Danger zone" not in page.text
    before = config.read_bytes()
    assert vic.fill("/settings/apps/items").status_code == 403
    assert config.read_bytes() == before


def test_the_page_of_nobody_is_the_sign_in(client: TestClient) -> None:
    assert client.get("/settings").url.path == "/login"


@pytest.mark.parametrize(
    ("name", "rate", "red"),
    [
        ("GST 10%", "10.0", False),
        ("GST 10%", "15", True),
        ("GST 10% + WET 29%", "39", False),
        ("VAT 12.5%", "12.5", False),
        ("none", "0", False),
        ("Reduced", "5", False),
    ],
)
def test_rates_differ_when_the_percentages_in_a_name_add_up_to_another_one(name: str, rate: str, red: bool) -> None:
    assert differs(name, Decimal(rate)) is red
