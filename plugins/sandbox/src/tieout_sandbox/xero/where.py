"""The `where` of a list: a C#-like expression turned into a predicate on wire records.

Source: docs/facts/xero.md, "Filters".
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from operator import ge, gt, le, lt
from typing import Any, TypeAlias

from tieout_sandbox.xero.problems import bad_query
from tieout_sandbox.xero.stamps import milliseconds, stamp_ms
from tieout_sandbox.xero.table import Record

Value: TypeAlias = Callable[[Record], Any]

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"[^"\\]*")|(?P<number>-?\d+(?:\.\d+)?)[mM]?|(?P<name>[A-Za-z_]\w*)"""
    r"""|(?P<mark>&&|\|\||==|!=|<>|>=|<=|[=<>!().,]))"""
)
_ORDERS = {">": gt, ">=": ge, "<": lt, "<=": le}
_EQUALS = ("==", "=", "!=", "<>")
_AND, _OR = ("and", "&&"), ("or", "||")
_METHODS: dict[str, Callable[[Any, Any], bool]] = {
    "contains": lambda text, part: part in text,
    "startswith": lambda text, part: text.startswith(part),
    "endswith": lambda text, part: text.endswith(part),
    "equals": lambda text, part: text == part,
}


class _Moment(int):
    """Milliseconds since the epoch, to be compared with a stamp."""


@dataclass(frozen=True, slots=True)
class Where:
    """An expression: the `test` that it is, the `paths` of the fields that it names, and whether it is `plain`.

    Plain are comparisons that hold together; `alternatives` says that one of several is enough.
    """

    test: Callable[[Record], bool]
    paths: frozenset[str]
    plain: bool
    alternatives: bool


def where(text: str, kind: str, names: frozenset[str]) -> Where:
    """Read an expression over the fields `names` of a record of `kind`.

    Raises `Problem` (400, QueryParseException) when it cannot be read.
    """
    reader = _Reader(text, kind, names)
    value = reader.disjunction()
    reader.end()
    return Where(lambda record: bool(value(record)), frozenset(reader.paths), reader.plain, reader.alternatives)


def folded(value: Any) -> Any:
    """A text as Xero compares it: without case and accents; other values as they are."""
    if not isinstance(value, str):
        return value
    if value.isascii():
        return value.lower()
    return "".join(c for c in unicodedata.normalize("NFKD", value.casefold()) if not unicodedata.combining(c))


def field(path: list[str]) -> Value:
    """The value at a path of names; None where there is nothing, an empty text counting as nothing."""

    def read(record: Record) -> Any:
        value: Any = record
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return None if value == "" else value

    return read


class _Reader:
    def __init__(self, text: str, kind: str, names: frozenset[str]) -> None:
        self._kind, self._names = kind, names
        self._tokens: list[tuple[str, str]] = []
        self._at = 0
        self.paths: set[str] = set()
        self.plain = True
        self.alternatives = False
        end = 0
        text = text.strip()
        while end < len(text):
            found = _TOKEN.match(text, end)
            if not found or found.lastgroup is None:
                raise bad_query(f"Syntax error at position {end} of the where expression")
            self._tokens.append((found.lastgroup, found[found.lastgroup]))
            end = found.end()

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise bad_query(f"Syntax error: unexpected '{self._tokens[self._at][1]}'")

    def disjunction(self) -> Value:
        parts = [self._conjunction()]
        while self._take(*_OR):
            self.alternatives = True
            parts.append(self._conjunction())
        return parts[0] if len(parts) == 1 else lambda record: any(part(record) for part in parts)

    def _conjunction(self) -> Value:
        parts = [self._negation()]
        while self._take(*_AND):
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else lambda record: all(part(record) for part in parts)

    def _negation(self) -> Value:
        if self._take("!"):
            self.plain = False
            inner = self._negation()
            return lambda record: not inner(record)
        return self._comparison()

    def _comparison(self) -> Value:
        left = self._operand()
        mark = self._take(*_EQUALS, *_ORDERS)
        return left if mark is None else _compared(left, mark, self._operand())

    def _operand(self) -> Value:
        if self._take("("):
            inner = self.disjunction()
            self._expect(")")
            return inner
        kind, text = self._next()
        if kind == "text":
            return _constant(text[1:-1])
        if kind == "number":
            return _constant(Decimal(text))
        if kind == "name":
            return self._named(text)
        raise bad_query(f"Syntax error: unexpected '{text}'")

    def _named(self, name: str) -> Value:
        word = name.lower()
        if word in ("true", "false"):
            return _constant(word == "true")
        if word == "null":
            return _constant(None)
        if word == "guid":
            return _constant(str(self._arguments()[0]).lower())
        if word == "datetime":
            return _constant(self._moment())
        if name not in self._names:
            raise bad_query(f"No property or field '{name}' exists in type '{self._kind}'")
        path = [name]
        value = field(path)
        while self._take("."):
            part = self._next()[1]
            if self._peek() == "(":
                value = self._method(value, part)
            else:
                path.append(part)
                value = field(list(path))
        self.paths.add(".".join(path))
        return value

    def _method(self, value: Value, name: str) -> Value:
        given = self._arguments()
        self.plain = False
        if name.lower() in ("tolower", "toupper", "trim", "tostring") and not given:
            return value
        test = _METHODS.get(name.lower())
        if test is None or len(given) != 1 or not isinstance(given[0], str):
            raise bad_query(f"No applicable method '{name}' exists in type 'String'")
        wanted = folded(given[0])
        return lambda record: isinstance(found := value(record), str) and test(folded(found), wanted)

    def _moment(self) -> _Moment:
        parse = self._take(".") is not None
        if parse and self._next()[1].lower() != "parse":
            raise bad_query("No applicable method exists in type 'DateTime'")
        given = self._arguments()
        try:
            if parse:
                return _Moment(stamp_ms(given[0]))
            year, month, day, hour, minute, second = (*(int(part) for part in given), *(0,) * (6 - len(given)))
            return _Moment(milliseconds(datetime(year, month, day, hour, minute, second, tzinfo=UTC)))
        except (ValueError, TypeError, IndexError):
            raise bad_query("The arguments of DateTime are no date") from None

    def _arguments(self) -> list[Any]:
        self._expect("(")
        found: list[Any] = []
        while self._peek() != ")":
            kind, text = self._next()
            if kind not in ("text", "number"):
                raise bad_query(f"Syntax error: unexpected '{text}'")
            found.append(text[1:-1] if kind == "text" else Decimal(text))
            if self._peek() != ")":
                self._expect(",")
        self._expect(")")
        return found

    def _peek(self) -> str:
        if self._at >= len(self._tokens):
            raise bad_query("Syntax error: the where expression ends too early")
        return self._tokens[self._at][1]

    def _next(self) -> tuple[str, str]:
        self._peek()
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, *marks: str) -> str | None:
        if self._at < len(self._tokens):
            kind, text = self._tokens[self._at]
            if kind != "text" and text.lower() in marks:
                self._at += 1
                return text
        return None

    def _expect(self, mark: str) -> None:
        if self._take(mark) is None:
            raise bad_query(f"Syntax error: '{mark}' expected")


def _constant(value: Any) -> Value:
    return lambda record: value


def _compared_as(value: Any) -> Any:
    return folded(value) or None if isinstance(value, str) else value


def _compared(left: Value, mark: str, right: Value) -> Value:
    def pair(record: Record) -> tuple[Any, Any]:
        one, other = left(record), right(record)
        try:
            if isinstance(other, _Moment) and isinstance(one, str):
                return stamp_ms(one), int(other)
            if isinstance(one, _Moment) and isinstance(other, str):
                return int(one), stamp_ms(other)
        except ValueError:
            raise bad_query(f"Operator '{mark}' is incompatible with its operands") from None
        return _compared_as(one), _compared_as(other)

    if mark in ("==", "="):
        return lambda record: (both := pair(record))[0] == both[1]
    if mark in ("!=", "<>"):
        return lambda record: (both := pair(record))[0] != both[1]
    order = _ORDERS[mark]

    def ordered(record: Record) -> bool:
        one, other = pair(record)
        if one is None or other is None:
            return False
        try:
            return bool(order(one, other))
        except TypeError:
            raise bad_query(f"Operator '{mark}' is incompatible with its operands") from None

    return ordered
