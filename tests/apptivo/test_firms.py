"""Firms of several shapes in the sandbox: the doctor, then the whole sync, then the proof."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
from tieout.desk import Desk
from tieout_sandbox.launch import LaunchOptions, start
from tieout_sandbox.writeconfig import write_config

APPS = {"customers", "contacts", "suppliers", "items", "invoices", "supplier-invoices", "purchase-orders"}
OWN = """
name = "Brass & Sons"
date-format = "dd.MM.yyyy"
utc-offset = "+01:00"

[apps.customers.fields]
customerName = { key = "trader", label = "Trader" }

[apps.invoices]
url = "salesinvoices"
object-id = 333

[apps.invoices.fields]
invoiceNumber = "documentNo"
invoiceDate = { key = "raised", label = "Raised on" }
total = { key = "grandTotal", label = "Grand Total" }
shippingAmount = { key = "haulage", label = "Haulage" }

[apps.invoices.tables.lines]
key = "positions"
label = "Positions"

[apps.invoices.tables.lines.fields]
quantity = "pieces"
unitPrice = "pricePerPiece"

[apps.invoices.statuses]
paid = { id = 20002, name = "Settled" }
sent = { id = 20005, name = "Issued" }

[apps.supplier-invoices]
url = "creditorbills"
object-id = 700

[apps.supplier-invoices.fields]
supplierName = { key = "creditor", label = "Creditor" }
supplierId = { key = "creditorId", label = "Creditor No" }

[generate]
trade = "distributor"
seed = 7
invoices = 120
supplier-invoices = 100
purchase-orders = 100
"""
OVERRIDES = {
    "customers": 'fields.name = ["trader"]\n',
    "invoices": 'fields.shipping = ["haulage"]\n',
    "supplier-invoices": 'url-name = "creditorbills"\n',
}


@contextmanager
def firm(shape: str | Path, folder: Path) -> Iterator[Path]:
    """A sandbox with a firm, and the configuration that reaches it."""
    with start(LaunchOptions(firm=shape, speed=Decimal(1000))) as sandbox:
        config = folder / "plugins.toml"
        write_config(sandbox, config)
        yield config


def examined(config: Path) -> set[str]:
    """What the doctor does not understand; what it proposes is kept."""
    with Desk.open(config) as desk:
        proposal = desk.probe("crm")
        desk.keep("crm", proposal)
    found = {one.topic for one in proposal.findings if one.state == "bad"}
    assert proposal.good == (not found)
    return found


def tied_out(config: Path) -> None:
    """Sync everything with the profile as it stands, and prove it."""
    told = json.loads((config.parent / "crm.capabilities.json").read_text(encoding="utf-8"))
    assert set(told["apps"]) == APPS
    with Desk.open(config) as desk:
        report = desk.sync("main", lambda plan: True)
        assert report.state == "done"
        for app in APPS:
            assert report.counts[app].done > 0
            assert report.counts[app].wrong == 0
        causes = {one.problem.cause for one in report.holds}
        assert not causes & {"sums-differ", "lines-missing", "status-unknown", "date-ambiguous", "date-unreadable"}
        proof = desk.reconcile("main")
        assert proof.ties, [one for one in proof.differences if one.state not in ("held", "skipped", "foreign")]
        again = desk.sync("main", lambda plan: True)
    assert sum(counts.planned for counts in again.counts.values()) == 0


@pytest.mark.matrix
@pytest.mark.parametrize("shape", ["default", "services", "multicurrency"])
def test_a_firm_is_understood_and_its_sync_ties_out_with_that_profile_alone(shape: str, tmp_path: Path) -> None:
    with firm(shape, tmp_path) as config:
        assert examined(config) == set()
        tied_out(config)


@pytest.mark.matrix
def test_a_firm_of_one_s_own_making_ties_out_after_a_few_overriding_lines(tmp_path: Path) -> None:
    own = tmp_path / "brass"
    own.mkdir()
    (own / "firm.toml").write_text(OWN, encoding="utf-8")
    with firm(own, tmp_path) as config:
        assert examined(config) == {"Customers", "Invoices", "Supplier invoices"}
        profile = tmp_path / "crm.profile.toml"
        text = profile.read_text(encoding="utf-8")
        for app, line in OVERRIDES.items():
            header = f"[{app}]\n"
            text = text.replace(header, header + line) if header in text else f"{text}\n{header}{line}"
        profile.write_text(text, encoding="utf-8")
        assert examined(config) == set()
        tied_out(config)
