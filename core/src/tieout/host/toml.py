"""Changes to a TOML file in place.

A change keeps every comment and the file's mode, and is there as a whole or not at all.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tomlkit

from tieout.api.toml import Key, text_of
from tieout.host import paper


@contextmanager
def editing(path: Path) -> Iterator[tomlkit.TOMLDocument]:
    """The file's document, to be changed in the block and written when it ends; editors take turns."""
    with _turn(path.parent):
        text = text_of(path)
        document = tomlkit.parse(text)
        yield document
        changed = tomlkit.dumps(document)
        if changed != text:
            paper.write(path, changed)


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    # the folder is locked because the file itself is replaced
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def put(table: Any, key: Key, value: Any) -> None:
    """Set one key of a document or table; tables on the way are made where they are missing."""
    for part in key[:-1]:
        if not isinstance(table.get(part), Mapping):
            table[part] = tomlkit.inline_table()
        table = table[part]
    if isinstance(value, Mapping):
        inline = tomlkit.inline_table()
        inline.update(value)
        value = inline
    table[key[-1]] = value


def remove(table: Any, key: Key) -> None:
    """Take one key out of a document or table, where it stands there."""
    for part in key[:-1]:
        table = table.get(part)
        if not isinstance(table, Mapping):
            return
    if key[-1] in table:
        del table[key[-1]]
