"""A first sync of an ordinary firm under Xero's real limits, on a clock that the test moves.

Source: docs/facts/xero.md, "Rate limits", "Sizes".
"""

from contextlib import contextmanager
from random import Random

import httpx
import pytest
from tieout.desk import Desk
from tieout.engine.outbox import IN_FLIGHT
from tieout.testing.simulation import Simulation
from tieout_sandbox.clock import Clock
from tieout_sandbox.fake import Limits
from tieout_sandbox.firm import documents, generate
from tieout_sandbox.inprocess import ORIGINS, InProcess
from tieout_sandbox.writeconfig import write_config

CONTACTS, INVOICES = 300, 1000


def _firm(part):
    """Customers and their invoices alone, with nothing awkward about any of them; `part` of them all."""
    whole = generate()
    for place, customer in enumerate(whole["customers"]):
        customer["customerName"] = f"Customer {place:03} of many"
    customers = whole["customers"][: CONTACTS // part]
    people = documents.Firm(customers, whole["contacts"], whole["suppliers"], whole["items"])
    made = documents.invoices(Random(1), people, INVOICES // part)
    return {"customers": customers, "invoices": [{**one, "statusId": 20002, "statusName": "Sent"} for one in made]}


class Systems:
    """Both systems on the clock of a simulation, which every wait moves and on which every call takes its time."""

    def __init__(self, folder, part, limits):
        self.part = part
        self.simulation = Simulation(1)
        clock = Clock(source=lambda: self.simulation.now)
        self.sandbox = InProcess(records=_firm(part), limits=limits, clock=clock, seed=1)
        for origin in ORIGINS.values():
            self.simulation.network.join(origin.removeprefix("http://"), self.sandbox.answer)
        self.config = folder / "plugins.toml"
        write_config(self.sandbox, self.config)
        text = self.config.read_text(encoding="utf-8")
        for app in ("contacts", "suppliers", "items", "supplier-invoices", "purchase-orders"):
            text = text.replace(f"\n{app} = true", f"\n{app} = false")
        self.config.write_text(text, encoding="utf-8")

    def first_sync(self):
        """One run, and how many seconds it took."""
        began = self.simulation.now

        def live(runtime):
            with Desk.open(self.config, runtime=runtime) as desk:
                return desk.sync("main", lambda plan: True)

        (report,) = self.simulation.run(live)
        if isinstance(report, BaseException):
            raise report
        return report, (self.simulation.now - began).total_seconds()

    def everything(self):
        """Every call that reached Xero, those for tokens and for the organisation included."""
        asked = httpx.Request("GET", f"{ORIGINS['xero']}/_sandbox/calls")
        return [call for call in self.sandbox.answer(asked).json() if not call["path"].startswith("/_sandbox")]

    def all_there_once(self):
        books = self.sandbox.state("xero")
        numbers = [one["InvoiceNumber"] for one in books["Invoices"] if one["InvoiceNumber"].startswith("INV-1")]
        names = [one["Name"] for one in books["Contacts"] if one["Name"].startswith("Customer ")]
        assert len(numbers) == len(set(numbers)) == INVOICES // self.part
        assert len(names) == len(set(names)) == CONTACTS // self.part


@contextmanager
def _running(folder, part=1, **limits):
    systems = Systems(folder, part, Limits(**limits))
    yield systems
    systems.simulation.close()


def _limited(calls):
    """Those that count for the organisation's limits."""
    return [call for call in calls if call["path"].startswith("/api.xro/2.0/")]


@pytest.mark.parametrize(("minute", "part"), [pytest.param(60, 1, marks=pytest.mark.matrix), (60, 3), (10, 5)])
def test_a_first_sync_makes_few_calls_and_is_never_refused_by_a_limit(tmp_path, minute, part):
    with _running(tmp_path, part, minute=minute) as systems:
        report, waited = systems.first_sync()
        calls = systems.everything()
        assert {call["status"] for call in calls} == {200}
        assert len(calls) <= 15 + 45 // part
        assert {"/connect/token", "/connections"} <= {call["path"] for call in calls}
        assert sum(counts.created for counts in report.counts.values()) == (INVOICES + CONTACTS) // part
        assert waited >= 60 * ((len(_limited(calls)) - 1) // minute)
        systems.all_there_once()


def test_a_limit_that_is_lower_than_configured_is_learnt_from_the_answers(tmp_path):
    with _running(tmp_path, 5, minute=10) as systems:
        text = systems.config.read_text(encoding="utf-8")
        systems.config.write_text(text.replace("minute = 10", "minute = 60"), encoding="utf-8")
        systems.first_sync()
        statuses = [call["status"] for call in _limited(systems.everything())]
        # calls that fly together may be refused; those after them know better
        assert set(statuses) <= {200, 429}
        assert statuses.count(429) <= IN_FLIGHT * (statuses.count(200) // 10 + 1)
        systems.all_there_once()
