"""The endpoints of one organisation, by name."""

from typing import TypeAlias

from tieout_sandbox.xero.accounts import Accounts
from tieout_sandbox.xero.allocations import Allocations
from tieout_sandbox.xero.besides import Besides
from tieout_sandbox.xero.books import Books
from tieout_sandbox.xero.contacts import Contacts
from tieout_sandbox.xero.credit_notes import CreditNotes
from tieout_sandbox.xero.currencies import Currencies
from tieout_sandbox.xero.groups import ContactGroups
from tieout_sandbox.xero.invoices import Invoices
from tieout_sandbox.xero.items import Items
from tieout_sandbox.xero.orders import PurchaseOrders
from tieout_sandbox.xero.payments import Payments
from tieout_sandbox.xero.reference import Reference
from tieout_sandbox.xero.table import Record, Table
from tieout_sandbox.xero.taxes import TaxRates
from tieout_sandbox.xero.tracking import TrackingCategories

Settings: TypeAlias = Accounts | TaxRates | Currencies | TrackingCategories | ContactGroups
Writable: TypeAlias = Settings | Contacts | Items | Invoices | CreditNotes | PurchaseOrders | Payments


class Resources:
    """One organisation's books with everything that reads and writes them."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.contacts = Contacts(books)
        self.groups = ContactGroups(books)
        self.tracking = TrackingCategories(books)
        self.invoices = Invoices(books, self.contacts)
        self.credit_notes = CreditNotes(books, self.contacts)
        self.allocations = Allocations(books, self.credit_notes, self.invoices)
        self.orders = PurchaseOrders(books, self.contacts)
        self.payments = Payments(books, self.invoices)
        self.besides = Besides(books)
        settings: tuple[Writable, ...] = (Accounts(books), TaxRates(books), Currencies(books), self.tracking)
        records: tuple[Writable, ...] = (self.contacts, self.groups, Items(books), self.invoices, self.credit_notes)
        self.writable: dict[str, Writable] = {
            each.plural: each for each in (*settings, *records, self.orders, self.payments)
        }
        themes = Reference(books, "BrandingThemes", "BrandingTheme", books.branding, frozenset())
        self.readable: dict[str, Writable | Reference] = {themes.plural: themes, **self.writable}

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
