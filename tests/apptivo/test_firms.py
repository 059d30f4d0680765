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
shippingAmount = { key = "lorry", label = "Lorry" }

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
STRANGE = """
name = "Kiln Export"
date-format = "MMM dd, yyyy"
stamp-format = "dd/MM/yyyy HH:mm"
utc-offset = "+10:00"
currencies = ["AUD", "NZD", "USD", "EUR", "GBP"]
[sandbox]
page-cap = 100
html-every = 37
empty-every = 53
[generate]
trade = "multicurrency"
seed = 99
invoices = 120
supplier-invoices = 110
purchase-orders = 100
[apps]
leads = false
estimates = false
[apps.customers]
url = "accounts"
object-id = 803
attributes = "attributeNames"
[apps.customers.fields]
customerName = { key = "tradingName", label = "Trading name" }
currencyCode = { key = "ccy", label = "Currency" }
[apps.customers.statuses]
active = { id = 1, name = "Trading" }
inactive = { id = 2, name = "Dormant" }
[apps.contacts.fields]
fullName = { key = "personName", label = "Person" }
accountId = { key = "traderRef", label = "Trader Ref" }
accountName = { key = "traderTitle", label = "Trader" }
[apps.suppliers.fields]
supplierName = { key = "makerName", label = "Maker" }
[apps.items.fields]
itemCode = { key = "partNo", label = "Part No" }
itemName = { key = "partTitle", label = "Part" }
itemPrice = { key = "tariff", label = "Tariff" }
taxName = { key = "dutyName", label = "Duty" }
taxRate = { key = "dutyRate", label = "Duty Rate" }
[apps.invoices]
url = "billing"
object-id = 901
single = "bill"
attributes = "attributeName"
[apps.invoices.fields]
invoiceNumber = { key = "billNumber", label = "Bill Number" }
customerId = { key = "traderRef", label = "Trader Ref" }
customerName = { key = "traderTitle", label = "Trader" }
contactId = { key = "personRef", label = "Person Ref" }
contactName = { key = "personName", label = "Person" }
invoiceDate = { key = "taxPoint", label = "Tax point" }
dueDate = { key = "dueOn", label = "Due on" }
currencyCode = { key = "ccy", label = "Currency" }
exchangeRate = { key = "xrate", label = "Exch. rate" }
discountPercent = { key = "allowancePct", label = "Allowance %" }
discountAmount = { key = "allowance", label = "Allowance" }
shippingAmount = { key = "freightOut", label = "Freight out" }
taxAmount = { key = "dutySum", label = "Duty" }
total = { key = "billTotal", label = "Bill Total" }
amountPaid = { key = "paidSoFar", label = "Paid so far" }
[apps.invoices.tables.lines]
key = "goodsOut"
label = "Goods"
[apps.invoices.tables.lines.fields]
itemId = "partRef"
itemName = "partTitle"
note = { key = "wording", label = "Wording" }
quantity = { key = "volume", label = "Volume" }
unitPrice = { key = "tariff", label = "Tariff" }
discountPercent = { key = "allowancePct", label = "Allowance %" }
discountAmount = { key = "allowance", label = "Allowance" }
taxName = { key = "dutyName", label = "Duty" }
taxRate = { key = "dutyRate", label = "Duty Rate" }
taxes = { key = "duties", label = "Duties" }
amount = { key = "extended", label = "Extended" }
[apps.supplier-invoices]
url = "payables"
object-id = 902
[apps.supplier-invoices.fields]
supplierInvoiceNumber = { key = "payableNo", label = "Payable No" }
supplierId = "makerRef"
supplierName = { key = "makerName", label = "Maker" }
[apps.purchase-orders]
url = "po"
object-id = 903
[apps.purchase-orders.fields]
purchaseOrderNumber = { key = "poNo", label = "PO No" }
supplierId = "makerRef"
supplierName = { key = "makerName", label = "Maker" }
"""
OVERRIDES = {
    "customers": 'fields.name = ["trader"]\n',
    "invoices": 'fields.shipping = ["lorry"]\n',
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


@pytest.mark.matrix
def test_a_firm_that_calls_everything_otherwise_ties_out_once_the_address_of_its_invoices_is_written(
    tmp_path: Path,
) -> None:
    """Its words stand in no vocabulary: what they mean shows in its own records, its labels and its sums."""
    own = tmp_path / "kiln"
    own.mkdir()
    (own / "firm.toml").write_text(STRANGE, encoding="utf-8")
    with firm(own, tmp_path) as config:
        text = config.read_text(encoding="utf-8")
        config.write_text(text.replace("api-key =", 'server-utc-offset = "+10:00"\napi-key =', 1), encoding="utf-8")
        assert examined(config) == {"Invoices"}
        profile = tmp_path / "crm.profile.toml"
        profile.write_text(
            profile.read_text(encoding="utf-8") + '\n[invoices]\nurl-name = "billing"\n', encoding="utf-8"
        )
        assert examined(config) == set()
        tied_out(config)
