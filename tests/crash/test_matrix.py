"""The crash matrix: dead at every durable moment of a sync, the next run brings everything to its end."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import dying
import pytest
from product import PAIR, Product, product
from sandboxed import launched
from tieout.testing.simulation import Dead
from tiny import firm

PARTS = 8
"""Into so many tests each case is divided, so that they run side by side."""
SAMPLE = 3
SEED = 20


@dataclass(frozen=True)
class Case:
    """What is under way when the process dies: where the systems stand before, and what has changed since."""

    prepare: Callable
    change: Callable
    consent: str = "custom-connection"


def nothing(made):
    """A firm that is new: everything is created, documents paid and unpaid."""


def updated(made):
    made.change("invoices", 0, poNumber="PO 4711")
    made.change("supplier-invoices", 0, supplierReferenceNumber="4711/1")
    made.change("customers", 0, customerName="Renamed Pty Ltd")
    made.change("items", 0, itemName="Another name")


def voided(made):
    made.change("invoices", 0, statusId=20006, statusName="Void")
    made.change("supplier-invoices", 0, statusId=22005, statusName="Void")
    made.change("purchase-orders", 0, statusId=21004, statusName="Cancelled")


def paid(made):
    """One payment is entered, and one of another invoice's two is taken back."""
    books = made.state("apptivo")["invoices"]
    entered = {**books[2]["payments"][0], "paymentId": 990_001, "amount": "10.00"}
    kept = books[1]["payments"][:1]
    made.change("invoices", 0, payments=[entered], amountPaid="10.00", statusId=20004, statusName="Partially Paid")
    part = {"amountPaid": kept[0]["amount"], "statusId": 20004, "statusName": "Partially Paid"}
    made.change("invoices", 1, payments=kept, **part)


def synced(made):
    made.sync()


def allowed(made):
    """A person has consented, and the access token has ended since: the first call renews it."""
    made.allow()
    made.sync()
    made.simulation.pass_time(made.simulation.now.resolution * 3_600_000_000)


def noted(made):
    made.change("invoices", 0, poNumber="PO 4712")


CASES = {
    "create": Case(nothing, nothing),
    "update": Case(synced, updated),
    "void": Case(synced, voided),
    "payment": Case(synced, paid),
    "token": Case(allowed, noted, "person"),
}


def books(made):
    """What stands in Xero, each record with what a person sees of it and how often it is there."""
    state = made.state("xero")
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


class Matrix:
    """One case, played as often as wanted, each time from the same beginning."""

    def __init__(self, name):
        self.case = CASES[name]
        with product(SEED, firm(), consent=self.case.consent) as made:
            self.case.prepare(made)
            self.kept = made.keep()
        with self.begun() as made:
            self.moments = self._sync(made)
            self.books = self._finished(made)

    def begun(self):
        """The product at the beginning, with the change made."""
        return product(SEED, firm(), kept=self.kept, consent=self.case.consent)

    def _sync(self, made: Product, last: int | None = None):
        """One sync that dies at a moment, or never; the names of the moments that it came to."""
        reached = []

        def fate(life, name):
            if name in dying.MOMENTS:
                reached.append(name)
                if len(reached) == last:
                    life.die()

        self.case.change(made)
        made.simulation.fates = fate
        (outcome,) = made.simulation.run(made.at_desk(lambda desk: desk.sync(PAIR, lambda plan: True)))
        made.simulation.fates = lambda life, name: None
        assert isinstance(outcome, Dead) if last else not isinstance(outcome, BaseException), outcome
        return reached

    def _finished(self, made):
        """Sync to the end: nothing waits any more, the books tie out; what stands in them then."""
        tie = made.alone(lambda desk: (desk.sync(PAIR, lambda plan: True), desk.reconcile(PAIR))[1])
        assert tie.ties, tie.unexplained()
        return books(made)

    def died_at(self, last):
        """Die at a moment, and go on: how the books differ from those of the undisturbed run."""
        with self.begun() as made:
            try:
                reached = self._sync(made, last)
                found = self._finished(made)
            except Exception as error:
                error.add_note(f"after a death at moment {last} of {len(self.moments)}")
                raise
        return [] if found == self.books else [(last, reached[-1], found - self.books, self.books - found)]

    def tried(self, name, moments, record_property):
        """Die at moment after moment, and tell how many there are."""
        moments = list(moments)
        assert [one for moment in moments for one in self.died_at(moment)] == []
        record_property("crash points", [name, len(moments), len(self.moments)])


@cache
def matrix(name):
    """The matrix of a case, made once for a process."""
    return Matrix(name)


@pytest.mark.matrix
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("name", CASES)
def test_dead_at_moment_after_moment(name, record_property, part):
    found = matrix(name)
    found.tried(name, range(1 + part, len(found.moments) + 1, PARTS), record_property)


@pytest.mark.parametrize("name", CASES)
def test_dead_at_a_sample_of_moments(name, record_property):
    """Right after an answer came, late in the run: what is known of it is lost."""
    found = matrix(name)
    answered = [place for place, what in enumerate(found.moments, 1) if what == dying.MOMENTS[1]]
    found.tried(name, answered[-SAMPLE:], record_property)


@pytest.mark.matrix
def test_a_real_process_killed_at_a_sample_of_moments(tmp_path):
    """What the simulation takes for a death is one: the same moments, kill -9, real HTTP, a real file."""
    with launched(tmp_path, size=6) as systems:
        moments, _ = dying.sync(systems.config, tmp_path / "moments")
    for last in range(5, len(moments), len(moments) // 6):
        folder = tmp_path / str(last)
        folder.mkdir()
        with launched(folder, size=6) as systems:
            _, killed = dying.sync(systems.config, folder / "moments", last)
            assert killed
            systems.agreed()
