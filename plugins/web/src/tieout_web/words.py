"""How numbers, money and times are written on a page."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import urlencode

from markupsafe import Markup

_UNITS = ((86400, "day"), (3600, "h"), (60, "min"))
_FLAT = 10
_SYMBOLS = {"AUD": "A$", "NZD": "NZ$", "USD": "US$", "GBP": "£", "EUR": "€", "CAD": "C$", "ZAR": "R", "SGD": "S$"}
_COMMAND = re.compile(r"(:| with|, for example)? ?`?tieout [a-z][^;.,]*(, with [^;.]*)?")
_SECTION = re.compile(r"\bunder (?:accounts|taxes|rounding)[a-z.]* of the pair\b")
_SWITCH = re.compile(r"\bset ([a-z-]+) = (true|false)\b")
_WITHOUT_CENTS = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "XAF", "XOF", "XPF"})


def number(value: int) -> str:
    """A number with its thousands apart: `12,345`."""
    return f"{value:,}"


def count(value: int, one: str, many: str = "") -> str:
    """A number of things: `1 record`, `12 records`."""
    return f"{value:,} {one if value == 1 else many or one + 's'}"


def money(amount: Decimal | None, currency: str = "") -> str:
    """An amount with its currency: `A$ 88,412.10`; nothing where there is none."""
    if amount is None:
        return ""
    digits = 0 if currency in _WITHOUT_CENTS else 2
    sign = _SYMBOLS.get(currency, currency)
    return f"{sign} {amount:,.{digits}f}".strip()


def rate(percent: Decimal) -> str:
    """A percentage without zeros at its end: `12.5`, `10`."""
    return f"{percent.normalize():f}"


def span(seconds: float) -> str:
    """A length of time in its largest unit: `3 min`, `2 h`, `4 days`."""
    for size, unit in _UNITS:
        if seconds >= size:
            amount = int(seconds // size)
            return f"{amount} {unit}{'s' if unit == 'day' and amount != 1 else ''}"
    return f"{int(seconds)} s" if seconds >= _FLAT else "a moment"


def ago(at: datetime | None, now: datetime) -> Markup:
    """When something was or will be, relative, with the exact time when pointed at."""
    if at is None:
        return Markup("never")
    seconds = (now - at).total_seconds()
    told = span(abs(seconds))
    words = f"{told} ago" if seconds >= 0 else f"in {told}"
    exact = at.astimezone(UTC)
    template = Markup('<time datetime="{}" title="{}">{}</time>')
    return template.format(exact.isoformat(timespec="seconds"), f"{exact:%-d %b %Y %H:%M:%S} UTC", words)


def moment(at: datetime | None) -> str:
    """A point in time in full: `3 May 2026, 09:42 UTC`."""
    return f"{at.astimezone(UTC):%-d %b %Y, %H:%M} UTC" if at is not None else ""


def link(path: str, **values: str) -> str:
    """An address of ours with values."""
    return f"{path}?{urlencode(values)}"


def onpage(text: str) -> str:
    """Advice without the commands of the terminal and the keys of the file: the page has buttons and forms for them."""
    left = _SECTION.sub("under Settings", _COMMAND.sub("", text).replace("`", "").strip())
    left = _SWITCH.sub(_switched, left)
    return left if not left or left.endswith((".", "?", "!")) else f"{left}."


def _switched(found: re.Match[str]) -> str:
    title = found[1].replace("-", " ").capitalize()
    return f"switch “{title}” {'on' if found[2] == 'true' else 'off'} in the app's options"
