"""A first sync of an ordinary firm under Xero's real limits, on a clock that the test moves (facts/xero.md 2)."""

import threading
from contextlib import contextmanager
from datetime import timedelta
from random import Random

import pytest
from sandboxed import Systems
from tieout import config as configuration
from tieout.clock import Clock
from tieout.connections import Connections
from tieout.engine import Engine
from tieout.engine.outbox import IN_FLIGHT
from tieout.ledger import Ledger
from tieout.plugins import load
from tieout_sandbox import codec
from tieout_sandbox.fake import Limits
from tieout_sandbox.firm import documents, generate
from tieout_sandbox.launch import LaunchOptions, start
from tieout_sandbox.writeconfig import write_config

CONTACTS, INVOICES = 300, 1000


class Moved(Clock):
    """The real time plus every wait, of both fake systems as well: nobody waits, and all agree on the time.

    Nobody reads the time while it moves, so that a call is never counted earlier here than there.
    """

    def __init__(self, systems):
        self._systems = systems
        self._moving = threading.RLock()
        self.waited = 0.0

    def now(self):
        with self._moving:
            return super().now() + timedelta(seconds=self.waited)

    def monotonic(self):
        with self._moving:
            return super().monotonic() + self.waited

    def wait(self, seconds, stop=None):
        with self._moving:
            for origin in (self._systems.xero, self._systems.apptivo):
                self._systems.ask(f"{origin}/_sandbox/clock", {"advance": seconds})
            self.waited += seconds


def _firm():
    """Customers and their invoices alone, with nothing awkward about any of them."""
    whole = generate()
    for place, customer in enumerate(whole["customers"]):
        customer["customerName"] = f"Customer {place:03} of many"
    people = documents.Firm(whole["customers"], whole["contacts"], whole["suppliers"], whole["items"])
    rows = [{**one, "statusId": 20002, "statusName": "Sent"} for one in documents.invoices(Random(1), people, INVOICES)]
    return {"customers": whole["customers"], "invoices": rows}


@contextmanager
def _running(folder, **limits):
    firm = folder / "firm"
    firm.mkdir()
    for app, records in _firm().items():
        (firm / f"{app}.json").write_text(codec.dumps(records), encoding="utf-8")
    with start(LaunchOptions(firm=firm, limits=Limits(**limits))) as sandbox:
        config = folder / "plugins.toml"
        write_config(sandbox, config)
        text = config.read_text(encoding="utf-8")
        for app in ("contacts", "suppliers", "items", "supplier-invoices", "purchase-orders"):
            text = text.replace(f"\n{app} = true", f"\n{app} = false")
        config.write_text(text, encoding="utf-8")
        yield Systems(sandbox, config)


def _first_sync(systems):
    """One run of the engine on the moved clock, and how many seconds that clock was moved."""
    raw = configuration.read(systems.config)
    plugins = load(raw.on, raw.off)
    config = configuration.validate(raw, plugins)
    clock, stop = Moved(systems), threading.Event()
    ledger = Ledger(config.ledger_url)
    connections = Connections(config, plugins, ledger, clock, stop)
    try:
        engine = Engine(config, plugins, ledger, clock, connections, lambda name, data: None, stop, "somebody")
        report = engine.run(config.pairs["main"], lambda plan: True)
    finally:
        connections.close()
        ledger.close()
    return report, clock.waited


def _everything(systems):
    """Every call that reached Xero, those for tokens and for the organisation included."""
    return [call for call in systems.calls(systems.xero) if not call["path"].startswith("/_sandbox")]


def _limited(calls):
    """Those that count for the organisation's limits."""
    return [call for call in calls if call["path"].startswith("/api.xro/2.0/")]


def _all_there_once(systems):
    books = systems.state("xero")
    numbers = [one["InvoiceNumber"] for one in books["Invoices"] if one["InvoiceNumber"].startswith("INV-1")]
    names = [one["Name"] for one in books["Contacts"] if one["Name"].startswith("Customer ")]
    assert (len(numbers), len(set(numbers))) == (INVOICES, INVOICES)
    assert (len(names), len(set(names))) == (CONTACTS, CONTACTS)


@pytest.mark.parametrize("minute", [60, 10])
def test_a_first_sync_makes_few_calls_and_is_never_refused_by_a_limit(tmp_path, minute):
    with _running(tmp_path, minute=minute) as systems:
        report, waited = _first_sync(systems)
        calls = _everything(systems)
        assert {call["status"] for call in calls} == {200}
        assert len(calls) <= 60
        assert {"/connect/token", "/connections"} <= {call["path"] for call in calls}
        assert sum(counts.created for counts in report.counts.values()) == INVOICES + CONTACTS
        assert waited >= 60 * ((len(_limited(calls)) - 1) // minute)
        _all_there_once(systems)


def test_a_limit_that_is_lower_than_configured_is_learnt_from_the_answers(tmp_path):
    with _running(tmp_path, minute=10) as systems:
        text = systems.config.read_text(encoding="utf-8")
        systems.config.write_text(text.replace("minute = 10", "minute = 60"), encoding="utf-8")
        _first_sync(systems)
        statuses = [call["status"] for call in _limited(_everything(systems))]
        # whether calls that fly together are refused is a matter of microseconds; those after them know better
        assert set(statuses) <= {200, 429}
        assert statuses.count(429) <= IN_FLIGHT * (statuses.count(200) // 10 + 1)
        _all_there_once(systems)
