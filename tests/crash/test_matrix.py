"""The crash matrix: killed in every gap between two durable effects, the next run brings everything to its end."""

from collections import Counter
from collections.abc import Callable
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

    def __init__(self, name, systems):
        self.name = name
        self.case = CASES[name]
        self.systems = systems
        self.turn = 0
        if self.case.consent == "person":
            # a refresh token serves once, so that here every run goes on from where the one before it ended
            allowed(systems)
        self.gaps, self.books = self._undisturbed()

    def _begin(self):
        self.turn += 1
        if self.case.consent != "person":
            self.systems.begin()
        self.case.change(self.systems, self.turn)

    def _undisturbed(self):
        """The gaps of a run that nobody kills, and the books that it leads to."""
        self._begin()
        gaps, _ = dying.sync(self.systems.config, self.systems.told)
        self.systems.agreed()
        return gaps, self._books()

    def _books(self):
        books = self.systems.books()
        # the reference, which comes last, is another one in each turn of the tokens' case
        return Counter(one[:-1] for one in books.elements()) if self.name == "token" else books

    def killed_in(self, gap):
        """Die in a gap, and go on: whether it died, and how the books differ from those of the undisturbed run."""
        self._begin()
        reached, killed = dying.sync(self.systems.config, self.systems.told, gap)
        try:
            self.systems.finish()
        except Exception as error:
            error.add_note(f"after a death in gap {gap}, before {reached[-1]}")
            raise
        books = self._books()
        differs = [] if books == self.books else [(gap, reached[-1], books - self.books, self.books - books)]
        return killed, differs

    def tried(self, points, record_property):
        """Die in gap after gap, and tell how many there were."""
        outcomes = [self.killed_in(gap) for gap in points]
        record_property("crash points", [self.name, sum(killed for killed, _ in outcomes), len(self.gaps)])
        assert [one for _, differs in outcomes for one in differs] == []


@pytest.fixture(scope="module")
def matrix(request):
    case = CASES[request.param]
    with tiny(case.prepare, case.consent) as systems:
        yield Matrix(request.param, systems)


@pytest.mark.matrix
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("matrix", CASES, indirect=True)
def test_killed_in_gap_after_gap(matrix, record_property, part):
    matrix.tried(range(1 + part, len(matrix.gaps) + 1, PARTS), record_property)


@pytest.mark.parametrize("matrix", ["create", "payment", "token"], indirect=True)
def test_killed_in_a_sample_of_gaps(matrix, record_property):
    """Right after a write was answered or tokens came: what is known of it is lost."""
    answered = ("PUT", "POST /connect", "POST /api")
    lost = [gap + 1 for gap, what in enumerate(matrix.gaps[:-1], 1) if what.startswith(answered)]
    matrix.tried(lost[-SAMPLE:], record_property)
