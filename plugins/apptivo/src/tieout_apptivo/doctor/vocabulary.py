"""What values are called: the words by which the doctor recognises a field, a status or an app.

The words are data, in `vocabulary.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import resources
from typing import Any

from tieout import Standing

from tieout_apptivo.shape.fields import normal


def rank(written: str, words: Sequence[str], prefixes: Iterable[str]) -> int | None:
    """How likely a label or key means one of `words`: the place of the word; None where it means none of them."""
    key = normal(written.replace("%", " percent"))
    forms = [key, *(key.removeprefix(prefix) for prefix in prefixes if key.startswith(prefix) and key != prefix)]
    return next((place for place, word in enumerate(words) if normal(word) in forms), None)


def words(kind: str, field: str) -> tuple[str, ...]:
    """The words of a field of a kind (`document`, `line`, ...); empty for one that has none."""
    return tuple(_vocabulary().get(kind, {}).get(field, ()))


def prefixes(app: str) -> tuple[str, ...]:
    """The app's own words, which stand before the words of its fields."""
    return tuple(_vocabulary()["apps"][app]["words"])


def urls(app: str) -> tuple[str, ...]:
    """The names under which an app may stand in URLs, the likeliest first."""
    return tuple(_vocabulary()["apps"][app]["urls"])


def meaning(status: str) -> Standing | None:
    """What the name of a status means; None for one that is not known."""
    known = _vocabulary()["statuses"]
    return next((standing for standing, names in known.items() if normal(status) in map(normal, names)), None)


@cache
def _vocabulary() -> dict[str, Any]:
    return tomllib.loads(
        resources.files("tieout_apptivo.doctor").joinpath("vocabulary.toml").read_text(encoding="utf-8")
    )
