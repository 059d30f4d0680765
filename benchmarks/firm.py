"""The firm that is moved: 500 customers and any number of invoices.

Each record is computed from its place in the list, so a firm of a million invoices needs little memory. Texts,
quantities and prices differ from line to line, because equal lines would compress better than those of a real firm.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b

FIRM = 90001
NAME = "Bench Pty Ltd"
CURRENCY = "AUD"
CUSTOMERS = 500
LINES = 5
TAX = "GST"
RATE = 10

PREPARED = 20_000
"""How many invoices are kept encoded by the server, which bounds its memory."""

_GOODS = (
    "Pump seal",
    "Bearing – Größe M",
    "Gasket & ring set",
    "Filter cartridge",
    "Drive belt",
    "Pressure gauge",
    "Ball valve",
    "Hose 3/4 inch",
    "Cable gland",
    "Relay 24 V",
    "Coupling",
)
_WORK = (
    "supplied and fitted on site",
    "delivered to the loading dock",
    "replaced under the service plan",
    "exchanged after the yearly inspection",
    "packed & shipped with the weekly run",
)
_TERMS = (
    "tested to 16 bar; guaranteed for two years from the day of delivery if kept dry",
    "see the signed work sheet of the technician, which is kept with the order",
    "price as agreed with your purchasing department, carriage and packing included",
    "old part taken back for recycling at no charge, certificate of disposal attached",
)
_FIRST_CUSTOMER = datetime(2026, 1, 13, 8)  # noqa: DTZ001 (the firm's own clock, which a list shows without a zone)
_FIRST_INVOICE = datetime(2026, 1, 14, 8)  # noqa: DTZ001
_APART = timedelta(seconds=20)
_DAYS = 180


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer, by its place."""

    place: int

    @property
    def id(self) -> int:
        """The id in Apptivo."""
        return 1_000_000 + self.place

    @property
    def name(self) -> str:
        """The name, which no other customer has."""
        return f"Customer {self.place} & Söhne"

    @property
    def contact(self) -> str:
        """The name of the person whom invoices are for."""
        return f"Chloe Quinn {self.place}"

    @property
    def email(self) -> str:
        """The address for invoices."""
        return f"accounts@customer{self.place}.example"

    @property
    def street(self) -> str:
        """The first line of the billing address; the other lines are always the same."""
        return f"{self.place} Banksia Cres"

    @property
    def made(self) -> datetime:
        """When it was created and last changed, by the clock of the firm."""
        return _FIRST_CUSTOMER + self.place * _APART


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an invoice; prices and amounts are in cents."""

    quantity: int
    price: int
    text: str

    @property
    def net(self) -> int:
        """The amount without tax."""
        return self.quantity * self.price

    @property
    def tax(self) -> int:
        """The tax, rounded half up on the line, as Xero does."""
        return (self.net * RATE * 2 + 100) // 200


@dataclass(frozen=True, slots=True)
class Invoice:
    """One invoice with its content."""

    place: int
    id: int
    number: str
    order: str
    customer: Customer
    day: date
    due: date
    lines: tuple[Line, ...]

    @property
    def net(self) -> int:
        """The sum of the lines without tax, in cents."""
        return sum(line.net for line in self.lines)

    @property
    def tax(self) -> int:
        """The sum of the lines' taxes, in cents."""
        return sum(line.tax for line in self.lines)

    @property
    def made(self) -> datetime:
        """When it was created and last changed, by the clock of the firm."""
        return _FIRST_INVOICE + self.place * _APART


@lru_cache(PREPARED)
def invoice(place: int) -> Invoice:
    """Return the invoice at a place, counted from 0."""
    day = date(2026, 1, 14) + timedelta(days=place % _DAYS)
    return Invoice(
        place=place,
        id=invoice_id(place),
        number=f"AP-{place:07}",
        order=f"PO {_code(place)}",
        customer=Customer(place % CUSTOMERS),
        day=day,
        due=day + timedelta(days=30),
        lines=tuple(_line(place, at) for at in range(LINES)),
    )


def invoice_id(place: int) -> int:
    """Return the id in Apptivo of the invoice at a place."""
    return 5_000_000 + place


def place_of(number: str) -> int | None:
    """Return the place of the invoice with a number; None for a number that no invoice has."""
    digits = number.removeprefix("AP-")
    return int(digits) if number.startswith("AP-") and digits.isdecimal() else None


def _line(place: int, at: int) -> Line:
    code = _code(place * LINES + at)
    goods, work = _GOODS[(place + at * 3) % len(_GOODS)], _WORK[(place // 3 + at) % len(_WORK)]
    terms = _TERMS[(place // 7 + at) % len(_TERMS)]
    return Line(
        quantity=(place * 7 + at * 3) % 9 + 1,
        price=(place * 1_009 + at * 10_007) % 99_000 + 25,
        text=f"{goods}, serial {code}, {work}; {terms}",
    )


def _code(seed: int) -> str:
    """Return a text that looks random but is the same each time."""
    return blake2b(seed.to_bytes(8, "big"), digest_size=5).hexdigest().upper()
