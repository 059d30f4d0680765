"""From the first preview to a pair in agreement: home, preview, sync, runs, reconcile."""

import re
import threading
from collections.abc import Callable
from typing import Any

from tieout.api.runtime import SENT
from tieout_web.runs import Run
from tieout_web.site import Site

from ..conftest import Browser, Gate, Opened, words  # noqa: TID252 - the parent folder is no package of its own

Ended = Callable[[], Run]


def figures(page: str, app: str) -> list[int]:
    """The numbers in an app's row of a table."""
    row = re.search(rf'<th scope="row">(?:<a[^>]*>)?{app}.*?</tr>', page, re.S)
    assert row, f"no row of {app}"
    return [int(one.replace(",", "")) for one in re.findall(r'<td class="number[^"]*">([\d,]+)', row[0])]


def test_home_says_that_nothing_was_sent_and_offers_a_preview(ana: Browser) -> None:
    page = words(ana.get("/"))
    assert "Not synced yet" in page and "Nothing has been sent yet." in page
    assert "Preview sync" in page and "Sync now" in page
    assert re.search(r"Xero calls today [\d,]+ of 5,000", page)


def test_a_viewer_sees_everything_and_no_button_that_sends(vic: Browser) -> None:
    for path in ("/", "/preview", "/sync", "/attention", "/matches", "/conflicts", "/runs", "/reconcile"):
        page = vic.get(path)
        assert page.status_code == 200
        assert "Sync now</" not in page.text and "Go live" not in page.text
    for path in ("/preview/plan", "/preview/apply", "/sync/start", "/sync/stop"):
        assert vic.fill(path, plan="1").status_code == 403


def test_the_preview_asks_with_numbers_and_money_and_sends_nothing(ana: Browser, ended: Ended, both: Any) -> None:
    ana.fill("/preview/plan")
    plan = ended().result
    page = ana.get("/preview")
    assert plan.question() in words(page).replace("&#39;", "'")
    assert re.search(r"Send .*4 invoices.* \(AUD [\d,.]+\) to Demo Company \(AU\)\?", words(page))
    assert figures(page.text, "Invoices")[0] == 4
    assert "Go live" in page.text and "What stays behind" in page.text
    assert not [one for one in both.state("xero")["Invoices"] if one["InvoiceNumber"].startswith("INV-")]


def test_a_change_is_shown_field_by_field(ana: Browser, ended: Ended) -> None:
    ana.fill("/preview/plan")
    ended()
    page = ana.get("/preview?entity=invoices")
    assert page.text.count('<span class="op create">') == 4
    assert "INV-10001" in page.text and "lines 1 description" in page.text


def test_go_live_sends_exactly_what_was_shown(ana: Browser, ended: Ended, both: Any) -> None:
    ana.fill("/preview/plan")
    ana.fill("/preview/apply", plan=str(ended().result.id))
    assert ended().problem is None
    sent = [one["InvoiceNumber"] for one in both.state("xero")["Invoices"] if one["InvoiceNumber"].startswith("INV-")]
    assert len(sent) == 4
    result = words(ana.get("/sync"))
    assert "Result of run 2" in result and "Done" in result
    home = words(ana.get("/"))
    assert "Last synced" in home and "Nothing has been sent yet." not in home


def test_a_first_sync_never_sends_without_a_look(ana: Browser, ended: Ended, both: Any) -> None:
    page = ana.fill("/sync/start")
    assert page.url.path == "/preview"
    assert ended().what == "plan"
    assert not [call for call in both.calls(both.xero, "/api.xro/2.0/Invoices") if call["method"] in ("PUT", "POST")]


def test_a_plan_that_was_replaced_is_refused_with_its_reason(ana: Browser, ended: Ended) -> None:
    ana.fill("/preview/plan")
    first = ended().result.id
    ana.fill("/preview/plan")
    ended()
    assert "superseded" in words(ana.get(f"/preview?plan={first}"))
    ana.fill("/preview/apply", plan=str(first))
    assert ended().problem is not None
    assert "superseded" in words(ana.get("/sync"))


def test_pressing_twice_and_in_two_tabs_starts_one_run(live: Browser, ended: Ended, site: Site, gate: Gate) -> None:
    before = live.get("/runs").text.count('href="/runs/')
    gate.moment = SENT
    start = threading.Barrier(4)

    def press() -> None:
        start.wait()
        live.fill("/sync/start")

    pressing = [threading.Thread(target=press) for _ in range(4)]
    for one in pressing:
        one.start()
    for one in pressing:
        one.join()
    gate.open()
    ended()
    assert live.get("/runs").text.count('href="/runs/') == before + 1
    with site.desks.at("test") as desk:
        assert all(one.state != "running" for one in desk.runs.page("main").runs)


def test_going_live_tells_how_far_it_is(ana: Browser, ended: Ended, gate: Gate, both: Any) -> None:
    ana.fill("/preview/plan")
    plan = ended().result
    gate.moment = "batch.answered"
    ana.fill("/preview/apply", plan=str(plan.id))
    gate.reached()
    page = ana.get("/sync")
    done = re.search(r"Sending (\d+) of (\d+) done, ", words(page))
    assert done and "left" not in done[0]
    assert 0 < int(done[1]) < int(done[2]) == sum(sum(by.values()) for by in plan.operations.values())
    both.clock.advance(600)
    assert re.search(r"About \d+ (min|h) left\.", words(ana.get("/sync")))
    gate.open()
    assert ended().problem is None


def test_stopping_keeps_what_was_done_and_the_next_sync_goes_on(
    ana: Browser, ended: Ended, gate: Gate, both: Any
) -> None:
    ana.fill("/preview/plan")
    plan = ended().result.id
    gate.moment = "batch.answered"
    ana.fill("/preview/apply", plan=str(plan))
    gate.reached()
    page = ana.fill("/sync/stop")
    assert "Nothing is lost" in words(page) and "Stopping after the batch at hand" in words(page)
    gate.open()
    assert ended().result.state == "stopped"
    written = [call["path"] for call in both.calls(both.xero, "/api.xro") if call["method"] in ("PUT", "POST")]
    assert len(written) == 1  # the batch at hand
    ana.fill("/sync/start")
    assert ended().what == "sync"
    ana.fill("/reconcile/start")
    assert ended().result.ties


def test_the_counts_of_a_run_add_up(live: Browser) -> None:
    page = live.get("/runs/2")
    assert "What came in and what was decided add up" in page.text
    read, unchanged, planned, *_ = figures(page.text, "Invoices")
    assert (read, unchanged, planned) == (8, 0, 4)
    assert "Approved by ana" in words(page)


def test_reconcile_shows_the_variance_and_gives_the_report(live: Browser, ended: Ended) -> None:
    assert "Not reconciled yet." in words(live.get("/reconcile"))
    assert live.get("/reconcile/report.html").status_code == 400
    live.fill("/reconcile/start")
    ended()
    page = live.get("/reconcile")
    assert "It ties out." in words(page) and "Variance AUD A$ 0.00" in words(page)
    assert page.text.count("<svg viewBox") >= 1 and "style=" not in page.text
    report = live.get("/reconcile/report.html")
    assert "attachment" in report.headers["content-disposition"] and "It ties out." in report.text
    rows = live.get("/reconcile/records.csv").text.splitlines()
    assert any("INV-10001" in row and "matched" in row for row in rows)


def test_what_was_changed_in_the_books_is_an_exception(live: Browser, ended: Ended, both: Any) -> None:
    one = next(one for one in both.state("xero")["Invoices"] if one["InvoiceNumber"] == "INV-10001")
    total = {"SubTotal": 1.0, "TotalTax": 0.1, "Total": 1.1, "AmountDue": 1.1}
    both.edit(both.xero, collection="Invoices", id=one["InvoiceID"], set=total)
    live.fill("/reconcile/start")
    ended()
    page = words(live.get("/reconcile"))
    assert "It does not tie out." in page and "INV-10001" in page and "Amount differs" in page


def test_a_month_that_is_none_is_refused_with_words(ana: Browser) -> None:
    page = ana.fill("/reconcile/start", first="2026-13")
    assert page.status_code == 400 and "is no month" in page.text


def test_a_restart_loses_nothing(live: Browser, ended: Ended, site: Site) -> None:
    live.fill("/sync/start")
    ended()
    again = Opened(site.config, site.runtime)
    with again.client() as browser:
        browser.cookies = live.cookies
        assert "Result of run 3" in words(browser.get("/sync"))
        assert "Last synced" in words(browser.get("/"))
