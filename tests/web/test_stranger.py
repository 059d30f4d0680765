"""A third party's plugin on the page: toggle, form, counts and holds without a line of code for it."""

import re
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tieout_web.site import Site

from .conftest import Browser, words

SOURCE = '''
    """Products, and only those with a barcode."""

    from datetime import date
    from decimal import Decimal
    from typing import Literal

    from pydantic import Field
    from tieout.api.contract import Binding, Entity, Settings
    from tieout.api.errors import Problem
    from tieout.api.hooks import hookimpl
    from tieout.api.model import Amount, Item


    class ProductSettings(Settings):
        grade: Literal["fine", "rough"] = Field(
            default="fine", title="Grade of goods", description="How fine they are."
        )
        minimum: Amount = Field(default=Decimal("1.50"), ge=0, title="Lowest price")
        first: date | None = Field(default=None, title="First day")
        barcodes: bool = Field(default=True, title="Barcodes needed")


    def check(item, settings):
        if settings.barcodes:
            yield Problem(cause="barcode-missing", what="It has no barcode.", fix="Print one.", about="barcode")


    @hookimpl
    def entities():
        names = {"name": "products", "title": "Goods with barcodes", "letter": "BC"}
        yield Entity(**names, model=Item, key=("code",), settings=ProductSettings, check=check)


    @hookimpl
    def bindings():
        yield Binding(entity="products", connector="apptivo", resource="items")
        yield Binding(entity="products", connector="xero", resource="Items")
'''


@pytest.fixture
def stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A distribution of somebody else, installed for one test."""
    folder = tmp_path / "installed"
    info = folder / "acme_products-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-products\nVersion: 1.0\nRequires-Dist: tieout\n")
    (info / "entry_points.txt").write_text("[tieout]\nproducts = acme_products\n")
    (folder / "acme_products.py").write_text(textwrap.dedent(SOURCE))
    monkeypatch.syspath_prepend(str(folder))
    yield
    sys.modules.pop("acme_products", None)


def test_it_shows_its_toggle_its_form_its_counts_and_its_holds(
    stranger: None, ana: Browser, site: Site, config: Path
) -> None:
    assert "Products" in words(ana.get("/settings"))
    ana.fill("/settings/apps/items")
    ana.fill("/settings/apps/products", on="true")
    assert "Goods with barcodes" in words(ana.get("/settings"))

    page = ana.get("/settings/apps/products")
    for title in ("Grade of goods", "How fine they are.", "Lowest price", "First day", "Barcodes needed"):
        assert title in words(page)
    assert 'type="date"' in page.text
    digest = re.search(r'name="digest" value="([^"]+)"', page.text)
    assert digest
    form = "/settings/form/pairs.main.flows.products"
    wrong = ana.fill(form, digest=digest[1], grade="rough", minimum="-1", first="2026-02-30")
    assert wrong.status_code == 409
    assert "2026-02-30" in wrong.text
    typed = {"grade": "rough", "minimum": "2.25", "first": "2026-02-03", "barcodes": "true"}
    assert ana.fill(form, digest=digest[1], **typed).status_code == 200
    flow = tomllib.loads(config.read_text(encoding="utf-8"))["pairs"]["main"]["flows"]["products"]
    assert (flow["grade"], str(flow["minimum"]), str(flow["first"])) == ("rough", "2.25", "2026-02-03")

    run = site.runs.start("main", "plan", "ana", lambda desk: desk.plan("main"))
    assert run.wait(60)
    assert run.problem is None, run.problem
    row = words(ana.get("/settings")).split("Goods with barcodes", 1)[1]
    assert re.match(r".{0,80}?\d+ need attention", row), row[:200]
    with site.desks.at("ana") as desk:
        held = [one for one in desk.status("main").holds if one.entity == "products"]
    assert "barcode-missing" in [one.problem.cause for one in held]
