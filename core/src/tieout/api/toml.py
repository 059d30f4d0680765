"""TOML files that people write: their data, and the line of each of their keys."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tieout.api.errors import ConfigError

Key = tuple[str, ...]

_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_DOTTED = rf"{_PART}(?:\s*\.\s*{_PART})*"
_TABLE = re.compile(rf"\s*\[\[?\s*({_DOTTED})\s*\]\]?\s*(?:#.*)?$")
_PAIR = re.compile(rf"\s*({_DOTTED})\s*=\s*(.*)$")
_INLINE = re.compile(rf"[{{,]\s*({_DOTTED})\s*=")


def read_toml(path: Path, text: str | None = None) -> tuple[dict[str, Any], dict[Key, int]]:
    """The data of a TOML file, and the line of each of its keys; `text` is what it is to become, if that is asked.

    Raises `ConfigError` when it is missing or no TOML.
    """
    text = text_of(path) if text is None else text
    try:
        return tomllib.loads(text), dict(reversed(list(_lines(text))))
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        raise ConfigError(
            "this is no TOML",
            where=f"{path}:{line[1]}" if line else str(path),
            why=str(error),
            fix="Correct this line; texts need quotes, and a key stands in a section once.",
        ) from error


def text_of(path: Path) -> str:
    """Return the text of a file that people write. Raises `ConfigError` when it cannot be read."""
    try:
        with path.open(encoding="utf-8", newline="") as file:  # line ends stay as they are
            return file.read()
    except FileNotFoundError as error:
        raise ConfigError(
            f"there is no {path}", why="Tieout reads its configuration from it.", fix="Make one: tieout init"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path} cannot be read", why=str(error), fix="Check that it is a text file in UTF-8 that you may read."
        ) from error


def _lines(text: str) -> Iterator[tuple[Key, int]]:
    table: Key = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if found := _TABLE.match(line):
            table = _key(found[1])
            yield table, number
        elif found := _PAIR.match(line):
            key = table + _key(found[1])
            for end in range(len(table) + 1, len(key) + 1):
                yield key[:end], number
            # keys of an inline table stand on its line; one level is enough to say which line to look at
            for inner in _INLINE.finditer(found[2]):
                yield key + _key(inner[1]), number


def _key(dotted: str) -> Key:
    parts = re.findall(_PART, dotted)
    return tuple(part if part[0] not in "\"'" else next(iter(tomllib.loads(f"{part} = 0"))) for part in parts)
