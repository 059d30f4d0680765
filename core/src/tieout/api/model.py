"""The common language of all systems: records, references, money and the shared types.

A connector turns its resources into these types and back, an entity names one of them as its model, and so M entities
and N systems need M + N mappings. Every model is frozen; amounts are `Decimal` in the currency of the record, stamps
are aware datetimes in UTC, and the dates of documents are plain dates without a zone.
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict

Side = Literal["source", "target"]
Standing = Literal["draft", "live", "settled", "void", "archived"]
"""What may be done with a record: `draft` is still being written, `live` is in force, `settled` is paid, billed or
closed (its content is locked), `void` was taken back (voided, cancelled, deleted), `archived` is out of use."""

E = TypeVar("E", bound=str)


def _exact(value: object) -> object:
    if isinstance(value, float):
        raise ValueError("a float is not exact: give a Decimal, an int or text")
    return value


Amount = Annotated[Decimal, BeforeValidator(_exact)]
"""A number that is never a float: money in the record's currency, a quantity, a price or a percentage."""


class Model(BaseModel):
    """The base of every value in this module: frozen, and closed to unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Money(Model):
    """An amount with its currency (ISO 4217)."""

    amount: Amount
    currency: str


class Ref(Model, Generic[E]):
    """A reference from one record to another, by the id that the other has on `side`.

    `lift` yields references of its own side. Core turns one side's ids into the other's through links before `lower`,
    which then finds the target's `id` and, where the target addresses by it, the natural `key` (an item's code).
    `name` is what people call the record, when that is known.
    """

    entity: E
    id: str
    side: Side = "source"
    key: str | None = None
    name: str | None = None


class Record(Model):
    """What every canonical record has; an entity's model is a shared type below or adds fields to one.

    `external` is the number under which the target knows the source's record: core sets it before `lower`, and `lift`
    reads it back where the resource has a field for it. `counterpart` is the target's id where the source's record
    names it itself, because another program has linked the two before.
    """

    external: str | None = None
    counterpart: str | None = None
    standing: Standing = "live"


class Address(Model):
    """A postal address; `kind` is `billing` or `delivery`, `country` an ISO 3166 code or a name."""

    kind: Literal["billing", "delivery"] = "billing"
    lines: tuple[str, ...] = ()
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""


class Party(Record):
    """Somebody to trade with: a customer, a supplier, or a person.

    A person carries first and last name besides `name`; `currency` is ISO 4217, `terms` the days until payment is due.
    """

    name: str
    person: bool = False
    first_name: str = ""
    last_name: str = ""
    number: str | None = None
    email: str = ""
    phone: str = ""
    mobile: str = ""
    tax_number: str = ""
    currency: str | None = None
    terms: int | None = None
    addresses: tuple[Address, ...] = ()
    parent: Ref[str] | None = None


class Item(Record):
    """Something bought or sold; `price` and `cost` are per unit in the base currency, `stock` marks kept stock."""

    code: str
    name: str = ""
    description: str = ""
    price: Amount | None = None
    cost: Amount | None = None
    tax: str | None = None
    sold: bool = True
    purchased: bool = True
    stock: bool = False


class Line(Model):
    """One line of a document: quantity x price less a discount, in the document's currency.

    At most one of `discount_rate` (percent) and `discount` (amount off the whole line) is given. `amount` is the line
    net of its discount as the system states it, None where it states none. `tax` is the tax's name in its own system,
    None for an untaxed line, and `tax_rate` its percentage. `role` tells goods from lines that stand for a
    header's figure.
    """

    description: str = ""
    quantity: Amount = Decimal(1)
    price: Amount = Decimal(0)
    discount_rate: Amount | None = None
    discount: Amount | None = None
    amount: Amount | None = None
    tax: str | None = None
    tax_rate: Amount | None = None
    account: str | None = None
    item: Ref[str] | None = None
    stock: bool = False
    role: Literal["goods", "shipping", "discount", "rounding"] = "goods"


class Document(Record):
    """An invoice, a bill or an order.

    `party` is the one reference that is followed; on sales `customer` and `contact` are the candidates for it and
    `bill_to` what the record itself chooses. `total` and `tax` are as the system states them, in `currency`. With
    `tax_mode` `inclusive` prices and amounts contain the tax, with `none` there is no tax. `rate` is units of
    `currency` for one unit of the base currency. `url` leads a person to the record in its own system.
    """

    number: str | None = None
    reference: str = ""
    party: Ref[str] | None = None
    customer: Ref[str] | None = None
    contact: Ref[str] | None = None
    bill_to: Literal["customer", "contact"] | None = None
    date: datetime.date
    due: datetime.date | None = None
    delivery: datetime.date | None = None
    currency: str | None = None
    rate: Amount | None = None
    tax_mode: Literal["exclusive", "inclusive", "none"] = "exclusive"
    lines: tuple[Line, ...] = ()
    tax: Amount | None = None
    total: Amount
    note: str = ""
    url: str = ""


class Payment(Record):
    """Money paid or received on a document, in that document's currency.

    `document` is None while the document is not in the target; such a payment is lowered for its problems alone.
    """

    document: Ref[str] | None
    date: datetime.date
    amount: Amount
    account: str | None = None
    reference: str = ""


class Settlement(Record):
    """How far a document is settled in the books, in its currency: what an accounting system tells a business system.

    `paid` and `due` are the books' own figures, credits included in `paid`; `settled_on` is the date of the last
    payment. `payments` are those that the business system does not know of: entered in the books.
    """

    state: Literal["open", "part-paid", "paid", "void"]
    paid: Amount = Decimal(0)
    due: Amount = Decimal(0)
    settled_on: datetime.date | None = None
    payments: tuple[Payment, ...] = ()


class Mark(Record):
    """What people look for on a record of the business system: whether it is in the books, and if not, why.

    `at` is when it was last synced (UTC), `target_id` and `url` lead to its counterpart. `billed` is who a sales
    document was billed to.
    """

    status: Literal["synced", "held", "skipped", "failed"]
    reason: str = ""
    direction: str = ""
    billed: Literal["customer", "contact"] | None = None
    at: AwareDatetime | None = None
    target_id: str = ""
    url: str = ""


class Reference(Model):
    """One row of a system's reference data: what drop-downs and pre-flight are fed with.

    `id` is the system's stable key, `code` what people and documents write, `active` False once it is retired.
    """

    id: str
    name: str
    code: str | None = None
    active: bool = True


class Account(Reference):
    """An account of the chart; `roles` are the uses it is legal for, among payment, inventory, sales and purchase.

    `type` is as the system writes it, `kind` the same as its people read it.
    """

    type: str = ""
    kind: str = ""
    category: str = ""
    system: str = ""
    currency: str | None = None
    roles: frozenset[str] = frozenset()


class TaxRate(Reference):
    """A tax with its effective `rate` in percent and the account categories that it may be used with."""

    rate: Amount = Decimal(0)
    categories: frozenset[str] = frozenset()


class Currency(Reference):
    """A currency that the system may use; `code` is ISO 4217."""


class Tracking(Reference):
    """A tracking category with the names of its options."""

    options: tuple[str, ...] = ()


class Lock(Reference):
    """A date up to which, inclusive, the books are closed; None while they are open."""

    until: datetime.date | None = None


class Organisation(Reference):
    """The firm behind a tenant: base currency (ISO 4217), country (ISO 3166) and its own name of its time zone."""

    currency: str
    country: str = ""
    zone: str = ""


class Permission(Reference):
    """An action that the tenant's plan allows or refuses."""

    allowed: bool = True
