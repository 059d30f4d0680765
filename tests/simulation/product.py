"""The whole product in one process: both sandboxes as functions, and lives of the program with one ledger file."""

import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from urllib.parse import parse_qsl, urlsplit

import httpx
from smallfirm import firm
from tieout.desk import Answer, Desk
from tieout.ledger import Ledger
from tieout.testing.simulation import Simulation
from tieout.testing.simulation.simulation import START
from tieout_sandbox import codec
from tieout_sandbox.clock import Clock
from tieout_sandbox.inprocess import InProcess
from tieout_sandbox.writeconfig import write_config

MEMORY = Path("/dev/shm")
"""Where there is such a folder, ledgers lie in it: no simulated death loses what was written to a file."""
PAIR = "main"
REDIRECT = "http://localhost:8799/callback"


@dataclass(frozen=True)
class Kept:
    """Both systems and the ledger at one moment, to begin from as often as wanted."""

    now: datetime
    systems: dict
    ledger: dict


@cache
def _empty_ledger():
    """The files of a ledger in which nothing is kept yet."""
    folder = Path(mkdtemp())
    try:
        Ledger(f"sqlite:///{folder}/ledger.db").close()
        return {one.name: one.read_bytes() for one in folder.iterdir()}
    finally:
        shutil.rmtree(folder)


class Product:
    """Both systems, one configuration and one ledger, for as many lives as a simulation wants.

    `records` are the firm's, by app, or the name of a firm that ships; `kept` takes their place where it is given.
    Documents arrive with `status`. With `consent` "person" somebody has to allow access, see `allow`.
    """

    def __init__(self, seed, records, *, kept=None, status="authorised", payments=True, consent="custom-connection"):
        self.folder = Path(mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        self.simulation = Simulation(seed, kept.now if kept else START)
        self.sandbox = InProcess(
            firm=records if isinstance(records, str) else None,
            records=None if isinstance(records, str) else records,
            state=kept.systems if kept else None,
            clock=Clock(source=lambda: self.simulation.now),
            seed=seed,
        )
        for system in ("apptivo", "xero"):
            self.simulation.network.join(self._address(system), self.sandbox.answer)
        self.config = self.folder / "plugins.toml"
        self._configure(status, payments, consent)
        self._begin_ledger(kept.ledger if kept else _empty_ledger())

    def _address(self, system):
        url = httpx.URL(self.sandbox.apptivo["base-url"] if system == "apptivo" else self.sandbox.xero["api-url"])
        return f"{url.host}:{url.port}"

    def _configure(self, status, payments, consent):
        write_config(self.sandbox, self.config)
        text = self.config.read_text(encoding="utf-8")
        if payments:
            text = text.replace("purchase-orders = true", "purchase-orders = true\npayments = true")
        text = text.replace('status = "draft"', f'status = "{status}"')
        text += f'\n[pairs.main.flows.supplier-invoices]\nstatus = "{status}"\n'
        text = text.replace('consent = "custom-connection"', f'consent = "{consent}"')
        self.config.write_text(text, encoding="utf-8")
        if consent == "person":
            custom, web = self.sandbox.xero["custom-connection"], self.sandbox.xero
            for file in (self.config, self.config.with_name("plugins.secrets.env")):
                text = file.read_text(encoding="utf-8")
                for key in ("client-id", "client-secret"):
                    text = text.replace(custom[key], web[key])
                file.write_text(text, encoding="utf-8")

    @property
    def home(self):
        """The folder of the ledger."""
        return self.folder / ".tieout"

    def _begin_ledger(self, files):
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(mode=0o700)
        for name, content in files.items():
            path = self.home / name
            path.touch(mode=0o600)
            path.write_bytes(content)

    def lose_ledger(self):
        """Begin again with a ledger that knows nothing."""
        self._begin_ledger(_empty_ledger())

    def keep(self):
        """Keep this moment; nothing may be under way."""
        files = {one.name: one.read_bytes() for one in self.home.iterdir()}
        return Kept(self.simulation.now, {name: self.state(name) for name in ("apptivo", "xero")}, files)

    def close(self):
        """End everything, and remove its files."""
        self.simulation.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # the systems, as people see them

    def _send(self, method, url, content=None, kind="application/json"):
        headers = {"Content-Type": kind, "User-Agent": "somebody"}
        return self.sandbox.answer(httpx.Request(method, url, headers=headers, content=content))

    def edit(self, system, **change):
        """Do what a person does in a system."""
        answer = self._send("POST", f"http://{self._address(system)}/_sandbox/edit", codec.dumps(change))
        found = codec.loads(answer.content)
        if answer.status_code >= 400:
            raise ValueError(found["error"])
        return found

    def change(self, app, place, **values):
        """Edit the record of an app that stands at this place of its list."""
        record = self.state("apptivo")[app][place]
        self.edit("apptivo", collection=app, id=record["id"], set=values)

    def state(self, system):
        """All records of a system, by collection."""
        return self.sandbox.state(system)

    # the program

    def at_desk(self, work):
        """Make a life out of what is done at an open desk."""

        def live(runtime):
            with Desk.open(self.config, who="ana", runtime=runtime) as desk:
                return work(desk)

        return live

    def alone(self, work):
        """Do something at a desk, undisturbed; raises what it raises."""
        (outcome,) = self.simulation.run(self.at_desk(work))
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def sync(self):
        """One sync in a life of its own, undisturbed."""
        return self.alone(lambda desk: desk.sync(PAIR, lambda plan: True))

    def allow(self):
        """Give the consent that the connection to Xero needs, through the pages of the sandbox."""

        def consent(desk):
            asked = desk.authorise("books", REDIRECT)
            page = self._send("GET", asked.url)
            fields = {}
            for step in ("login", "consent"):
                ticket = page.text.partition('name="request" value="')[2].partition('"')[0]
                fields = {"request": ticket, "email": "ana@firm.example", "password": "x", "decision": "allow"}
                url = f"http://{self._address('xero')}/identity/{step}"
                page = self._send("POST", url, str(httpx.QueryParams(fields)), "application/x-www-form-urlencoded")
            given = dict(parse_qsl(urlsplit(page.headers["location"]).query))
            return desk.complete("books", Answer(asked, given))

        return self.alone(consent)


@contextmanager
def product(seed, records=None, **options):
    """A product that is gone after its block; its firm is drawn by the seed unless it is given."""
    made = Product(seed, firm(Random(f"firm/{seed}")) if records is None else records, **options)
    try:
        yield made
    finally:
        made.close()
