"""Bindings: where each entity lives, and at which address people see it."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

import pytest
from tieout.api.contract import Binding, Terms
from tieout.api.model import Organisation
from tieout.testing import terms
from tieout_entities import contacts, customers, invoices, items, purchase_orders, supplier_invoices, suppliers

XERO: Mapping[ModuleType, tuple[str, dict[str, Any]]] = {
    customers: ("Contacts", {}),
    contacts: ("Contacts", {}),
    suppliers: ("Contacts", {}),
    items: ("Items", {}),
    invoices: ("Invoices", {"Type": "ACCREC"}),
    supplier_invoices: ("Invoices", {"Type": "ACCPAY"}),
    purchase_orders: ("PurchaseOrders", {}),
}
every_module = pytest.mark.parametrize("module", XERO, ids=lambda module: module.__name__.rpartition(".")[2])


def bound(module: ModuleType, connector: str) -> Binding:
    (found,) = [one for one in module.bindings() if one.connector == connector]
    assert isinstance(found, Binding)
    return found


@every_module
def test_each_module_defines_one_entity_named_as_the_module(module: ModuleType) -> None:
    (entity,) = module.entities()
    assert entity.name == module.__name__.rpartition(".")[2].replace("_", "-")


@every_module
def test_each_entity_lives_in_the_source_app_of_its_own_name(module: ModuleType) -> None:
    binding = bound(module, "apptivo")
    assert binding.resource == binding.entity


@every_module
def test_each_entity_has_its_resource_and_constants_in_the_books(module: ModuleType) -> None:
    binding = bound(module, "xero")
    assert (binding.resource, dict(binding.constants)) == XERO[module]


def _within(organisation: str | None) -> Terms:
    row = Organisation(id="o", name="Acme", code=organisation, currency="AUD")
    return terms(bound(customers, "xero"), reference={"organisation": [row]})


@pytest.mark.parametrize(
    ("module", "path"),
    [
        (customers, "/Contacts/View/id-1"),
        (invoices, "/AccountsReceivable/View.aspx%3FInvoiceID%3Did-1"),
        (supplier_invoices, "/AccountsPayable/Edit.aspx%3FInvoiceID%3Did-1"),
        (purchase_orders, "/Accounts/Payable/PurchaseOrders/View/id-1/"),
    ],
    ids=["contact", "invoice", "bill", "order"],
)
def test_people_are_led_to_the_record_within_its_organisation(module: ModuleType, path: str) -> None:
    page = bound(module, "xero").page
    assert page is not None
    address = "https://go.xero.com/organisationlogin/default.aspx?shortcode=%21abc&redirecturl="
    assert page("id-1", _within("!abc")) == address + path


def test_without_a_short_code_the_organisation_at_hand_is_taken() -> None:
    page = bound(invoices, "xero").page
    assert page is not None
    assert page("id-1", _within(None)) == "https://go.xero.com/AccountsReceivable/View.aspx?InvoiceID=id-1"
