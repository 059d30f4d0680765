"""The one JSON codec: amounts are JSON numbers and stay `Decimal` both ways, never a float in between."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

import msgspec

_encoder = msgspec.json.Encoder(decimal_format="number")
_sorted = msgspec.json.Encoder(decimal_format="number", order="deterministic")
_decoder = msgspec.json.Decoder(float_hook=Decimal)


def dumps(value: Any) -> bytes:
    """JSON in UTF-8 of plain values, `Decimal`s as numbers and dates as ISO 8601."""
    return _encoder.encode(value)


def loads(data: bytes | str) -> Any:
    """The value of a JSON text, numbers with a fraction as `Decimal`. Raises `ValueError` when it is not JSON."""
    try:
        return _decoder.decode(data)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(str(error)) from error


def digest(value: Any) -> str:
    """The SHA-256 of a value's JSON with sorted keys, in hexadecimal: equal content, equal digest."""
    return hashlib.sha256(_sorted.encode(value)).hexdigest()
