"""Posting: what a lowered page still needs before it is sent, whoever lowered it.

Prices are folded, the total is computed as Xero will and a rounding line closes the gap, lines keep their ids, and a
document that was taken back at its source becomes the steps that take it back in Xero. Of what is paid there only what
may still be edited is sent.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tieout import Document, Lowering, Party, Payment, Problem, Reject, Step, Terms, Wire, Work

from tieout_xero import accounts, contacts, dressing, lines, payments, preflight, settled, taxes
from tieout_xero import wire as xero
from tieout_xero.arithmetic import Sums, sums
from tieout_xero.books import Books

_TAKEN_BACK = re.compile(r"-VOID-\d+$")
_MOST = 1_000_000
_STAYS = Problem(
    cause="stays-in-target",
    what="The record was taken back at its source; its contact or item stays in Xero.",
    why="Documents may still need it there.",
    fix="Archive it in Xero if it is not used any more.",
)


def post(work: Work) -> list[Any]:
    """The steps, or the `Reject`, for each record of a page that is to be lowered, in order."""
    if issubclass(work.resource.type, Payment):
        return payments.post(work)
    books = Books.of(work.terms)
    sent = tuple(item for item in work.items if item.record.standing != "void")
    answers = iter(replace(work, items=sent).each())
    return [
        _take_back(item, work, books) if item.record.standing == "void" else _finish(item, next(answers), work, books)
        for item in work.items
    ]


def _finish(item: Lowering, answer: Any, work: Work, books: Books) -> Any:
    if isinstance(answer, Reject):
        return answer
    (step,) = answer
    if isinstance(item.record, Party) and work.binding.lower is None:  # a stranger's may leave fields out by intent
        return (replace(step, notes=contacts.notes(item.record, step.body, item.now, books)),)
    if not isinstance(item.record, Document):
        return answer
    dressed, missing = dressing.dress(step.body, item.now, work.terms)
    body, found = close(dressed, item.record, work.terms)
    found = [*missing, *found]
    if work.binding.lower is not None:  # the resource's own has looked already
        found = [*preflight.finality(item.now or {}), *preflight.problems(body, item.now, books), *found]
    if item.now and "LineItems" in body:
        body = {**body, "LineItems": _identified(body["LineItems"], item.now.get("LineItems") or [])}
    if item.now and preflight.paid(item.now) and not preflight.finality(item.now):
        body, fixed = settled.edits(body, item.now)
        found += fixed
    if found:
        return Reject(tuple(dict.fromkeys(found)))
    if item.now and not body.keys() - work.binding.constants.keys():
        return ()
    return (replace(step, body=body, notes=dressing.notes(item.record, step.body)),)


def close(body: Wire, document: Document, terms: Terms) -> tuple[Wire, list[Problem]]:
    """The body folded and with a rounding line where one is needed, and what keeps it from agreeing to the cent."""
    books, rounding = Books.of(terms), terms.pair.rounding
    kind = preflight.kind(body)
    folded = {**body, "LineItems": [lines.fold(line, kind) for line in body.get("LineItems") or ()]}
    come_to = sums(folded, books.rate)
    off = document.total - come_to.total
    tax_off = Decimal(0) if document.tax is None else document.tax - come_to.tax
    if max(abs(off), abs(tax_off)) > rounding.tolerance:
        return folded, [_differs(document, come_to, rounding.tolerance)]
    if not off:
        return folded, []
    line, found = _rounding(off, kind, terms, books)
    return {**folded, "LineItems": [*folded["LineItems"], line]}, found


def _differs(document: Document, come_to: Sums, tolerance: Decimal) -> Problem:
    stated = f"{document.total} (tax {document.tax})" if document.tax is not None else f"{document.total}"
    return Problem(
        cause="total-differs",
        what=f"The source states a total of {stated}, and Xero would come to {come_to.total} (tax {come_to.tax}).",
        why=f"More than {tolerance} is never rounded away.",
        fix="Look at the lines, discounts and taxes at the source, and at the taxes that are chosen for them.",
    )


def _rounding(off: Decimal, kind: str, terms: Terms, books: Books) -> tuple[Wire, list[Problem]]:
    chosen = terms.pair.rounding.account
    account = books.account(chosen) if chosen else books.rounding
    if account is None or not account.active:
        return {}, [
            Problem(
                cause="rounding-account-missing",
                what=f"A rounding difference of {off} has no account to go to.",
                why="The organisation has no rounding account of its own, or the chosen one is not in use.",
                fix="Choose an account under rounding of the pair.",
            )
        ]
    tax_type = taxes.without_tax(account, side=preflight.side(kind), chosen=terms.pair.taxes, books=books)
    if tax_type is None:
        return {}, [
            Problem(
                cause="tax-unmapped",
                what=f"No tax of 0% may be used with the rounding account {accounts.label(account)}.",
                fix='Choose a Xero tax for "none", or another account under rounding of the pair.',
                about=taxes.UNTAXED,
            )
        ]
    line = {"Description": lines.ROUNDING, "Quantity": Decimal(1), "UnitAmount": xero.plain(off)}
    return {**line, **accounts.fields(account), "TaxType": tax_type}, []


def _identified(new: list[Wire], old: list[Wire]) -> list[Wire]:
    """The lines with the ids and tracking of those they stand in for.

    When there are more of them than before all ids are left out, which replaces the whole list: Xero may put lines
    without an id on top of those with one (docs/facts/xero.md, "Line ids").
    """
    if len(new) > len(old):
        return new
    return [_standing_in(line, was) for line, was in zip(new, old, strict=False)]


def _standing_in(line: Wire, was: Wire) -> Wire:
    rest = {name: value for name, value in line.items() if name != "Tracking"}
    return {**rest, **{name: was[name] for name in ("LineItemID", "Tracking") if was.get(name)}}


def _take_back(item: Lowering, work: Work, books: Books) -> tuple[Step, ...] | Reject:
    """The steps that take a document back; contacts and items stay for good."""
    now = item.now
    if not isinstance(item.record, Document):
        return Reject((_STAYS,))
    if item.id is None or now is None:
        return Reject((preflight.GONE,))
    kind = preflight.kind(now if "Type" in now else dict(work.terms.constants))
    stays = preflight.finality(now) or preflight.paid(now)
    if found := (*stays, *preflight.locked(kind, (xero.day(now, "Date"),), books)):
        return Reject(found)
    if kind == "order":
        return _order_steps(item.id, now)
    if now.get("Status") == "AUTHORISED":
        return (Step(op="void", id=item.id, body={"Status": "VOIDED"}),)
    return (Step(op="remove", id=item.id, body={"Status": "DELETED"}),)


def _order_steps(order: str, now: Wire) -> tuple[Step, ...]:
    """A deleted order still owns its number, so it is renamed first (docs/facts/xero.md, "Purchase orders")."""
    number = now.get("PurchaseOrderNumber") or ""
    removal = Step(op="remove", id=order, body={"Status": "DELETED"})
    if not number or _TAKEN_BACK.search(number):
        return (removal,)
    renamed = f"{number}-VOID-{zlib.crc32(order.encode()) % _MOST}"
    return Step(op="update", id=order, body={"PurchaseOrderNumber": renamed}), removal
