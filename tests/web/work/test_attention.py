"""What needs a person: by cause, record by record, and what is answered."""

import csv
import re
from collections.abc import Callable
from io import StringIO
from typing import Any

from tieout_web.runs import Run

from ..conftest import Browser, words  # noqa: TID252 - the parent folder is no package of its own

Ended = Callable[[], Run]


def held(browser: Browser, number: str) -> tuple[str, str]:
    """App and id of the held record that people call so."""
    rows = list(csv.DictReader(StringIO(browser.get("/attention/records.csv").text.removeprefix("\ufeff"))))
    (found,) = [row for row in rows if row["record"] == number]
    return found["app"], found["id"]


def test_groups_name_the_cause_the_fix_and_the_money(planned: Browser) -> None:
    page = planned.get("/attention")
    assert "Needs attention (4)" in words(page)
    assert "No Xero tax is chosen" in page.text and 'href="/settings#taxes-sales">Map it' in page.text
    assert "This invoice has no customer." in page.text
    assert "Review matches" in page.text
    assert "tieout " not in words(page)  # the page has buttons for what the terminal has commands for


def test_an_empty_page_is_pleasant(ana: Browser) -> None:
    page = ana.get("/attention").text
    assert "Nothing needs attention." in page and "Nothing was synced yet." in page
    assert "Everything is in sync" not in page and 'class="tick"' not in page
    assert "Nothing to review." in ana.get("/matches").text
    assert "No conflicts." in ana.get("/conflicts").text
    assert "No decisions yet." in ana.get("/attention?tab=history").text


def test_filters_and_search_narrow_the_list(planned: Browser) -> None:
    assert "INV-LCT" in planned.get("/attention?text=lct").text
    assert "INV-NOBODY" not in planned.get("/attention?text=lct").text
    assert "INV-LCT" not in planned.get("/attention?entity=customers").text
    assert "No record fits" in planned.get("/attention?text=%25").text


def test_the_record_tells_what_why_and_what_to_do(planned: Browser) -> None:
    app, one = held(planned, "INV-NOBODY")
    page = words(planned.get(f"/records?entity={app}&id={one}"))
    for told in ("This invoice has no customer.", "customer-missing", "Read in Apptivo.", "Retry", "Skip"):
        assert told in page
    drawer = planned.get(f"/records?entity={app}&id={one}", headers={"hx-request": "true"})
    assert "<html" not in drawer.text and "customer-missing" in drawer.text


def test_a_skip_needs_a_reason_is_listed_and_taken_back(planned: Browser) -> None:
    app, one = held(planned, "INV-NOBODY")
    assert planned.fill("/attention/skip", entity=app, id=one, reason=" ").status_code == 400
    planned.fill("/attention/skip", entity=app, id=one, reason="A test")
    assert "A test" in planned.get("/attention?tab=skipped").text
    assert "ana" in words(planned.get("/attention?tab=history"))
    assert "Unskip" in planned.get(f"/records?entity={app}&id={one}").text
    planned.fill("/attention/unskip", entity=app, id=one)
    assert "INV-NOBODY" not in planned.get("/attention?tab=skipped").text


def test_a_held_invoice_is_fixed_by_its_button_and_released(live: Browser, ended: Ended, both: Any) -> None:
    assert "INV-LCT" in live.get("/attention?cause=tax-unmapped").text
    page = live.get("/settings")
    assert 'id="taxes-sales"' in page.text
    form = page.text.split('id="taxes-sales"', 1)[1]
    digest = form.split('name="digest" value="', 1)[1].split('"', 1)[0]
    live.fill("/settings/form/pairs.main", digest=digest, **{"taxes.sales[LCT 33%]": "OUTPUT"})
    live.fill("/sync/start")
    ended()
    page = live.get("/attention?text=INV-LCT")
    assert "tax-unmapped" not in page.text and "No Xero tax is chosen" not in page.text


def test_namesakes_are_told_apart_by_an_answer(live: Browser, ended: Ended, both: Any) -> None:
    page = live.get("/matches")
    assert page.text.count('class="card match"') == 2
    offered = re.findall(r'name="called" value="([^"]+)"', page.text)
    assert len(set(offered)) == 2 and "Its number tells it apart." in page.text
    name = page.text.split('name="label" value="', 1)[1].split('"', 1)[0]
    app, one = "customers", page.text.split('name="id" value="', 1)[1].split('"', 1)[0]
    live.fill("/matches/answer", entity=app, id=one, label=name, option="create", called=f"{name} (Second)")
    live.fill("/sync/start")
    ended()
    assert f"{name} (Second)" in [contact["Name"] for contact in both.state("xero")["Contacts"]]


def test_a_conflict_is_shown_side_by_side_and_answered(live: Browser, ended: Ended, both: Any) -> None:
    there = next(one for one in both.state("xero")["Invoices"] if one["InvoiceNumber"] == "INV-10001")
    here = next(one for one in both.state("apptivo")["invoices"] if one["invoiceNumber"] == "INV-10001")
    both.edit(both.xero, collection="Invoices", id=there["InvoiceID"], set={"Reference": "From the books"})
    both.edit(both.apptivo, collection="invoices", id=here["id"], set={"referenceNumber": "From the shop"})
    live.fill("/sync/start")
    ended()
    page = live.get("/conflicts")
    assert "From the books" in page.text and "From the shop" in page.text
    one = page.text.split('name="id" value="', 1)[1].split('"', 1)[0]
    live.fill("/conflicts/answer", entity="invoices", id=one, label="INV-10001", **{"field.reference": "source"})
    live.fill("/sync/start")
    ended()
    assert "No conflicts." in live.get("/conflicts").text
    (now,) = [one for one in both.state("xero")["Invoices"] if one["InvoiceNumber"] == "INV-10001"]
    assert now["Reference"] == "From the shop"


def test_a_record_is_found_by_its_number(live: Browser) -> None:
    page = live.get("/records/find?number=INV-10001")
    told = words(page)
    assert "Synced" in told and "Xero answered: created." in told and "Open in Xero" in told
    assert "idempotency key" in told and "ana approved plan" in told
    assert live.get("/records/find?number=nothing").status_code == 400


def test_a_viewer_may_not_decide(planned: Browser, vic: Browser) -> None:
    app, one = held(planned, "INV-NOBODY")
    for path in ("retry", "retry-group", "skip", "unskip", "link", "rename"):
        assert vic.fill(f"/attention/{path}", entity=app, id=one, reason="x").status_code == 403
    assert vic.fill("/matches/answer").status_code == 403 and vic.fill("/conflicts/answer").status_code == 403
    assert "Retry" not in words(vic.get(f"/records?entity={app}&id={one}"))


def test_a_file_for_a_spreadsheet_holds_no_formula(planned: Browser) -> None:
    for row in csv.reader(StringIO(planned.get("/attention/records.csv").text)):
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)
