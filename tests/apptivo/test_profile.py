"""The object profile: shipped as data, overridden one path at a time, strict about its keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError
from tieout_apptivo import APPTIVO
from tieout_apptivo.shape.profile import shipped
from tieout_apptivo.shape.settings import Firm

Make = Callable[..., Firm]


def keys(error: pytest.ExceptionInfo[ValidationError]) -> set[str]:
    return {".".join(str(part) for part in one["loc"]) for one in error.value.errors()}


@pytest.mark.parametrize(
    ("app", "url", "object_id", "id_parameter", "data_parameter"),
    [
        ("customers", "customers", 3, "customerId", "customerData"),
        ("contacts", "contacts", 2, "contactId", "contactData"),
        ("suppliers", "suppliers", 37, "supplierId", "supplierData"),
        ("items", "items", 13, "itemId", "itemData"),
        ("invoices", "invoice", 33, "invoiceId", "invoiceData"),
        ("supplier-invoices", "supplierinvoices", 161, "supplierInvoiceId", "supplierInvoiceData"),
        ("purchase-orders", "purchaseorders", 160, "purchaseOrderId", "purchaseOrderData"),
        ("orders", "orders", 12, "orderId", "orderData"),
        ("estimates", "estimates", 155, "estimateId", "estimateData"),
        ("leads", "leads", 4, "leadId", "leadData"),
    ],
)
def test_the_shipped_profile_knows_the_endpoint_of_each_app(
    app: str, url: str, object_id: int, id_parameter: str, data_parameter: str
) -> None:
    found = shipped().app(app)
    assert (found.url_name, found.object_id, found.id_parameter, found.data_parameter) == (
        url,
        object_id,
        id_parameter,
        data_parameter,
    )


def test_the_attribute_list_is_named_in_the_singular_for_customers_and_items_alone() -> None:
    apps = [one for one in APPTIVO.resources if not one.inside]
    singular = {one.name for one in apps if shipped().app(one.name).attribute_parameter == "attributeName"}
    assert singular == {"customers", "items"}


def test_one_path_is_overridden_by_one_line(make_settings: Make) -> None:
    changed = make_settings(profile={"invoices": {"fields": {"number": ["invoiceNo"]}}}).profile
    assert changed.invoices.fields.number == ("invoiceNo",)
    assert changed.invoices.fields.total == shipped().invoices.fields.total
    assert changed.estimates == shipped().estimates


def test_a_path_of_all_documents_is_overridden_by_one_line(make_settings: Make) -> None:
    changed = make_settings(profile={"every-document": {"fields": {"due": ["payBy"]}}}).profile
    assert changed.invoices.fields.due == changed.purchase_orders.fields.due == ("payBy",)


def test_a_column_of_a_line_table_is_overridden_by_one_line(make_settings: Make) -> None:
    products = {"fields": {"quantity": ["qty"]}}
    changed = make_settings(profile={"invoices": {"tables": {"products": products}}}).profile
    assert changed.invoices.tables["products"].fields.quantity == ("qty",)
    assert changed.invoices.tables["products"].kind == "products"
    assert changed.invoices.tables["services"] == shipped().invoices.tables["services"]


def test_a_status_is_added_to_those_that_are_known(make_settings: Make) -> None:
    changed = make_settings(profile={"invoices": {"statuses": {"On hold": "draft"}}}).profile
    assert changed.invoices.statuses == {**shipped().invoices.statuses, "On hold": "draft"}


@pytest.mark.parametrize(
    ("profile", "key"),
    [
        ({"invoces": {}}, "profile.invoces"),
        ({"invoices": {"feilds": {}}}, "profile.invoices.feilds"),
        ({"invoices": {"fields": {"nunber": ["x"]}}}, "profile.invoices.fields.nunber"),
        ({"invoices": {"fields": {"number": "x"}}}, "profile.invoices.fields.number"),
        ({"invoices": {"statuses": {"Sent": "alive"}}}, "profile.invoices.statuses.Sent"),
        ({"invoices": {"object-id": "many"}}, "profile.invoices.object-id"),
        ({"invoices": {"attribute-parameter": "names"}}, "profile.invoices.attribute-parameter"),
        (
            {"invoices": {"tables": {"products": {"kind": "goods"}}}},
            "profile.invoices.tables.products.kind",
        ),
        ({"invoices": 5}, "profile.invoices"),
        (5, "profile"),
    ],
)
def test_a_mistake_is_named_by_its_key(make_settings: Make, profile: Any, key: str) -> None:
    with pytest.raises(ValidationError) as error:
        make_settings(profile=profile)
    assert key in keys(error)


def test_every_app_is_a_resource_and_every_resource_an_app() -> None:
    names = [one.name for one in APPTIVO.resources if not one.inside]
    assert len(names) == len(set(names)) == 10
    assert all(shipped().app(name).fields.id == APPTIVO.resource(name).id for name in names)
    with pytest.raises(KeyError):
        shipped().app("date-format")
