"""Tieout as a person sets it up: a configuration, two connections and a ledger."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

_SETTINGS = """\
api = 1

[plugins]
apptivo = true
xero = true
customers = true
invoices = true

[connections.crm]
plugin = "apptivo"
base-url = "{base}/app"
api-key = {{ file = "secrets.env", key = "API_KEY" }}
access-key = {{ file = "secrets.env", key = "ACCESS_KEY" }}
page-size = 250
limits = {{ second = 1000000 }}

[connections.books]
plugin = "xero"
api-url = "{base}/api.xro/2.0"
identity-url = "{base}"
consent = "custom-connection"
client-id = "BENCHMARK"
client-secret = {{ file = "secrets.env", key = "CLIENT_SECRET" }}
limits = {{ minute = 1000000, day = 1000000 }}

[pairs.main]
source = "crm"
target = "books"
since = 2000-01-01
every = "15m"
accounts = {{ payment = "090", inventory = "630", sales = "200", purchase = "300" }}
taxes.sales = {{ "GST 10%" = "OUTPUT", none = "EXEMPTOUTPUT" }}
taxes.purchases = {{ "GST 10%" = "INPUT", none = "EXEMPTEXPENSES" }}

[pairs.main.flows.invoices]
status = "draft"
"""
_SECRETS = "API_KEY=benchmark-api\nACCESS_KEY=benchmark-access\nCLIENT_SECRET=benchmark-secret\n"


class Home:
    """A folder in which Tieout is set up, and its commands."""

    def __init__(self, program: Path, folder: Path, base: str, environment: Mapping[str, str]) -> None:
        self._program = program
        self.folder = folder
        folder.mkdir(parents=True)
        (folder / "plugins.toml").write_text(_SETTINGS.format(base=base), encoding="utf-8")
        secrets = folder / "secrets.env"
        secrets.touch(mode=0o600)
        secrets.write_text(_SECRETS, encoding="utf-8")
        for name in ("crm", "books"):
            command = self.command("connect", name)
            done = subprocess.run(
                command, cwd=folder, env=dict(environment), capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise RuntimeError(f"tieout connect {name} failed:\n{done.stdout}{done.stderr}")

    def command(self, *words: str) -> list[str | Path]:
        """Return a command line of Tieout."""
        return [self._program, *words]

    @property
    def ledger(self) -> int:
        """The size of the ledger, in bytes."""
        return sum(path.stat().st_size for path in (self.folder / ".tieout").glob("ledger.db*"))
