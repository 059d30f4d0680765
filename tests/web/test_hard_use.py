"""Hard use: the server dies in mid-sync, several tabs, the back button, clicking twice, and no mouse at all."""

import os
import re
import signal
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sandboxed import Systems, launched

from .browsing import CHROMIUM, Served, browser, served
from .test_story import LONG, free

pytestmark = [
    pytest.mark.matrix,
    pytest.mark.skipif(not CHROMIUM and not os.environ.get("CI"), reason="chromium is not installed"),
]

INVOICES = 12
SLOW = "slow:3000"
"""Milliseconds that a call takes where a test has something to do meanwhile."""
FOCUSED = """() => {
    const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
    return {
        words: one.getAttribute("aria-label") || one.labels?.[0]?.innerText || one.innerText || "",
        inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
        marked: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none",
        kind: one.localName,
    };
}"""


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Systems]:
    """Both systems connected, and nothing sent yet."""
    with launched(tmp_path, INVOICES) as systems:
        text = systems.config.read_text(encoding="utf-8")
        systems.config.write_text(text.replace('every = "15m"\n', ""), encoding="utf-8")  # nothing starts by itself
        with systems.desk() as desk:
            for name in desk.connection_names:
                desk.connect(name)
            desk.reference("main")
        yield systems


@pytest.fixture
def live(both: Systems) -> None:
    """Everything was sent once."""
    both.sync()


@pytest.fixture
def site(both: Systems) -> Iterator[Served]:
    with served(both.config.parent, free()) as site:
        yield site


@pytest.fixture
def page(site: Served) -> Iterator[Page]:
    """An administrator's first tab."""
    with browser(reduced_motion="reduce") as opened:
        opened.goto(site.link)
        yield opened


def runs(page: Page, site: Served) -> int:
    """How many runs there were."""
    told = page.request.get(f"{site.address}/runs").text()
    return max(int(one) for one in re.findall(r'href="/runs/(\d+)"', told))


def slow(systems: Systems, method: str, path: str, times: int = 50) -> None:
    systems.fault(systems.xero, SLOW, path=f"/api.xro/2.0/{path}", method=method, times=times)


def chosen(systems: Systems) -> dict[str, Any]:
    pair: dict[str, Any] = tomllib.loads(systems.config.read_text(encoding="utf-8"))["pairs"]["main"]
    return pair


def test_the_server_dies_in_mid_sync_and_the_open_page_goes_on(both: Systems) -> None:
    port = free()
    with browser() as page:
        with served(both.config.parent, port) as site:
            page.goto(site.link)
            page.get_by_role("button", name="Preview sync").first.click()
            expect(page.locator(".question")).to_be_visible(timeout=LONG)
            asked = re.search(r"(\d+) invoices", page.locator(".question").inner_text())
            slow(both, "PUT", "Invoices")
            page.get_by_role("button", name="Go live").click()
            expect(page.locator(".going")).to_be_visible()
            while not any(call["method"] == "PUT" for call in both.calls(both.xero, "/api.xro/2.0/Invoices")):
                assert site.process.poll() is None
            site.process.send_signal(signal.SIGKILL)
            site.process.wait()
        expect(page.locator("#lost")).to_be_visible()
        with served(both.config.parent, port) as site:
            expect(page.get_by_text("The last sync was cut off")).to_be_visible(timeout=LONG)
            expect(page.locator("#lost")).to_be_hidden()
            page.get_by_role("button", name="Sync now").click()
            expect(page.get_by_text("Result of run 3")).to_be_visible(timeout=LONG)
            page.goto(f"{site.address}/runs")
            expect(page.locator("tr", has=page.get_by_role("link", name="2", exact=True))).to_contain_text("Cut off")
    assert both.doubled() == []
    sent = [one for one in both.state("xero")["Invoices"] if one["InvoiceNumber"].startswith("INV-")]
    assert asked and len(sent) == int(asked[1])
    both.agreed()


def test_two_tabs_and_two_clicks_are_one_run_that_both_tabs_show(
    page: Page, site: Served, both: Systems, live: None
) -> None:
    before = runs(page, site)
    slow(both, "GET", "")
    other = page.context.new_page()
    other.route("**/events", lambda route: route.abort())  # it has not heard of the other tab's click
    for tab in (page, other):
        tab.goto(f"{site.address}/sync")
    page.get_by_role("button", name="Sync now").dblclick()
    expect(page.locator(".going")).to_be_visible()
    other.unroute("**/events")
    other.get_by_role("button", name="Sync now").dblclick()
    expect(other.locator(".going")).to_be_visible()
    for tab in (page, other):
        expect(tab.get_by_text(f"Result of run {before + 1}")).to_be_visible(timeout=LONG)
    assert runs(page, site) == before + 1


def test_going_back_after_a_sync_starts_none(page: Page, site: Served, live: None) -> None:
    before = runs(page, site)
    page.goto(site.address)
    page.get_by_role("button", name="Sync now").click()
    expect(page.get_by_text(f"Result of run {before + 1}")).to_be_visible(timeout=LONG)
    page.go_back()
    expect(page).to_have_url(f"{site.address}/")
    page.go_forward()
    page.reload()
    expect(page.get_by_text(f"Result of run {before + 1}")).to_be_visible()
    assert runs(page, site) == before + 1


def test_going_back_after_saving_shows_what_was_saved(page: Page, site: Served, both: Systems) -> None:
    page.goto(f"{site.address}/settings")
    page.get_by_label("Sales account").select_option("260")
    page.get_by_role("button", name="Save accounts").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Sales account")).to_have_value("260")
    page.get_by_label("Rounding tolerance").fill("0.03")
    page.get_by_role("button", name="Save rules").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert chosen(both)["accounts"]["sales"] == "260"
    assert str(chosen(both)["rounding"]["tolerance"]) == "0.03"


def test_the_second_of_two_people_is_told_and_decides(page: Page, site: Served, both: Systems) -> None:
    other = page.context.new_page()
    for tab in (page, other):
        tab.goto(f"{site.address}/settings")
    page.get_by_label("Sales account").select_option("260")
    page.get_by_role("button", name="Save accounts").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    other.get_by_label("Sales account").select_option("200")
    other.get_by_label("Purchase account", exact=True).select_option("310")
    other.get_by_role("button", name="Save accounts").click()
    expect(other.get_by_role("alert")).to_contain_text("changed by somebody else")
    expect(other.get_by_label("Purchase account", exact=True)).to_have_value("310")  # nothing typed is lost
    assert chosen(both)["accounts"]["sales"] == "260"
    other.get_by_role("button", name="Save accounts").click()
    expect(other.get_by_text("Saved.")).to_be_visible()
    assert chosen(both)["accounts"]["purchase"] == "310"


@pytest.fixture
def reach(page: Page) -> Callable[[str, str], None]:
    """Presses Tab until the focus is on what is named so, and sees it on every stop."""

    def reached(kind: str, words: str) -> None:
        for _ in range(200):
            page.keyboard.press("Tab")
            stop = page.evaluate(FOCUSED)
            if stop["kind"] == "body":
                continue
            assert stop["inside"] and stop["marked"], stop
            if stop["kind"] == kind and re.search(words, stop["words"]):
                return
        raise AssertionError(f"no {kind} {words!r} is reached by Tab")

    return reached


def test_everything_of_the_day_is_done_by_keyboard(
    page: Page, site: Served, both: Systems, live: None, reach: Callable[[str, str], None]
) -> None:
    before = runs(page, site)
    page.goto(f"{site.address}/settings")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    reach("button", "^Reconnect$")  # past the navigation

    reach("input", "^Items$")
    page.keyboard.press("Space")
    expect(page.get_by_text("Items: off.")).to_be_visible()
    reach("input", "^Items$")  # where one was before
    page.keyboard.press("Space")
    expect(page.get_by_text("Items: on from the next sync.")).to_be_visible()

    reach("select", "Sales account")
    page.keyboard.type("260")
    reach("button", "^Save accounts$")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert chosen(both)["accounts"]["sales"] == "260"

    page.keyboard.press("Tab")
    reach("a", "^Sync$")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sync now")).to_be_visible()
    reach("button", "^Sync now$")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"Result of run {before + 1}")).to_be_visible(timeout=LONG)
