"""A firm of a handful of records of each kind, paid and unpaid, in a sandbox that can be put back to where it was."""

import shutil
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from sandboxed import Systems
from tieout_sandbox import codec
from tieout_sandbox.firm import generate
from tieout_sandbox.launch import LaunchOptions, start
from tieout_sandbox.writeconfig import write_config

SPEED = Decimal(1000)
MEMORY = Path("/dev/shm")
"""Where there is such a folder, ledgers lie in it: a killed process loses nothing that it wrote, and it is quick."""
PARTIES = {"customers": "customerId", "contacts": "contactId", "suppliers": "supplierId", "items": "itemId"}


def _first(documents, *wanted):
    """The shortest document for each test of what is wanted."""
    short = sorted(documents, key=lambda one: len(one["lines"]))
    return [next(one for one in short if fits(one)) for fits in wanted]


def firm():
    """Documents with two payments, with one and with none, and everything that they name."""
    whole = generate()
    sent = lambda one: one["statusName"] in ("Sent", "Viewed") and one["lines"] and one["currencyCode"] == "AUD"  # noqa: E731
    paid = lambda many: lambda one: len(one.get("payments", ())) == many and one["currencyCode"] == "AUD"  # noqa: E731
    picked = {
        "invoices": _first(whole["invoices"], sent, paid(2), paid(1)),
        "supplier-invoices": _first(whole["supplier-invoices"], sent, paid(1)),
        "purchase-orders": _first(whole["purchase-orders"], sent),
    }
    documents = [one for many in picked.values() for one in many]
    for app, key in PARTIES.items():
        named = {one.get(key) for one in documents} | {line.get(key) for one in documents for line in one["lines"]}
        texts = {str(one) for one in named}
        picked[app] = [one for one in whole[app] if str(one[key]) in texts or str(one["id"]) in texts]
    return picked


class Tiny(Systems):
    """The systems with the tiny firm; `begin` puts both and the ledger back to where they were when it was `kept`."""

    def __init__(self, sandbox, config, folder):
        super().__init__(sandbox, config)
        self.folder = folder
        self.told = folder / "effects"

    @property
    def _home(self):
        return self.config.parent / ".tieout"

    def keep(self):
        """Remember the ledger as it is."""
        shutil.rmtree(self.folder / "kept", ignore_errors=True)
        if self._home.exists():
            shutil.copytree(self._home, self.folder / "kept")

    def begin(self):
        """Both systems as they started, and the ledger as it was kept."""
        for origin in (self.apptivo, self.xero):
            self.ask(f"{origin}/_sandbox/reset", {})
        shutil.rmtree(self._home, ignore_errors=True)
        if (self.folder / "kept").exists():
            shutil.copytree(self.folder / "kept", self._home)

    def finish(self):
        """Sync to the end: nothing is doubled, nothing stays behind, and the books tie out to the cent."""
        with self.desk() as desk:
            desk.sync("main", lambda plan: True)
            tie = desk.reconcile("main")
        assert tie.ties, tie.unexplained()
        assert self.doubled() == []

    def change(self, collection, number, **values):
        """Edit the source's document that stands at this place of its list."""
        one = self.state("apptivo")[collection][number]
        self.edit(self.apptivo, collection=collection, id=one["id"], set=values)

    def books(self):
        """What stands in Xero, each record with what a person sees of it and how often it is there."""
        state = self.state("xero")
        invoices = {one["InvoiceID"]: one["InvoiceNumber"] for one in state["Invoices"]}
        return Counter(
            [("contact", one["Name"], one.get("EmailAddress", ""), one["ContactStatus"]) for one in state["Contacts"]]
            + [("item", one["Code"], one.get("Name", "")) for one in state["Items"]]
            + [("payment", invoices[one["Invoice"]["InvoiceID"]], *_worth(one)) for one in state["Payments"]]
            + [("document", one["InvoiceNumber"], *_content(one)) for one in state["Invoices"]]
            + [("order", one["PurchaseOrderNumber"], *_content(one)) for one in state["PurchaseOrders"]]
        )


def _worth(payment):
    return Decimal(str(payment["Amount"])), payment["Status"]


def _content(document):
    return (
        document["Contact"]["Name"],
        document["Status"],
        Decimal(str(document["Total"])),
        Decimal(str(document.get("AmountPaid", 0))),
        document.get("Reference", ""),
    )


def _configure(sandbox, path, consent):
    """Everything on, documents approved on arrival so that they can be paid."""
    write_config(sandbox, path)
    text = path.read_text(encoding="utf-8")
    text = text.replace("purchase-orders = true", "purchase-orders = true\npayments = true")
    text = text.replace('status = "draft"', 'status = "authorised"')
    text += '\n[pairs.main.flows.supplier-invoices]\nstatus = "authorised"\n'
    path.write_text(text.replace('consent = "custom-connection"', f'consent = "{consent}"'), encoding="utf-8")
    if consent == "person":
        custom, web = sandbox.xero["custom-connection"], sandbox.xero
        for file in (path, path.with_name("plugins.secrets.env")):
            text = file.read_text(encoding="utf-8")
            for key in ("client-id", "client-secret"):
                text = text.replace(custom[key], web[key])
            file.write_text(text, encoding="utf-8")


@contextmanager
def tiny(prepare=None, consent="custom-connection"):
    """The tiny firm, with nothing in the books, or with what came of `prepare` as the state to begin with."""
    memory = MEMORY if MEMORY.is_dir() else None
    with TemporaryDirectory(dir=memory) as folder, _running(Path(folder), prepare, consent) as found:
        yield found


@contextmanager
def _running(folder, prepare, consent):
    home = folder / "firm"
    home.mkdir()
    for app, records in firm().items():
        (home / f"{app}.json").write_text(codec.dumps(records), encoding="utf-8")
    options = LaunchOptions(firm=home, speed=SPEED)
    config = folder / "plugins.toml"
    if prepare is not None:
        options = replace(options, state=folder / "state.json")
        with start(options) as sandbox:
            _configure(sandbox, config, consent)
            prepare(Tiny(sandbox, config, folder))
    with start(options) as sandbox:
        _configure(sandbox, config, consent)
        found = Tiny(sandbox, config, folder)
        found.keep()
        yield found
