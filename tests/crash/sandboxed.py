"""A small firm in a sandbox, and a desk over it: in this process, where no wait takes time, or between real ones."""

import json
import urllib.request
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import httpx
from tieout.api.runtime import Runtime
from tieout.desk import Desk
from tieout.testing import FakeClock
from tieout_sandbox import codec
from tieout_sandbox.clock import Clock
from tieout_sandbox.firm import generate
from tieout_sandbox.inprocess import InProcess
from tieout_sandbox.launch import LaunchOptions, start
from tieout_sandbox.writeconfig import write_config

SPEED = 100


def small(size):
    """The first documents of the shipped firm, with everything that they name."""
    whole = generate()
    firm = {
        "invoices": whole["invoices"][:size],
        "supplier-invoices": whole["supplier-invoices"][: size // 4],
        "purchase-orders": whole["purchase-orders"][: size // 4],
    }
    documents = [one for many in firm.values() for one in many]
    named = {
        "customers": {one.get("customerId") for one in documents},
        "contacts": {one.get("contactId") for one in documents},
        "suppliers": {one.get("supplierId") for one in documents},
        "items": {line.get("itemId") for one in documents for line in one.get("lines", ())},
    }
    ids = {"customers": "customerId", "contacts": "contactId", "suppliers": "supplierId", "items": "itemId"}
    for app, wanted in named.items():
        texts = {str(one) for one in wanted}
        firm[app] = [one for one in whole[app] if str(one.get(ids[app], one["id"])) in texts]
    return firm


class Systems:
    """Both fake systems, as a test drives them; `runtime` is the machine below the desk."""

    runtime = None

    def __init__(self, sandbox, config):
        self.config = config
        self.apptivo = sandbox.apptivo["base-url"].removesuffix("/app")
        self.xero = sandbox.xero["api-url"].removesuffix("/api.xro/2.0")
        self.state = sandbox.state

    def ask(self, url, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return codec.loads(answer.read())

    def calls(self, origin, prefix=""):
        return [call for call in self.ask(f"{origin}/_sandbox/calls") if call["path"].startswith(prefix)]

    def fault(self, origin, fault, *, path, method="*", times=1):
        self.ask(f"{origin}/_sandbox/faults", {"method": method, "path": path, "fault": fault, "times": times})

    def edit(self, origin, **change):
        return self.ask(f"{origin}/_sandbox/edit", change)

    @contextmanager
    def desk(self):
        with Desk.open(self.config, runtime=self.runtime) as desk:
            yield desk

    def sync(self):
        """One whole process's worth of a sync."""
        with self.desk() as desk:
            return desk.sync("main", lambda plan: True)

    def doubled(self):
        """What Xero holds more than once, by the marks that ought to be unique."""
        books = self.state("xero")
        marks = Counter(
            [("Contacts", one["Name"].casefold()) for one in books["Contacts"]]
            + [("Items", one["Code"]) for one in books["Items"]]
            + [(one["Type"], one["InvoiceNumber"], one["Contact"]["ContactID"]) for one in books["Invoices"]]
            + [("PurchaseOrders", one["PurchaseOrderNumber"]) for one in books["PurchaseOrders"]]
        )
        return [mark for mark, count in marks.items() if count > 1]

    def agreed(self):
        """Sync to the end, and prove it: nothing doubled, nothing waiting, and the books tie out."""
        self.sync()
        assert self.doubled() == []
        with self.desk() as desk:
            tie = desk.reconcile("main")
            assert tie.ties, tie.unexplained()
            report = desk.sync("main", lambda plan: True)
        assert sum(counts.planned for counts in report.counts.values()) == 0
        assert sum(counts.wrong for counts in report.counts.values()) == 0


class Functions(Systems):
    """Both fake systems in this process, on a clock that a wait moves at once."""

    def __init__(self, sandbox, config, clock):
        super().__init__(sandbox, config)
        self.clock = clock
        self.runtime = Runtime(clock=clock, transport=lambda: sandbox.transport(clock.wait))
        self._answer = sandbox.answer

    def ask(self, url, body=None):
        request = (
            httpx.Request("POST", url, content=codec.dumps(body)) if body is not None else httpx.Request("GET", url)
        )
        answer = self._answer(request)
        answer.raise_for_status()
        return codec.loads(answer.content)


def copied(invoice, number):
    """Another invoice with the same content."""
    one = str(int(invoice["id"]) + number * 1_000_000)
    ids = {name: int(one) for name in ("invoiceId",) if name in invoice}
    return {**invoice, **ids, "id": one, "invoiceNumber": f"{invoice['invoiceNumber']}-{number}"}


def firm_of(size, copies=0):
    """A firm of so many invoices, and as many again for each copy."""
    whole = small(size)
    whole["invoices"] = [
        *whole["invoices"],
        *(copied(invoice, number) for number in range(1, copies + 1) for invoice in whole["invoices"]),
    ]
    return whole


@contextmanager
def running(folder: Path, size: int, copies: int = 0):
    """Both systems in this process, with a firm of so many invoices."""
    clock = FakeClock(datetime(2026, 11, 2, 9, 0, tzinfo=UTC))
    with InProcess(records=firm_of(size, copies), clock=Clock(source=clock.now), seed=size) as sandbox:
        config = folder / "plugins.toml"
        write_config(sandbox, config)
        yield Functions(sandbox, config, clock)


@contextmanager
def launched(folder: Path, size: int, copies: int = 0):
    """Both systems as real processes, with a firm of so many invoices."""
    firm = folder / "firm"
    firm.mkdir()
    for app, records in firm_of(size, copies).items():
        (firm / f"{app}.json").write_text(codec.dumps(records), encoding="utf-8")
    with start(LaunchOptions(firm=firm, speed=Decimal(SPEED))) as sandbox:
        config = folder / "plugins.toml"
        write_config(sandbox, config)
        yield Systems(sandbox, config)
