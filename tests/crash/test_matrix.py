"""The crash matrix: killed in every gap between two durable effects, the next run brings everything to its end."""

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

import dying
import pytest
from tieout import config as configuration
from tieout.cli import consent
from tieout.clock import Clock
from tieout.connections import Connections
from tieout.ledger import Ledger
from tieout.plugins import load
from tiny import tiny

PARTS = 8
"""Into so many tests each case is divided, so that they run side by side."""
SAMPLE = 3
USUAL = {"create": (3, 7), "update": (0, 3), "void": (1, 5), "payment": (0, 1, 3), "token": (0, 6)}
"""The parts that are tried unless TIEOUT_GAPS=all asks for every gap."""


@dataclass(frozen=True)
class Case:
    """What is under way when the process dies: where the systems stand before, and what has changed since."""

    prepare: Callable | None
    change: Callable
    consent: str = "custom-connection"


def nothing(systems, turn):
    """A firm that is new: everything is created, documents paid and unpaid."""


def updated(systems, turn):
    systems.change("invoices", 0, poNumber="PO 4711")
    systems.change("supplier-invoices", 0, supplierReferenceNumber="4711/1")
    systems.change("customers", 0, customerName="Renamed Pty Ltd")
    systems.change("items", 0, itemName="Another name")


def voided(systems, turn):
    systems.change("invoices", 0, statusId=20006, statusName="Void")
    systems.change("supplier-invoices", 0, statusId=22005, statusName="Void")
    systems.change("purchase-orders", 0, statusId=21004, statusName="Cancelled")


def paid(systems, turn):
    """One payment is entered, and one of another invoice's two is taken back."""
    books = systems.state("apptivo")["invoices"]
    entered = {**books[2]["payments"][0], "paymentId": 990_001, "amount": "10.00"}
    kept = books[1]["payments"][:1]
    systems.change("invoices", 0, payments=[entered], amountPaid="10.00", statusId=20004, statusName="Partially Paid")
    part = {"amountPaid": kept[0]["amount"], "statusId": 20004, "statusName": "Partially Paid"}
    systems.change("invoices", 1, payments=kept, **part)


def allowed(systems):
    with systems.desk() as desk:
        consent.give(desk, "books", 0, consent.by_program)
    systems.sync()


def worn(systems, turn):
    """The access token has ended: the first call renews it, and with it the refresh token."""
    raw = configuration.read(systems.config)
    plugins = load(raw.on, raw.off)
    config = configuration.validate(raw, plugins)
    ledger = Ledger(config.ledger_url)
    connections = Connections(config, plugins, ledger, Clock())
    connections.vault.store("books", {**connections.vault.grant("books"), "expires_at": 0})
    connections.close()
    ledger.close()
    systems.change("invoices", 0, poNumber=f"PO {turn}")


CASES = {
    "create": Case(None, nothing),
    "update": Case(lambda systems: systems.sync(), updated),
    "void": Case(lambda systems: systems.sync(), voided),
    "payment": Case(lambda systems: systems.sync(), paid),
    "token": Case(None, worn, "person"),
}


class Matrix:
    """One case, run as often as wanted, each time from the same beginning."""

    def __init__(self, case, systems):
        self.case = case
        self.systems = systems
        self.turn = 0
        if case.consent == "person":
            # a refresh token serves once, so that here every run goes on from where the one before it ended
            allowed(systems)

    def begin(self):
        self.turn += 1
        if self.case.consent != "person":
            self.systems.begin()
        self.case.change(self.systems, self.turn)

    def undisturbed(self):
        """The gaps of a run that nobody kills, and the books that it leads to."""
        self.begin()
        gaps = dying.sync(self.systems.config, self.systems.told)
        self.systems.agreed()
        return gaps, self.systems.books()

    def killed_in(self, gap):
        """The books after a run that died in a gap and one that went on; the name of what the first did not do."""
        self.begin()
        reached = dying.sync(self.systems.config, self.systems.told, gap)
        self.systems.finish()
        return reached[-1], self.systems.books()


@pytest.fixture
def matrix():
    with ExitStack() as stack:

        def opened(name):
            case = CASES[name]
            return Matrix(case, stack.enter_context(tiny(case.prepare, case.consent)))

        yield opened


def _tried(matrix, name, chosen, record_property):
    one = matrix(name)
    gaps, books = one.undisturbed()
    wrong = []
    points = chosen(gaps)
    for gap in points:
        where, found = one.killed_in(gap)
        if _plain(name, found) != _plain(name, books):
            wrong.append((gap, where, found - books, books - found))
    record_property("crash points", [name, len(points), len(gaps)])
    assert wrong == []


def _plain(name, books):
    """The books without the reference, which is another one in each turn of the tokens' case."""
    return [one[:-1] for one in sorted(books.elements())] if name == "token" else books


def parts():
    """The parts to try, each with the name of its case."""
    every = os.environ.get("TIEOUT_GAPS") == "all"
    return [(name, part) for name in CASES for part in (range(PARTS) if every else USUAL[name])]


@pytest.mark.matrix
@pytest.mark.parametrize(("name", "part"), parts())
def test_killed_in_gap_after_gap(matrix, record_property, name, part):
    _tried(matrix, name, lambda gaps: range(1 + part, len(gaps) + 1, PARTS), record_property)


@pytest.mark.parametrize("name", ["create", "payment", "token"])
def test_killed_in_a_sample_of_gaps(matrix, record_property, name):
    def chosen(gaps):
        """Right after a write was answered or tokens came: what is known of it is lost."""
        lost = [gap + 1 for gap, what in enumerate(gaps, 1) if what.startswith(("PUT", "POST /connect", "POST /api"))]
        return [gap for gap in lost if gap <= len(gaps)][-SAMPLE:]

    _tried(matrix, name, chosen, record_property)
