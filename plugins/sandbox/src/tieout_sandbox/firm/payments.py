"""What is paid of the firm's invoices and bills, and how much of that their records tell."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from random import Random

from tieout_sandbox.apptivo.arithmetic import number, rounded
from tieout_sandbox.apptivo.folder import Records
from tieout_sandbox.apptivo.layoutfile import usual
from tieout_sandbox.firm.documents import CLOSED
from tieout_sandbox.firm.records import Record, day

_TOLD, _SUMMED = 0.40, 0.55
"""Up to the first share the payments are there one by one, up to the second only their sum is, past it nothing."""

_TYPES = ("Bank Transfer", "Bank Transfer", "Cheque", "Credit Card")
_FIRST_ID = 700_001


def pay(rng: Random, records: Records) -> None:
    """Enter payments on paid and part-paid documents; the first one that can is paid in two equal halves on one day."""
    ids = count(_FIRST_ID)
    halves = True
    for record, role in _settled(records):
        told, total = rng.random(), number(record["total"])
        amounts = _amounts(rng, total, record) if role == "paid" else [_some(rng, total, record)]
        days = sorted(_day(rng, record) for _ in amounts)
        if halves and role == "paid" and told < _TOLD and total * 100 % 2 == 0:
            halves, amounts, days = False, [total / 2] * 2, [_day(rng, record)] * 2
        if told < _TOLD:
            record["payments"] = [
                _payment(rng, next(ids), amount, made, record) for amount, made in zip(amounts, days, strict=True)
            ]
        if told < _SUMMED:
            record["amountPaid"] = _written(sum(amounts, Decimal(0)), record)
            record["balanceDue"] = _written(total - sum(amounts, Decimal(0)), record)


def _settled(records: Records) -> Iterator[tuple[Record, str]]:
    """The documents of which something is paid, with the role of their status."""
    for collection in ("invoices", "supplier-invoices"):
        statuses = usual().app(collection).statuses
        roles = {statuses[role].number: role for role in ("part-paid", "paid")}
        for record in records[collection]:
            if record["statusId"] in roles and number(record["total"]) > 0:
                yield record, roles[record["statusId"]]


def _amounts(rng: Random, total: Decimal, record: Record) -> list[Decimal]:
    """The whole, in one payment or in two."""
    first = _some(rng, total, record)
    return [first, total - first] if rng.random() < 0.2 and 0 < first < total else [total]


def _some(rng: Random, total: Decimal, record: Record) -> Decimal:
    """A part of the total, never all of it."""
    return rounded(total * rng.randrange(20, 80) / 100, record["currencyCode"])


def _day(rng: Random, record: Record) -> date:
    made = datetime.strptime(record["invoiceDate"], "%d/%m/%Y").date()  # noqa: DTZ007 - a plain date
    return min(made + timedelta(days=rng.randrange(1, 35)), CLOSED)


def _payment(rng: Random, payment_id: int, amount: Decimal, made: date, record: Record) -> Record:
    return {
        "paymentId": payment_id,
        "paymentDate": day(made),
        "amount": _written(amount, record),
        "paymentType": rng.choice(_TYPES),
        "referenceNumber": f"TT {payment_id % 100_000:05}",
        "voided": "N",
    }


def _written(amount: Decimal, record: Record) -> str | Decimal:
    """An amount in the form, text or number, that the document's own have."""
    return str(amount) if isinstance(record["total"], str) else amount
