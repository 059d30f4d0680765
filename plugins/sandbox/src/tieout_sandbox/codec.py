"""The one JSON codec of the sandbox: amounts are `Decimal` on the way in and JSON numbers on the way out."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_SUSPECT = (b"E+", b"E-", b"NaN", b"Infinity")
"""What stands in a text with a `Decimal` that the quick encoder writes otherwise than wanted."""
_HOLDERS = (dict, list)
_MARK = uuid4().hex
_MARKED = re.compile(f'"{_MARK}([^"]*)"')


class MalformedFile(ValueError):
    """A file given by a person cannot be used. The message names the file, the line where known, and the reason."""


def loads(text: str | bytes) -> Any:
    """Read JSON; every number with a fraction or an exponent becomes a `Decimal`, never a float.

    Raises `ValueError` when the text is no JSON.
    """
    try:
        return _DECODER.decode(text)
    except (msgspec.DecodeError, UnicodeError):
        # slower, but it says on which line the fault is, and reads halves of surrogate pairs and other encodings
        return json.loads(text, parse_float=Decimal)


def encoded(value: Any) -> bytes:
    """Write JSON in UTF-8; a `Decimal` becomes a plain number with exactly its digits.

    Raises `TypeError` for a value that has no JSON form here.
    """
    try:
        text = _ENCODER.encode(value)
    except UnicodeError:
        return _exactly(value)
    return _exactly(value) if any(each in text for each in _SUSPECT) else text


def dumps(value: Any) -> str:
    """Write JSON as text; otherwise like `encoded`."""
    return encoded(value).decode()


def copied(value: Any) -> Any:
    """A deep copy of a JSON value, so that nobody changes a record held by somebody else."""
    if isinstance(value, dict):
        return {key: copied(each) if isinstance(each, _HOLDERS) else each for key, each in value.items()}
    if isinstance(value, list):
        return [copied(each) if isinstance(each, _HOLDERS) else each for each in value]
    return value


def read_file(path: Path) -> Any:
    """Read a JSON file.

    Raises `MalformedFile` with the file, the line and the reason when it cannot be read.
    """
    try:
        return loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise MalformedFile(f"{path}, line {error.lineno}, column {error.colno}: {error.msg}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise MalformedFile(f"{path}, line {line}: not UTF-8 text ({error.reason})") from error
    except OSError as error:
        raise MalformedFile(f"{path}: {error.strerror or error}") from error


def _exactly(value: Any) -> bytes:
    text = json.dumps(value, default=_marked, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # only half a surrogate pair has no form in UTF-8, and what replaces it is its escape in JSON
    return _MARKED.sub(r"\1", text).encode(errors="backslashreplace")


def _marked(value: object) -> str:
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} has no JSON form")
    if not value.is_finite():
        raise TypeError(f"{value} has no JSON form")
    return f"{_MARK}{value:f}"
