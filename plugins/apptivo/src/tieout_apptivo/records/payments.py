"""The payments that stand within invoices and supplier invoices.

They have no list of their own: each is picked out of the document that holds it. A document that is paid, and does not
tell by which payments, yields one element that is held: a payment is never made up. Source: docs/facts/apptivo.md,
"Payments and credit" (the names are the profile's).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from tieout import Payment, Problem, Ref, Rejected, Terms, Wire, digest

from tieout_apptivo.shape import scalars
from tieout_apptivo.shape.dates import calendar
from tieout_apptivo.shape.fields import Values, at, objects, status
from tieout_apptivo.shape.profile import DocumentApp
from tieout_apptivo.shape.scalars import Unreadable, filled
from tieout_apptivo.shape.settings import Firm

WRITTEN_BACK = "Xero"
"""The type of a payment that came from the books, as the native integration calls it.

Source: docs/facts/apptivo.md, "What the native connection syncs".
"""

UNTOLD = "untold"
"""Stands for the payment's id where a document is paid and does not tell how."""


def pick(app: str, wire: Wire, settings: Firm) -> Iterator[Wire]:
    """The payments of a document of the app called `app`, each with what it needs to know of the document.

    A payment that was written back from the books is not the firm's own and is left out. What is paid beyond the
    payments that are told, by more than a cent, comes as one element without a payment.
    """
    profile = settings.profile.app(app)
    assert isinstance(profile, DocumentApp)  # noqa: S101 - only documents hold payments
    document = next((id for path in profile.fields.id if (id := scalars.ident(at(wire, path)))), "")
    number = next((text for path in profile.fields.number if (text := scalars.text(at(wire, path)))), document)
    common = {"app": app, "document": document, "number": number}
    told = next((rows for path in profile.payments.path if (rows := objects(at(wire, path)))), [])
    seen: dict[str, int] = {}
    for row in told:
        if _field(profile, row, "type").casefold() == WRITTEN_BACK.casefold():
            continue
        one = _field(profile, row, "id") or digest(row)[:12]
        seen[one] = seen.get(one, 0) + 1
        one = one if seen[one] == 1 else f"{one}-{seen[one]}"
        yield {**common, "id": f"{document}/{one}", "payment": row}
    left = _untold(profile, wire, told)
    if left:
        yield {**common, "id": f"{document}/{UNTOLD}", "paid": left}


def lift(wire: Wire, terms: Terms) -> Payment:
    """An element that `pick` found as a payment; one that was taken back stands `void`.

    Raises `Rejected` for a document that does not tell its payments (`payment-detail-missing`), and for a date or an
    amount that is missing or cannot be read.
    """
    app: DocumentApp = terms.connection.profile.app(wire["app"])
    if "payment" not in wire:
        raise Rejected(_detail_missing(wire, app))
    record = Values(
        wire=wire["payment"],
        fields=app.payments.fields,
        place=f"{wire['app']}.payments",
        noun="payment",
        calendar=calendar(terms.connection, terms.memory),
    )
    day, amount = record.day("date"), record.number("amount")
    for name, value in (("date", day), ("amount", amount)):
        if value is None and record.raw(name) is None:
            record.missing(name)
    voided = record.flag("voided", False)
    if day is None or amount is None or record.problems:
        raise Rejected(*record.problems)
    return Payment(
        standing="void" if voided else "live",
        document=Ref(entity=wire["app"], id=wire["document"], name=wire["number"]),
        date=day,
        amount=amount,
        reference=record.text("reference"),
    )


def _untold(app: DocumentApp, wire: Wire, told: list[Wire]) -> str:
    """What is paid and not told, as text; empty where all is told, or nothing says what is paid."""
    meaning = status(wire, app)
    if meaning == "void":
        return ""
    try:
        paid, balance, total = (_amount(wire, getattr(app.fields, name)) for name in ("paid", "balance", "total"))
        if paid is None and total is not None:
            paid = total - balance if balance is not None else total if meaning == "settled" else None
        known = sum((_told_amount(app, row) for row in told), Decimal(0))
    except Unreadable:
        return ""  # the document itself is held for it
    left = Decimal(0) if paid is None else paid - known
    return format(left, "f") if left > Decimal("0.01") else ""


def _told_amount(app: DocumentApp, row: Wire) -> Decimal:
    voided = scalars.flag(next((at(row, path) for path in app.payments.fields.voided if filled(at(row, path))), None))
    return Decimal(0) if voided else _amount(row, app.payments.fields.amount) or Decimal(0)


def _amount(wire: Wire, paths: tuple[str, ...]) -> Decimal | None:
    return scalars.number(next((value for path in paths if filled(value := at(wire, path))), None))


def _field(app: DocumentApp, row: Wire, name: str) -> str:
    paths: Any = getattr(app.payments.fields, name)
    return next((text for path in paths if (text := scalars.text(at(row, path)))), "")


def _detail_missing(wire: Wire, app: DocumentApp) -> Problem:
    tried = ", ".join(app.payments.path)
    return Problem(
        cause="payment-detail-missing",
        what=f"{wire['number']} is paid to {wire['paid']}, and Apptivo does not tell by which payments.",
        why=f"Nothing that explains it stands at {tried or 'a place that the profile names'}; the date and the account "
        "of a payment are never made up.",
        fix="Record the payment on the document in Apptivo, or enter it in the books; if it is recorded there, name "
        f"where it lies: {wire['app']}.payments.path = [...] in the firm's profile.",
        about=wire["number"],
    )
