"""Pictures of every page, in both widths and both schemes: `python tests/web/screenshots.py FOLDER`.

The sample firm is connected, previewed, sent and reconciled first, so that the pages have something to show.
"""

import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # run as a command, it is in no package

from playwright.sync_api import Page, expect
from web.browsing import browser, served
from web.test_story import LONG, choose_accounts, free, started

WIDTHS = {"wide": 1440, "narrow": 360}
SCHEMES = ("light", "dark")
PAGES = {
    "home": "/",
    "preview": "/preview?plan=1",
    "sync": "/sync",
    "attention": "/attention",
    "waiting": "/attention?tab=waiting",
    "skipped": "/attention?tab=skipped",
    "history": "/attention?tab=history",
    "group": "/attention?cause=customer-missing",
    "matches": "/matches",
    "conflicts": "/conflicts",
    "runs": "/runs",
    "run": "/runs/2",
    "record": "/records/find?number=INV-10001",
    "reconcile": "/reconcile",
    "settings": "/settings",
    "start": "/start",
    "nowhere": "/nowhere",
}


def lived(page: Page, address: str) -> None:
    """Preview, go live and reconcile."""
    page.goto(address)
    page.get_by_role("button", name="Preview sync").first.click()
    expect(page.locator(".question")).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Go live").click()
    expect(page.get_by_text(re.compile(r"Result of run \d+"))).to_be_visible(timeout=LONG)
    page.goto(f"{address}/reconcile")
    page.get_by_role("button", name="Reconcile now").click()
    expect(page.locator(".verdict")).to_be_visible(timeout=LONG)


def taken(page: Page, address: str, folder: Path) -> None:
    """One picture for each page, width and scheme."""
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for size, width in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": 900})
            for name, path in PAGES.items():
                page.goto(address + path)
                page.screenshot(path=folder / f"{name}-{size}-{scheme}.png", full_page=True)


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, served(Path(place), free()) as site, browser() as page:
        started(page, site.link)
        choose_accounts(page)
        lived(page, site.address)
        taken(page, site.address, folder)


if __name__ == "__main__":
    main()
