"""Apptivo's scalars: text, numbers, flags and ids as they come, and nothing that is guessed.

Sources: docs/facts/apptivo.md, "Scalars", "Ids and numbers".
"""

from __future__ import annotations

import html
import re
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

_PLAIN_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")
_GROUPED_NUMBER = re.compile(r"[+-]?\d{1,3}(,\d{2,3})*,\d{3}(\.\d+)?")
_ENTITY = re.compile(r"&(#\d+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);")
_NET = re.compile(r"(?:\d+\s*/\s*\d+,?\s+)?(?:net|due in)?\s*(\d{1,3})\s*(?:d|days?)?", re.IGNORECASE)
_AT_ONCE = frozenset({"due on receipt", "due upon receipt", "immediate", "cod", "cash on delivery", "prepaid"})
_FLAGS = {"y": True, "yes": True, "true": True, "1": True, "n": False, "no": False, "false": False, "0": False}
# fmt: off
_BLOCKS = frozenset([
    "p", "div", "br", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote",
    "pre", "hr", "section", "article",
])
_TAGS = _BLOCKS | frozenset([
    "a", "abbr", "b", "big", "body", "center", "cite", "code", "col", "colgroup", "del", "em", "font",
    "head", "html", "i", "img", "ins", "kbd", "label", "mark", "meta", "s", "small", "span", "strike",
    "strong", "style", "script", "sub", "sup", "tbody", "td", "tfoot", "th", "thead", "title", "tt", "u",
])
# fmt: on
_MARKUP = re.compile(rf"</?({'|'.join(sorted(_TAGS))})(\s[^<>]*)?/?>", re.IGNORECASE)


class Unreadable(ValueError):
    """A value that has no safe meaning; `cause` is the stable code of the problem, `why` what is wrong with it."""

    def __init__(self, cause: str, why: str) -> None:
        super().__init__(why)
        self.cause = cause
        self.why = why


def filled(value: Any) -> bool:
    """Whether there is a value: a missing key, null, blank text, the text `null` and an empty list all mean none."""
    if isinstance(value, str):
        return value.strip() not in ("", "null")
    return value is not None and value not in ([], {})


def text(value: Any) -> str:
    """The value as text without blanks at its ends; empty for none, and for what is no scalar."""
    if not filled(value) or isinstance(value, dict | list | bool):
        return ""
    return format(value, "f") if isinstance(value, Decimal) else str(value).strip()


def number(value: Any) -> Decimal | None:
    """The number, exactly; None for none.

    Text may group thousands by commas, in the Western or the Indian manner; any other comma raises `Unreadable`,
    because it might be a decimal one.
    """
    if not filled(value):
        return None
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str):
        digits = value.strip()
        if _PLAIN_NUMBER.fullmatch(digits):
            return Decimal(digits)
        if _GROUPED_NUMBER.fullmatch(digits):
            return Decimal(digits.replace(",", ""))
    raise Unreadable("number-unreadable", f'"{value}" is not a number that can be read in one way only.')


def flag(value: Any) -> bool | None:
    """The truth of `Y`, `N` and their like; None for none. Raises `Unreadable` for anything else."""
    if not filled(value):
        return None
    if isinstance(value, bool):
        return value
    if (found := _FLAGS.get(str(value).strip().lower())) is None:
        raise Unreadable("flag-unreadable", f'"{value}" is neither Y nor N.')
    return found


def ident(value: Any) -> str:
    """An id as text: `5000100`, `"5000100"` and `"05000100"` are one id; empty for none."""
    found = text(value)
    return str(int(found)) if found.isascii() and found.isdigit() else found


def days(value: Any) -> int | None:
    """The days of a payment term: `Net 30` is 30, `Due on receipt` 0; None where the term tells no fixed number."""
    term = text(value)
    if term.lower() in _AT_ONCE:
        return 0
    return int(match[1]) if (match := _NET.fullmatch(term)) else None


def plain(value: Any) -> str:
    """Text without the markup of rich-text editors; text without markup is kept as it is.

    Paragraphs and list entries become lines. A `<` that begins no known tag is text.
    """
    found = text(value)
    if _MARKUP.search(found):
        reader = _Text()
        reader.feed(found)
        reader.close()
        return reader.result()
    return _ENTITY.sub(lambda match: html.unescape(match[0]), found).replace("\xa0", " ").strip()


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self._hidden += 1
        elif tag in _BLOCKS:
            self._parts.append("\n")
        elif tag in ("td", "th"):
            self._parts.append(" ")
        elif tag not in _TAGS:
            self._parts.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._hidden = max(0, self._hidden - 1)
        elif tag in _BLOCKS:
            self._parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._parts.append(re.sub(r"\s+", " ", data))

    def result(self) -> str:
        lines = (" ".join(line.split()) for line in "".join(self._parts).split("\n"))
        return "\n".join(line for line in lines if line)
