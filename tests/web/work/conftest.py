"""A small firm with something of everything: what goes, what is held, and what a person has to answer."""

import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sandboxed import Systems, copied, small
from tieout_sandbox import codec
from tieout_sandbox.launch import LaunchOptions, start
from tieout_web.runs import Run
from tieout_web.site import Site

PATIENCE = 60.0
"""Seconds that a run of the small firm may take."""


def firm() -> dict[str, list[Any]]:
    """Four invoices that go, a draft, one of a customer with a namesake, one whose tax is not mapped, one of nobody."""
    whole = small(6)
    plain = whole["invoices"][0]
    luxury = [{**line, "taxName": "LCT", "taxRate": 33} for line in plain["lines"]]
    nobody = {name: value for name, value in plain.items() if not name.startswith("customer")}
    whole["invoices"] += [
        {**copied(plain, 1), "invoiceNumber": "INV-LCT", "lines": luxury},
        {**copied(nobody, 2), "invoiceNumber": "INV-NOBODY"},
    ]
    twin = whole["customers"][0]
    ids = {"id": str(int(twin["id"]) + 1_000_000), "customerId": twin["customerId"] + 1_000_000}
    whole["customers"].append({**twin, **ids, "customerNumber": "C-TWIN"})
    return whole


@pytest.fixture
def systems(tmp_path: Path) -> Iterator[Any]:
    """Both systems, for one test."""
    folder = tmp_path / "firm"
    folder.mkdir()
    for name, records in firm().items():
        (folder / f"{name}.json").write_text(codec.dumps(records), encoding="utf-8")
    with start(LaunchOptions(firm=folder, speed=Decimal(600))) as sandbox:
        yield sandbox


@pytest.fixture
def both(systems: Any, config: Path) -> Systems:
    """Both systems as a test drives them."""
    return Systems(systems, config)


@pytest.fixture
def ended(site: Site) -> Callable[[], Run]:
    """Waits until the run under way has ended, and answers it."""

    def wait() -> Run:
        run = site.runs.of("main")
        assert run is not None
        waited = 0.0
        while run.going and waited < PATIENCE:
            threading.Event().wait(0.05)
            waited += 0.05
        assert not run.going, "the run did not end"
        return run

    return wait
