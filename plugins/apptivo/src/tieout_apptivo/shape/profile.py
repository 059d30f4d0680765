"""The object profile: what a firm's apps are called in calls, and where the values of a record lie.

The shipped profile is `profile.toml`; a firm's overrides are merged over it, so one other path needs one line. Sources:
docs/facts/apptivo.md, "Apps", "Scalars", "Documents", "Document statuses".
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from tieout import Standing

PathName = Annotated[str, Field(min_length=1)]
Paths = tuple[PathName, ...]
"""Dotted places of one value in a record, the first that is filled counts; empty when the firm has no such value."""


class Shape(BaseModel):
    """The base of every part of the profile: frozen, keys with hyphens, closed to misspelt ones."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=lambda name: name.replace("_", "-"), populate_by_name=True
    )


class Fields(Shape):
    """Where the values that every record has lie."""

    id: Paths
    status_id: Paths = ()
    status_name: Paths = ()
    active: Paths = ()
    object_status: Paths = ()
    attributes: Paths = ()


class PartyFields(Fields):
    """Where the values of customers, contacts, suppliers and leads lie; `phone` and `email` are the flat old ones."""

    name: Paths
    first_name: Paths = ()
    last_name: Paths = ()
    number: Paths = ()
    currency: Paths = ()
    term: Paths = ()
    tax_number: Paths = ()
    addresses: Paths = ()
    phones: Paths = ()
    phone: Paths = ()
    emails: Paths = ()
    email: Paths = ()
    parent: Paths = ()
    parent_name: Paths = ()


class TaxFields(Shape):
    """Where a tax lies: its name and rate in percent, or a list of such pairs for a tax made of several."""

    tax_name: Paths = ()
    tax_rate: Paths = ()
    taxes: Paths = ()


class ItemFields(Fields, TaxFields):
    """Where the values of an item lie."""

    code: Paths
    name: Paths
    description: Paths = ()
    price: Paths = ()
    cost: Paths = ()
    sold: Paths = ()
    purchased: Paths = ()
    stock: Paths = ()


class LineFields(TaxFields):
    """Where the values of a row lie; `quantity` and `price` are the hours and the rate of a service."""

    item: Paths = ()
    item_name: Paths = ()
    description: Paths = ()
    quantity: Paths = ()
    price: Paths = ()
    discount_rate: Paths = ()
    discount: Paths = ()
    amount: Paths = ()
    account: Paths = ()
    stock: Paths = ()


class Table(Shape):
    """A table of lines within a document."""

    kind: Literal["products", "services"]
    path: Paths
    fields: LineFields


class PaymentFields(Shape):
    """Where the values of a payment lie; `type` is how it was made, `voided` whether it was taken back."""

    id: Paths = ()
    date: Paths = ()
    amount: Paths = ()
    type: Paths = ()
    reference: Paths = ()
    voided: Paths = ()


class Payments(Shape):
    """The payments within a document."""

    path: Paths = ()
    fields: PaymentFields = PaymentFields()


class DocumentFields(Fields):
    """Where the values of an invoice, an order or an estimate lie."""

    number: Paths
    date: Paths
    total: Paths
    reference: Paths = ()
    due: Paths = ()
    delivery: Paths = ()
    term: Paths = ()
    customer: Paths = ()
    customer_name: Paths = ()
    contact: Paths = ()
    contact_name: Paths = ()
    supplier: Paths = ()
    supplier_name: Paths = ()
    currency: Paths = ()
    rate: Paths = ()
    inclusive: Paths = ()
    discount_rate: Paths = ()
    discount: Paths = ()
    shipping: Paths = ()
    tax: Paths = ()
    paid: Paths = ()
    balance: Paths = ()
    note: Paths = ()


class Marks(Shape):
    """The labels of the custom attributes that tell how a record stands in the books; none: it is not written."""

    status: tuple[str, ...] = ()
    reason: tuple[str, ...] = ()
    direction: tuple[str, ...] = ()
    at: tuple[str, ...] = ()
    target_id: tuple[str, ...] = ()
    url: tuple[str, ...] = ()


class State(Shape):
    """A status as it is written: its name, and its id where the firm's configuration does not tell it."""

    name: str = Field(min_length=1)
    id: int | None = None


class App(Shape):
    """One app of Apptivo: its name in URLs, its numbers and parameter names, and the meaning of its statuses.

    `created` and `updated` are the columns by which lists are sorted. `page` is the address at which people see a
    record, made of `{base-url}`, `{url-name}` and `{id}`. `statuses` are keyed by id or by name.
    """

    url_name: str = Field(min_length=1)
    object_id: int
    id_parameter: str = Field(min_length=1)
    data_parameter: str = Field(min_length=1)
    attribute_parameter: Literal["attributeName", "attributeNames"]
    created: str = Field(min_length=1)
    updated: str = Field(min_length=1)
    page: str
    statuses: dict[str, Standing] = {}
    marks: Marks = Marks()


class PhoneTypes(Shape):
    """Which types of telephone number are a telephone, a mobile, and neither."""

    phone: tuple[str, ...] = ()
    mobile: tuple[str, ...] = ()
    other: tuple[str, ...] = ()


class PartyLabels(Shape):
    """The labels of custom attributes on parties."""

    tax_number: tuple[str, ...] = ()


class PartyApp(App):
    """An app of customers, suppliers or people."""

    person: bool = False
    address_types: dict[Literal["billing", "delivery"], tuple[str, ...]] = {}
    phone_types: PhoneTypes = PhoneTypes()
    email_types: tuple[str, ...] = ()
    labels: PartyLabels = PartyLabels()
    fields: PartyFields


class ItemApp(App):
    """The app of items."""

    fields: ItemFields


class DocumentLabels(Shape):
    """The labels of custom attributes on documents."""

    bill_to: tuple[str, ...] = ()


class DocumentApp(App):
    """An app of invoices, orders or estimates, with its tables of lines by name and its payments.

    `rate_per` says for one unit of which currency an exchange rate is told; `states` are the statuses that are set for
    what the books tell about a document.
    """

    rate_per: Literal["", "own", "document"] = ""
    labels: DocumentLabels = DocumentLabels()
    fields: DocumentFields
    tables: dict[str, Table]
    payments: Payments = Payments()
    states: dict[Literal["open", "part-paid", "paid", "void"], State] = {}


KINDS: Mapping[str, tuple[str, ...]] = {
    "every-party": ("customers", "contacts", "suppliers", "leads"),
    "every-item": ("items",),
    "every-document": ("invoices", "supplier-invoices", "purchase-orders", "orders", "estimates"),
}
"""The apps of each kind, under the name of the section that holds for all of them."""


class Profile(Shape):
    """The shape of a firm's apps. Built from sections as they stand in `profile.toml`, the common ones included."""

    date_format: str = ""
    stamp_format: str = ""
    customers: PartyApp
    contacts: PartyApp
    suppliers: PartyApp
    leads: PartyApp
    items: ItemApp
    invoices: DocumentApp
    supplier_invoices: DocumentApp
    purchase_orders: DocumentApp
    orders: DocumentApp
    estimates: DocumentApp

    @model_validator(mode="before")
    @classmethod
    def _common_sections_beneath(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        common = {"every-app", *KINDS}
        sections = {name: section for name, section in value.items() if name not in common}
        for kind, names in KINDS.items():
            for name in names:
                layers = (value.get("every-app", {}), value.get(kind, {}), value.get(name, {}))
                sections[name] = _merged(layers)
        return sections

    def app(self, name: str) -> PartyApp | ItemApp | DocumentApp:
        """The app of that name, which is also the name of its resource. Raises `KeyError` when there is none."""
        found = getattr(self, name.replace("-", "_"), None)
        if not isinstance(found, PartyApp | ItemApp | DocumentApp):
            raise KeyError(name)
        return found


def _merged(layers: Iterable[Any]) -> Any:
    """The layers laid over each other: tables are merged, anything else is replaced by the later one."""
    result: Any = {}
    for layer in layers:
        if isinstance(result, dict) and isinstance(layer, dict):
            result = {**result, **{key: _merged((result.get(key, {}), value)) for key, value in layer.items()}}
        else:
            result = layer
    return result


@cache
def sections() -> Mapping[str, Any]:
    """The shipped profile as it stands in its file, the common sections included."""
    return tomllib.loads((resources.files(__package__) / "profile.toml").read_text(encoding="utf-8"))


@cache
def shipped() -> Profile:
    """The profile that holds where a firm overrides nothing."""
    return Profile.model_validate(sections())


def over_shipped(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The sections of the shipped profile with a firm's laid over them, common ones over common ones."""
    merged: dict[str, Any] = _merged((sections(), changes))
    return merged
