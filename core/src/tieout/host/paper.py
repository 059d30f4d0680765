"""Files that a person keeps: there as a whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from tieout.api.errors import Refused


def ready(path: Path) -> None:
    """Make sure that a file can be written, before any work is done for it. Raises `Refused`."""
    folder = path.parent
    if not folder.is_dir():
        raise Refused(f"there is no folder {folder}", fix="Create it, or name a file in a folder that is there.")
    if path.is_dir():
        raise Refused(f"{path} is a folder", fix="Name a file in it.")
    if not os.access(folder, os.W_OK):
        raise Refused(f"nothing can be written in {folder}", fix="Name a file in a folder that you may write to.")


def write(path: Path, text: str) -> None:
    """Give a file this text."""
    with written(path) as file:
        file.write(text)


def write_secret(path: Path, text: str) -> None:
    """Give a file this text; a new one can be read by its owner alone from its first moment."""
    if not path.exists():
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    write(path, text)


@contextmanager
def written(path: Path, encoding: str = "utf-8") -> Iterator[TextIO]:
    """A text file that takes its name once it is complete; what is cut off leaves an older file as it was.

    The mode of an older file stays, a new one can be read by everybody, and a link stays a link.
    """
    real = path.resolve()
    handle, name = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name}.")
    made = Path(name)
    try:
        with os.fdopen(handle, "w", encoding=encoding, newline="") as file:
            os.fchmod(file.fileno(), real.stat().st_mode & 0o7777 if real.exists() else 0o644)
            yield file
            file.flush()
            os.fsync(file.fileno())
        made.replace(real)
    finally:
        made.unlink(missing_ok=True)
