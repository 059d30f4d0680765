"""The chart of accounts as it is written: one at a time, with unique names and codes.

Source: docs/facts/xero.md, "Accounts".
"""

from tieout_sandbox.xero import fields, stamps
from tieout_sandbox.xero.books import Books
from tieout_sandbox.xero.chart import CLASS_OF
from tieout_sandbox.xero.endpoint import Endpoint, Way
from tieout_sandbox.xero.findings import Findings
from tieout_sandbox.xero.problems import invalid
from tieout_sandbox.xero.table import Record

_LENGTHS = {"Code": 10, "Name": 150, "Description": 4000, "BankAccountNumber": 50}
_TEXTS = (*_LENGTHS, "Type", "Status", "TaxType", "BankAccountType", "CurrencyCode")
_FLAGS = ("EnablePaymentsToAccount", "ShowInExpenseClaims", "AddToWatchlist")


class Accounts(Endpoint):
    """The accounts of one organisation."""

    plural, kind = "Accounts", "Account"
    ways = frozenset({"PUT", "POST by id"})
    names = frozenset(
        {
            *_TEXTS,
            *_FLAGS,
            "AccountID",
            "Class",
            "SystemAccount",
            "UpdatedDateUTC",
            "ReportingCode",
            "ReportingCodeName",
        }
    )

    def __init__(self, books: Books) -> None:
        super().__init__(books, books.accounts)

    def write(self, element: Record, way: Way, findings: Findings) -> Record | None:
        """Create an account, or update the one named in the path."""
        existing = self.table.get(way.identity or "")
        account: Record = (
            dict(existing)
            if existing
            else {"AccountID": self.books.new_id(), "Status": "ACTIVE", "HasAttachments": False}
        )
        if existing is not None:
            findings.identity = existing["AccountID"]
            if existing["Type"] == "BANK":
                findings.refuse("Bank accounts cannot be updated via the API")
            if existing.get("SystemAccount") and element.get("Status") == "ARCHIVED":
                findings.refuse("System accounts cannot be archived")
        for name in _TEXTS:
            value = fields.text(element, name)
            if value is not None:
                account[name] = value
        for name in _FLAGS:
            wanted = fields.truth(element, name)
            account[name] = bool(account.get(name)) if wanted is None else wanted
        findings.limit(account, _LENGTHS)
        self._judge(account, findings)
        if findings.errors:
            return None
        account["Class"] = CLASS_OF[account["Type"]]
        account.setdefault("TaxType", {"REVENUE": "OUTPUT", "EXPENSE": "INPUT"}.get(account["Class"], "BASEXCLUDED"))
        account["UpdatedDateUTC"] = stamps.stamp(self.books.touch())
        self.table.put(account)
        return account

    def remove(self, account: Record) -> Record:
        """Remove an account that nothing uses and return it. Raises `Problem` (400) for any other."""
        identity = account["AccountID"]
        documents = (*self.books.invoices, *self.books.credit_notes, *self.books.orders)
        used = any(line.get("AccountID") == identity for document in documents for line in document["LineItems"])
        paid = any(payment["Account"].get("AccountID") == identity for payment in self.books.payments)
        if used or paid or account.get("SystemAccount"):
            message = "The account cannot be deleted because it is a system account or is in use"
            raise invalid([{**account, "ValidationErrors": [{"Message": message}]}])
        self.table.drop(identity)
        return {**account, "Status": "DELETED"}

    def _judge(self, account: Record, findings: Findings) -> None:
        if account.get("Type") not in CLASS_OF:
            findings.refuse(f"Account type '{account.get('Type') or ''}' is not valid")
        if not account.get("Name"):
            findings.refuse("Please enter a Name.")
        if not account.get("Code") and account.get("Type") != "BANK":
            findings.refuse("Please enter a Code.")
        if account.get("Type") == "BANK" and not account.get("BankAccountNumber"):
            findings.refuse("BankAccountNumber must be specified for bank accounts")
        if account["Status"] not in ("ACTIVE", "ARCHIVED"):
            findings.refuse(f"Account status '{account['Status']}' is not valid")
        rate = account.get("TaxType")
        if rate and rate != "NONE" and self.books.tax_rates.get(rate) is None:
            findings.refuse(f"The TaxType code {rate} does not exist or cannot be used for this type of transaction")
        for other in self.table:
            if other["AccountID"] == account["AccountID"]:
                continue
            if other["Name"].casefold() == str(account.get("Name")).casefold():
                findings.refuse("Please enter a unique Name.")
            if account.get("Code") and other.get("Code") == account["Code"]:
                findings.refuse("Please enter a unique Code.")
