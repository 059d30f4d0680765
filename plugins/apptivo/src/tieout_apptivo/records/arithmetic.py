"""Whether documents come out by a profile: lines, discounts, tax, shipping and total, and each line by itself.

Source: docs/facts/apptivo.md, "Check of sums", "Probes".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tieout import Document, Line, Rejected, Settings, Tenant, Terms, Wire

from tieout_apptivo.records import documents
from tieout_apptivo.records.lines import cents, net
from tieout_apptivo.shape import scalars
from tieout_apptivo.shape.fields import at
from tieout_apptivo.shape.profile import DocumentApp, Profile
from tieout_apptivo.shape.scalars import Unreadable
from tieout_apptivo.shape.settings import Firm

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Sum:
    """How one document came out: its number, what is wrong with it (nothing: it comes out), and by how much."""

    number: str
    causes: tuple[str, ...] = ()
    what: str = ""
    difference: Decimal | None = None


def sums(name: str, profile: Profile, wires: Sequence[Wire], settings: Firm, memory: Mapping[str, Any]) -> list[Sum]:
    """Each document of the app called `name`, calculated afresh as the profile reads it."""
    terms = Terms(
        entity=name,
        constants={},
        settings=Settings(),
        pair=Settings(),
        connection=settings.model_copy(update={"profile": profile}),
        tenant=Tenant("", ""),
        reference={},
        memory=memory,
    )
    return [_sum(name, profile, wire, terms) for wire in wires]


def explained(app: DocumentApp, wires: Sequence[Wire], found: Sequence[Sum]) -> str:
    """The one key of the records whose value is the difference in every document that does not come out; else empty."""
    known = {path for name in type(app.fields).model_fields for path in getattr(app.fields, name)}
    pairs = [(wire, one.difference) for wire, one in zip(wires, found, strict=True) if one.difference]
    keys = [key for wire, _ in pairs[:1] for key in wire if key not in known]
    fits = [key for key in keys if all(_amount(wire, key) in (gap, -gap) for wire, gap in pairs if gap)]
    return fits[0] if len(fits) == 1 else ""


def _sum(name: str, profile: Profile, wire: Wire, terms: Terms) -> Sum:
    app = profile.app(name)
    assert isinstance(app, DocumentApp)  # noqa: S101 - sums are asked for documents alone
    number = next((text for path in app.fields.number if (text := scalars.text(at(wire, path)))), "")
    number = number or scalars.text(wire.get("id"))
    try:
        document = documents.lift(name, wire, terms)
    except Rejected as error:
        what = " ".join(f"{one.what} {one.why}".strip() for one in error.problems)
        return Sum(number, tuple(one.cause for one in error.problems), what, documents.gap(name, wire, terms))
    if document.standing == "void":
        return Sum(number)
    return _lines(number, document) or _tax(number, document) or Sum(number)


def _lines(number: str, document: Document) -> Sum | None:
    """The first line whose quantity, price and discount do not come to its amount."""
    for line in document.lines:
        if line.role != "goods" or line.amount is None:
            continue
        gross = line.quantity * line.price
        off = (line.discount or Decimal(0)) + gross * (line.discount_rate or Decimal(0)) / _HUNDRED
        if abs(cents(gross - off) - line.amount) > Decimal("0.02"):
            what = (
                f"A line says {line.amount:f}, and {line.quantity:f} x {line.price:f} less its discount is "
                f"{cents(gross - off)}."
            )
            return Sum(number, ("line-differs",), what, line.amount - cents(gross - off))
    return None


def _tax(number: str, document: Document) -> Sum | None:
    """The stated tax, where the taxes of the lines do not come to it."""
    taxed = [line for line in document.lines if line.tax is not None]
    if document.tax is None or any(line.tax_rate is None for line in taxed):
        return None
    computed = _computed(taxed, inclusive=document.tax_mode == "inclusive")
    if abs(computed - document.tax) <= documents.TOLERANCE:
        return None
    what = f"The tax of the lines comes to {computed}, and the document says {document.tax:f}."
    return Sum(number, ("tax-differs",), what, document.tax - computed)


def _computed(lines: Sequence[Line], *, inclusive: bool) -> Decimal:
    bases: dict[Decimal, Decimal] = {}
    for line in lines:
        rate = line.tax_rate or Decimal(0)
        bases[rate] = bases.get(rate, Decimal(0)) + net(line)
    shares = ((base * rate / (_HUNDRED + rate if inclusive else _HUNDRED)) for rate, base in bases.items())
    return sum((cents(share) for share in shares), Decimal(0))


def _amount(wire: Wire, key: str) -> Decimal | None:
    try:
        return scalars.number(at(wire, key))
    except Unreadable:
        return None
