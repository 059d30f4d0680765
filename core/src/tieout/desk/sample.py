"""The first configuration, and one for stand-ins: it has the addresses, limits and secrets of a running sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import tomlkit

from tieout.api.errors import Refused
from tieout.api.secret import FILE
from tieout.host import paper


@dataclass(frozen=True, slots=True)
class Sample:
    """The text of a configuration, and the secrets that it names, by the names that they have in their file."""

    text: str
    secrets: Mapping[str, str]

    def write(self, config: Path) -> None:
        """Write the configuration and, beside it, the file of secrets, which its owner alone may read."""
        secrets = "".join(f"{name}={value}\n" for name, value in self.secrets.items())
        paper.write_secret(config.with_name(FILE), secrets)
        paper.write(config, self.text)


def starter() -> str:
    """A commented first configuration, for one Apptivo firm and one Xero organisation."""
    return files("tieout.desk").joinpath("starter.toml").read_text(encoding="utf-8")


def sample(template: str, sandbox: Any, speed: int) -> Sample:
    """The template for a sandbox. Raises `Refused` when it does not connect one Apptivo to one Xero."""
    document = tomlkit.parse(template)
    books = {"api-url": sandbox.xero["api-url"], "identity-url": sandbox.xero["identity-url"]}
    books |= {"client-id": sandbox.xero["client-id"], "consent": "person"}
    firm = {"base-url": sandbox.apptivo["base-url"]}
    secrets = {
        "APPTIVO_API_KEY": sandbox.apptivo["api-key"],
        "APPTIVO_ACCESS_KEY": sandbox.apptivo["access-key"],
        "XERO_CLIENT_SECRET": sandbox.xero["client-secret"],
    }
    _put(document, "apptivo", firm, ("api-key", "access-key"), {"second": 1, "concurrent": 1, "speed": speed})
    _put(document, "xero", books, ("client-secret",), {"minute": 60, "day": 5000, "concurrent": 5, "speed": speed})
    return Sample(tomlkit.dumps(document), secrets)


def _put(
    document: Any, plugin: str, values: Mapping[str, str], secrets: tuple[str, ...], limits: Mapping[str, int]
) -> None:
    found = [section for section in document.get("connections", {}).values() if section.get("plugin") == plugin]
    if len(found) != 1:
        raise Refused(
            f"the plugins.toml here has {len(found)} connections with plugin = {plugin!r}, and the demo needs one",
            fix="Run the demo in another folder: without a plugins.toml it uses its own.",
        )
    section = found[0]
    for name in ("tenant", "grant", "authorise-url", "connections-url"):
        section.pop(name, None)
    section.update(values)
    for name in secrets:
        reference = tomlkit.inline_table()
        reference.update({"file": FILE, "key": f"{plugin}-{name}".upper().replace("-", "_")})
        section[name] = reference
    table = tomlkit.inline_table()
    table.update(limits)
    section["limits"] = table
