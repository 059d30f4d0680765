"""The endpoints of one organisation, by name."""

from tieout_sandbox.xero import besides
from tieout_sandbox.xero.accounts import Accounts
from tieout_sandbox.xero.advances import Overpayments, Prepayments
from tieout_sandbox.xero.allocations import Allocations
from tieout_sandbox.xero.besides import Besides
from tieout_sandbox.xero.books import Books
from tieout_sandbox.xero.contacts import Contacts
from tieout_sandbox.xero.credit_notes import CreditNotes
from tieout_sandbox.xero.currencies import Currencies
from tieout_sandbox.xero.endpoint import Endpoint
from tieout_sandbox.xero.groups import ContactGroups
from tieout_sandbox.xero.invoices import Invoices
from tieout_sandbox.xero.items import Items
from tieout_sandbox.xero.orders import PurchaseOrders
from tieout_sandbox.xero.payments import Payments
from tieout_sandbox.xero.plan import Plan
from tieout_sandbox.xero.table import Record, Table
from tieout_sandbox.xero.taxes import TaxRates
from tieout_sandbox.xero.themes import BrandingThemes
from tieout_sandbox.xero.tracking import TrackingCategories
from tieout_sandbox.xero.unkept import unkept


class Resources:
    """One organisation's books with everything that reads and writes them."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.plan = Plan(books)
        self.contacts = Contacts(books)
        self.groups = ContactGroups(books)
        self.tracking = TrackingCategories(books)
        self.invoices = Invoices(books, self.contacts)
        self.credit_notes = CreditNotes(books, self.contacts)
        self.prepayments = Prepayments(books, self.contacts)
        self.overpayments = Overpayments(books, self.contacts)
        credits = (self.credit_notes, self.prepayments, self.overpayments)
        self.allocations = {each.plural: Allocations(books, each, self.invoices) for each in credits}
        self.orders = PurchaseOrders(books, self.contacts)
        self.payments = Payments(books, {each.kind: each for each in (self.invoices, *credits)})
        self.besides = Besides(books)
        self.documents = (self.invoices, *credits, self.orders)
        settings = (Accounts(books), TaxRates(books), Currencies(books), self.tracking, BrandingThemes(books))
        records = (self.contacts, self.groups, Items(books), self.invoices, *credits, self.orders, self.payments)
        self.kept: dict[str, Endpoint] = {each.plural: each for each in (*settings, *records)}
        self.endpoints = {**self.kept, **{each.plural: each for each in unkept(books)}}

    @property
    def tables(self) -> dict[str, Table]:
        """The records of every endpoint that keeps any."""
        return {name: each.table for name, each in self.kept.items()}

    def state(self) -> Record:
        """All records, in the shape of an organisation file."""
        held = {name: [self.held(name, record) for record in each.table] for name, each in self.kept.items()}
        return {"Organisation": self.books.organisation, **held, "Besides": besides.state(self.books)}

    def held(self, plural: str, record: Record) -> Record:
        """A record in the form of a read of it alone."""
        return self.kept[plural].single(record, 4)
