"""Endpoints of which the sandbox keeps no records: they can be read, and every list of them is empty.

A client that reads everything (a Singer or Airbyte source) meets them beside the others.
"""

from functools import cache
from typing import Literal

from tieout_sandbox.xero.books import Books
from tieout_sandbox.xero.endpoint import Endpoint
from tieout_sandbox.xero.table import Table

_UNKEPT: tuple[tuple[str, str, Literal["never", "asked"]], ...] = (
    ("BankTransactions", "BankTransactionID", "asked"),
    ("BankTransfers", "BankTransferID", "never"),
    ("BatchPayments", "BatchPaymentID", "never"),
    ("Budgets", "BudgetID", "never"),
    ("Employees", "EmployeeID", "never"),
    ("ExpenseClaims", "ExpenseClaimID", "never"),
    ("Journals", "JournalID", "never"),
    ("LinkedTransactions", "LinkedTransactionID", "asked"),
    ("ManualJournals", "ManualJournalID", "asked"),
    ("PaymentServices", "PaymentServiceID", "never"),
    ("Quotes", "QuoteID", "asked"),
    ("Receipts", "ReceiptID", "never"),
    ("RepeatingInvoices", "RepeatingInvoiceID", "never"),
    ("Users", "UserID", "never"),
)


def unkept(books: Books) -> list[Endpoint]:
    """The endpoints without records of one organisation."""
    return [_endpoint(*each)(books, Table(each[1], [])) for each in _UNKEPT]


@cache
def _endpoint(plural_: str, id_field: str, paged_: Literal["never", "asked"]) -> type[Endpoint]:
    class Unkept(Endpoint):
        """An endpoint whose lists are empty."""

        plural, kind, paged = plural_, plural_.removesuffix("s"), paged_
        names = frozenset({id_field, "UpdatedDateUTC", "Date", "Status", "Name", "CreatedDateUTC"})

    return Unkept
