"""The forms of bodies: JSON, or XML where a client sends it or asks for no JSON (docs/facts/xero.md, "Formats")."""

import re
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from tieout_sandbox import codec
from tieout_sandbox.exchange import Response, json_answer, text_answer
from tieout_sandbox.xero import stamps

_STAMP = re.compile(r"/Date\(-?\d+([+-]\d{4})?\)/")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_ELEMENTS = {"Elements": "DataContractBase", "Tracking": "TrackingCategory"}


def answer(name: str, body: Any, accept: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A body as the `Accept` header wants it; `name` is its outermost element in XML."""
    if wants_json(accept):
        return json_answer(body, status, headers, "application/json; charset=utf-8")
    return text_answer(_xml(name, body), status, "text/xml", headers)


def wants_json(accept: str) -> bool:
    """Whether JSON is asked for, by name or by a range of types; no header at all is no such wish."""
    return any(kind in accept.lower() for kind in ("json", "application/*", "*/*"))


def read(body: bytes) -> Any:
    """A body as it was sent; XML in the shape that it would have as JSON, every value a text.

    Raises `ValueError` when it is neither, or when it is XML with a document type.
    """
    if not body.lstrip().startswith(b"<"):
        return codec.loads(body)
    if b"<!DOCTYPE" in body:
        raise ValueError("a document type is not allowed")
    try:
        return _value(ElementTree.fromstring(body))  # noqa: S314 - no document type, so no entities to expand
    except ElementTree.ParseError as error:
        raise ValueError(str(error)) from error


def _value(element: ElementTree.Element) -> Any:
    name = _name(element)
    children = list(element)
    if not children:
        return (element.text or "").strip()
    one = _ELEMENTS.get(name) or _singular(name)
    if one != name and all(_name(each) == one for each in children):
        return [_value(each) for each in children]
    return {_name(each): _value(each) for each in children}


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _xml(name: str, value: Any) -> str:
    if isinstance(value, dict):
        inner = "".join(_xml(key, each) for key, each in value.items())
    elif isinstance(value, list):
        inner = "".join(_xml(_ELEMENTS.get(name) or _singular(name), each) for each in value)
    else:
        inner = _text(value)
    return f"<{name}>{inner}</{name}>" if inner else f"<{name} />"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    if _STAMP.fullmatch(text):
        text = stamps.text_of(stamps.stamp_ms(text)).rstrip("Z")
    return escape(_CONTROL.sub("", text))


def _singular(name: str) -> str:
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    return name.removesuffix("es") if name.endswith("sses") else name.removesuffix("s")
