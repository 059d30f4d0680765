"""Files that a person keeps: written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from tieout.errors import Refused


def ready(path: Path) -> None:
    """Make sure that a file can be written, before any work is done for it. Raises `Refused`."""
    folder = path.parent
    if not folder.is_dir():
        raise Refused(f"there is no folder {folder}", fix="Create it, or name a file in a folder that is there.")
    if path.is_dir():
        raise Refused(f"{path} is a folder", fix="Name a file in it.")
    if not os.access(folder, os.W_OK):
        raise Refused(f"nothing can be written in {folder}", fix="Name a file in a folder that you may write to.")


@contextmanager
def written(path: Path, encoding: str = "utf-8") -> Iterator[TextIO]:
    """A text file that takes its name once it is complete; what is cut off leaves an older file as it was."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    made = Path(name)
    try:
        with os.fdopen(handle, "w", encoding=encoding, newline="") as file:
            yield file
        made.chmod(0o644)
        made.replace(path)
    finally:
        made.unlink(missing_ok=True)
