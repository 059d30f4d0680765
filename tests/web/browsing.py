"""A person's browser, and the page as it is served: Chromium over the real command."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

CHROMIUM = shutil.which("chromium") or ""
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-sync")
STARTED = re.compile(r"(http://localhost:\d+)/login\?key=\S+")


@dataclass(frozen=True, slots=True)
class Served:
    """The page of a folder: where it is, and the link that lets somebody in once."""

    process: Any
    address: str
    link: str


@contextmanager
def served(folder: Path, port: int) -> Iterator[Served]:
    """`tieout serve` over the configuration of a folder, whether there is one yet or not."""
    command = [str(Path(sys.executable).with_name("tieout")), "--config", str(folder / "plugins.toml"), "serve"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [*command, "--port", str(port)], cwd=folder, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        found = next(match for line in process.stdout if (match := STARTED.search(line)))
        yield Served(process, found[1], found[0])
    finally:
        process.terminate()
        process.communicate(timeout=60)


@contextmanager
def browser(**options: Any) -> Iterator[Page]:
    """A page of a fresh Chromium."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        context = chromium.new_context(**options)
        context.set_default_timeout(60_000)
        try:
            yield context.new_page()
        finally:
            context.close()
            chromium.close()
