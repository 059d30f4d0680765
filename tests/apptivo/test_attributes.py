"""Custom and standard attributes: how they are named, read, and written apart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import Any

import pytest
from tieout.api.contract import Connection
from tieout_apptivo.shape import attributes
from tieout_apptivo.shape.dates import Calendar

from . import made

Connect = Callable[..., Connection]


@pytest.mark.parametrize(
    ("app", "parameter"), [("customers", "attributeName"), ("items", "attributeName"), ("invoice", "attributeNames")]
)
def test_the_attribute_list_is_singular_or_plural_and_seen_to_arrive(
    connect: Connect, apptivo: Any, app: str, parameter: str
) -> None:
    resource = {"customers": made.CUSTOMERS, "items": made.ITEMS, "invoice": made.INVOICES}[app]
    apptivo.rows[app], apptivo.names = [{"id": "1", "note": "old"}], parameter
    assert made.written(connect(), {"standard": {"note": "new"}}, resource).outcome == "updated"
    apptivo.rows[app], apptivo.names = [{"id": "1", "note": "old"}], "anotherParameter"
    assert made.written(connect(), {"standard": {"note": "new"}}, resource).problems[0].cause == "not-stored"


@pytest.mark.parametrize("label", ["Xero ID", "xero id", "Xero-ID", " XERO  Id"])
def test_labels_and_options_are_compared_without_spaces_hyphens_and_case(label: str) -> None:
    days, about = Calendar("", UTC), {"id": "a", "key": "k", "tag": "select", "options": {"V1": "In-sync"}}
    [entry] = attributes.put({}, {label: "in sync"}, {"xeroid": about}, days)
    assert (entry["customAttributeValue"], entry["customAttributeValueId"]) == ("In-sync", "V1")


def test_an_attribute_that_an_old_record_lacks_is_empty(lift: Callable[..., Any], invoice: Any) -> None:
    known = {"labels:invoices": {"synctoxero": "select_1"}, "date-format": "MM/dd/yyyy"}
    assert lift("invoices", invoice(), memory=known).bill_to is None
    assert attributes.value(invoice(), {"id": "select_1"}) == ""


def test_the_currency_of_an_attribute_is_the_records(invoice: Any) -> None:
    about = {"id": "a", "key": "k", "tag": "currency", "options": {}}
    for code in ("AUD", "EUR"):
        [entry] = attributes.put(invoice(currencyCode=code), {"Due": "5.00"}, {"due": about}, Calendar("", UTC))
        assert (entry["customAttributeValue"], entry["currencyCode"]) == ("5.00", code)


def test_custom_and_standard_attributes_are_written_apart_and_read_back(connect: Connect, apptivo: Any) -> None:
    apptivo.rows["invoice"] = [{"id": "1", "customAttributes": []}]
    connection = connect()
    connection.memory["custom:invoices"] = {"xeroid": {"id": "a", "key": "k", "tag": "input", "options": {}}}
    assert made.written(connection, {"standard": {"note": "new"}, "custom": {"Xero ID": "x"}}).outcome == "updated"
    assert [update["names"] for update in apptivo.updates] == [["note"], ["customAttributes", "k"]]
    assert [call["a"] for call in apptivo.calls] == ["getById", "update", "update", "getById"]
