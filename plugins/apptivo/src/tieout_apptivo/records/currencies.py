"""Which way round exchange rates are written, concluded from their magnitude.

That a pound is worth many yen tells which of the two a rate of 0.0052 counts. The worths below are rough on purpose:
only pairs that lie far apart, and stay so, tell anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Literal, TypeAlias

Per: TypeAlias = Literal["own", "document", ""]
"""For one unit of which currency a rate is told: the firm's own, the document's, or not known."""

_WORTH: Mapping[str, Decimal] = {
    code: Decimal(worth)
    for code, worth in {
        **{"GBP": "1.3", "CHF": "1.15", "EUR": "1.1", "USD": "1", "SGD": "0.75", "CAD": "0.73", "AUD": "0.66"},
        **{"NZD": "0.6", "ILS": "0.28", "SAR": "0.27", "AED": "0.27", "PLN": "0.26", "MYR": "0.23", "BRL": "0.18"},
        **{"DKK": "0.15", "CNY": "0.14", "HKD": "0.13", "SEK": "0.1", "NOK": "0.095", "ZAR": "0.055", "MXN": "0.053"},
        **{"CZK": "0.044", "TWD": "0.031", "THB": "0.029", "PHP": "0.0175", "INR": "0.012", "KES": "0.0078"},
        **{"JPY": "0.0067", "HUF": "0.0027", "KRW": "0.00073", "IDR": "0.000062", "VND": "0.00004"},
    }.items()
}
"""Roughly how many US dollars one unit is."""

_FAR = Decimal("1.4")
"""How far from 1 two currencies have to lie for a rate between them to tell which way round it is."""
_NEAR = Decimal("1.6")
"""How far a rate may be from the rough one."""


def rate_per(own: str, rates: Iterable[tuple[str, Decimal]]) -> Per:
    """Which way round all these rates (a document's currency, its rate) are; empty where they do not agree or tell."""
    found = {_per(own, currency, rate) for currency, rate in rates} - {""}
    return found.pop() if len(found) == 1 else ""


def _per(own: str, currency: str, rate: Decimal) -> Per:
    if own not in _WORTH or currency not in _WORTH or rate <= 0:
        return ""
    document = _WORTH[currency] / _WORTH[own]
    if 1 / _FAR < document < _FAR:
        return ""
    if 1 / _NEAR < rate / document < _NEAR:
        return "document"
    return "own" if 1 / _NEAR < rate * document < _NEAR else ""
