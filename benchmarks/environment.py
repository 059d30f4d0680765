"""The environment of the server and the rivals, which is not the one of Tieout."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent
HOME = ROOT / ".venv-benchmark"
PYTHON = HOME / "bin" / "python"

_WANTED = Path(__file__).parent / "requirements.txt"
_MADE = HOME / ".made"


def ready() -> Path:
    """Return the Python of the environment, after installing what is missing.

    Installing needs the network and takes about a minute.
    """
    wanted = hashlib.sha256(_WANTED.read_bytes() + sys.version.encode()).hexdigest()
    if not (_MADE.exists() and _MADE.read_text(encoding="ascii") == wanted):
        sys.stderr.write(f"Installing the rivals and the server into {HOME.name}\n")
        venv.create(HOME, with_pip=True, clear=True)
        # git and ruff leave out a folder that ignores itself
        (HOME / ".gitignore").write_text("*\n", encoding="ascii")
        pip = (PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "-qq")
        subprocess.run([*pip, "-r", str(_WANTED)], check=True)
        _MADE.write_text(wanted, encoding="ascii")
    return PYTHON
