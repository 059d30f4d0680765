"""No page has a serious accessibility fault: axe-core looks at each, in both widths and both schemes."""

import os
from pathlib import Path

import pytest

from .browsing import CHROMIUM, browser, served
from .screenshots import PAGES, SCHEMES, WIDTHS, lived
from .test_story import choose_accounts, free, started

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
FAULTS = """() => axe.run().then(found => found.violations
    .filter(one => ["serious", "critical"].includes(one.impact))
    .map(one => `${one.id}: ${one.nodes.map(node => node.target.join(" ")).slice(0, 3).join("; ")}`))"""

pytestmark = [
    pytest.mark.matrix,
    pytest.mark.skipif(not CHROMIUM and not os.environ.get("CI"), reason="chromium is not installed"),
]


def test_no_page_has_a_serious_fault(tmp_path: Path) -> None:
    found: dict[str, list[str]] = {}
    with served(tmp_path, free()) as site, browser() as page:
        started(page, site.link)
        choose_accounts(page)
        lived(page, site.address)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            for size, width in WIDTHS.items():
                page.set_viewport_size({"width": width, "height": 900})
                for name, path in PAGES.items():
                    page.goto(site.address + path)
                    page.evaluate(AXE)
                    if faults := page.evaluate(FAULTS):
                        found[f"{name} {size} {scheme}"] = faults
                    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                        found.setdefault(f"{name} {size} {scheme}", []).append("the page scrolls sideways")
    assert found == {}
