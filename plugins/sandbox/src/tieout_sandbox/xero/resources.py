"""The endpoints of one organisation, by name."""

from typing import TypeAlias

from tieout_sandbox.xero.accounts import Accounts
from tieout_sandbox.xero.besides import Besides
from tieout_sandbox.xero.books import Books
from tieout_sandbox.xero.contacts import Contacts
from tieout_sandbox.xero.invoices import Invoices
from tieout_sandbox.xero.items import Items
from tieout_sandbox.xero.orders import PurchaseOrders
from tieout_sandbox.xero.payments import Payments
from tieout_sandbox.xero.reference import Reference, references
from tieout_sandbox.xero.table import Record, Table

Writable: TypeAlias = Accounts | Contacts | Items | Invoices | PurchaseOrders | Payments


class Resources:
    """One organisation's books with everything that reads and writes them."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.accounts = Accounts(books)
        self.contacts = Contacts(books)
        self.items = Items(books)
        self.invoices = Invoices(books, self.contacts)
        self.orders = PurchaseOrders(books, self.contacts)
        self.payments = Payments(books, self.invoices)
        self.besides = Besides(books)
        self.writable: dict[str, Writable] = {
            each.plural: each
            for each in (self.accounts, self.contacts, self.items, self.invoices, self.orders, self.payments)
        }
        self.readable: dict[str, Writable | Reference] = {
            **{each.plural: each for each in references(books)},
            **self.writable,
        }

    @property
    def tables(self) -> dict[str, Table]:
        """The records of every endpoint."""
        return {name: each.table for name, each in self.readable.items()}

    def state(self) -> Record:
        """All records, in the shape of an organisation file."""
        held = {name: [self.held(name, record) for record in each.table] for name, each in self.readable.items()}
        return {"Organisation": self.books.organisation, **held}

    def held(self, plural: str, record: Record) -> Record:
        """A record in the form of a read of it alone."""
        return self.readable[plural].single(record, 4)
