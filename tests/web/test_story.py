"""The whole story in a browser: from nothing to books that agree, with a held invoice fixed and a conflict answered."""

import json
import os
import re
import socket
import tomllib
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from .browsing import CHROMIUM, browser, served

LONG = 180_000

pytestmark = [
    pytest.mark.matrix,
    pytest.mark.skipif(not CHROMIUM and not os.environ.get("CI"), reason="chromium is not installed"),
]


def free() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def asked(origin: str, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{origin}/_sandbox/{path}", data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.loads(answer.read())


def started(page: Page, link: str) -> None:
    """Sign in, choose the sample firm, connect both sides, and choose the accounts."""
    page.goto(link)
    page.get_by_role("button", name="Try it with a sample firm").click()
    page.get_by_role("button", name="Connect to Apptivo").click()
    page.get_by_role("button", name="Connect to Xero").click()
    page.get_by_label("Password").fill("anything")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name="Allow access").click()
    expect(page).to_have_url(re.compile(r"localhost:\d+/(start|settings)"))


def choose_accounts(page: Page) -> None:
    page.goto(page.url.split("/settings")[0].split("/start")[0] + "/settings")
    page.get_by_role("button", name="Sync from Xero").click()
    expect(page.get_by_text("Read from Xero:")).to_be_visible()
    form = page.locator("#accounts")
    for name in ("Payment", "Inventory", "Sales", "Purchase"):
        field = form.get_by_role("combobox", name=re.compile(name))
        if not field.input_value():
            field.select_option(index=1)
    form.get_by_role("button", name="Save accounts").click()
    expect(page.get_by_text("Saved.")).to_be_visible()


def slide(page: Page, app: str, told: str, *, checked: bool) -> None:
    """Slide the toggle of an app, and see it where it was left."""
    page.get_by_role("switch", name=app, exact=True).set_checked(checked)
    expect(page.get_by_text(told)).to_be_visible()
    expect(page.get_by_role("switch", name=app, exact=True)).to_be_checked(checked=checked)


def test_the_whole_story(tmp_path: Path) -> None:
    with served(tmp_path, free()) as site, browser() as page:
        faults: list[str] = []
        page.on("console", lambda told: faults.append(told.text) if wrong(told, site.address) else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        started(page, site.link)
        choose_accounts(page)
        slide(page, "Items", "Items: off.", checked=False)
        slide(page, "Items", "Items: on from the next sync.", checked=True)

        page.goto(site.address)
        page.get_by_role("button", name="Preview sync").first.click()
        expect(page.locator(".question")).to_have_text(
            re.compile(r"Send [\d,]+ customers.*to Demo Company"), timeout=LONG
        )
        page.get_by_role("button", name="Go live").click()
        expect(page.locator(".going")).to_be_visible()
        page.goto(f"{site.address}/runs")  # left, and come back to
        page.goto(f"{site.address}/sync")
        expect(page.get_by_text(re.compile(r"Result of run \d+"))).to_be_visible(timeout=LONG)

        page.get_by_role("link", name="Needs attention").first.click()
        group = page.locator(".group").filter(has_text="No Xero tax is chosen").first
        taxes = group.locator("h2").inner_text()
        group.get_by_role("link", name="Map it").click()
        row = page.locator("tr", has=page.get_by_text(re.search(r'"(.+)"', taxes)[1], exact=True)).first
        row.get_by_role("combobox").select_option(index=1)
        page.locator("#taxes-sales").get_by_role("button", name=re.compile("Save")).click()
        expect(page.get_by_text("Saved.")).to_be_visible()
        sync(page, site.address)
        page.goto(f"{site.address}/attention")
        expect(page.get_by_text(taxes)).to_have_count(0)

        disagree(tmp_path)
        sync(page, site.address)
        page.get_by_role("link", name="Conflicts").first.click()
        conflict = page.locator(".conflict").filter(has_text="INV-10001")
        expect(conflict).to_contain_text("From the books")
        conflict.get_by_role("button", name="Keep Apptivo").click()
        sync(page, site.address)
        page.goto(f"{site.address}/conflicts")
        expect(page.get_by_text("No conflicts.")).to_be_visible()

        page.goto(f"{site.address}/reconcile")
        page.get_by_role("button", name="Reconcile now").click()
        expect(page.get_by_text("It ties out.")).to_be_visible(timeout=LONG)
        expect(page.locator(".variances")).to_contain_text("A$ 0.00")
        assert faults == []


def wrong(told: Any, address: str) -> bool:
    """Whether one of our own pages complained."""
    return told.type == "error" and str(told.location.get("url", "")).startswith(address)


def disagree(folder: Path) -> None:
    """Somebody changes an invoice's reference in the books, and somebody else in the shop."""
    reached = tomllib.loads((folder / "plugins.toml").read_text(encoding="utf-8"))["connections"].values()
    urls = [one[name] for one in reached for name in ("base-url", "api-url") if name in one]
    shop, books = (f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" for url in urls)
    here = next(one for one in asked(shop, "state")["invoices"] if one["invoiceNumber"] == "INV-10001")
    there = next(one for one in asked(books, "state")["Invoices"] if one.get("InvoiceNumber") == "INV-10001")
    asked(shop, "edit", {"collection": "invoices", "id": here["id"], "set": {"referenceNumber": "From the shop"}})
    asked(books, "edit", {"collection": "Invoices", "id": there["InvoiceID"], "set": {"Reference": "From the books"}})


def sync(page: Page, address: str) -> None:
    """Press the icon, and watch it to its end."""
    page.goto(f"{address}/runs")
    before = page.locator('tbody a[href^="/runs/"]').first.inner_text()
    page.goto(f"{address}/sync")
    page.get_by_role("button", name="Sync now").click()
    expect(page.get_by_text(f"Result of run {int(before) + 1}")).to_be_visible(timeout=LONG)
