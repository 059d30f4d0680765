"""The settings of an organisation as lists: taxes, currencies, tracking, themes (facts/xero.md 5.6, 5.7)."""

from collections.abc import Callable, Iterable
from typing import Literal

from tieout_sandbox.xero.books import Books
from tieout_sandbox.xero.listing import Query
from tieout_sandbox.xero.table import Record, Table

_ACTIONS = (
    *(f"Create{status}{kind}" for kind in ("Invoice", "Bill", "PurchaseOrder") for status in ("Approved", "Draft")),
    *("CreateInvoicePayment", "CreateRepeatingInvoice", "CreateRepeatingBill", "CreateDraftQuote", "CreateSentQuote"),
    *("AttachFilesIntoInvoice", "UseMulticurrency"),
)


class Reference:
    """One list of settings, read whole; its records are read by id, tax rates by their code."""

    paged: Literal["never"] = "never"
    batches = False
    error_flag: str | None = None

    def __init__(self, books: Books, plural: str, kind: str, table: Table, names: frozenset[str]) -> None:
        self.books = books
        self.plural = plural
        self.kind = kind
        self.table = table
        self.id_field = table.id_field
        self.names = names
        self.filterable = bool(names)

    def find(self, key: str) -> Record | None:
        """Settings have no other key than their id."""
        return None

    def filters(self, query: Query, client: str) -> Iterable[Callable[[Record], bool]]:
        """Settings have no parameters of their own."""
        return ()

    def single(self, record: Record, places: int) -> Record:
        """All there is."""
        return record

    def shown(self, record: Record, query: Query) -> Record:
        """All there is."""
        return record

    unpaged = summary = shown


def actions() -> list[Record]:
    """What applications may do in an organisation on a full plan."""
    return [{"Name": name, "Status": "ALLOWED"} for name in _ACTIONS]
