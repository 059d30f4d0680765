"""What an organisation's plan allows (docs/facts/xero.md, "Plans")."""

from tieout_sandbox.xero import stamps
from tieout_sandbox.xero.books import Books
from tieout_sandbox.xero.findings import Findings
from tieout_sandbox.xero.table import Record

_CREATED = tuple(
    f"Create{status}{kind}" for kind in ("Invoice", "Bill", "PurchaseOrder") for status in ("Approved", "Draft")
)
_ACTIONS = (
    *_CREATED,
    *("CreateInvoicePayment", "CreateRepeatingInvoice", "CreateRepeatingBill", "CreateDraftQuote", "CreateSentQuote"),
    *("AttachFilesIntoInvoice", "UseMulticurrency"),
)
_APPROVALS = {"ACCREC": ("CreateApprovedInvoice", 20), "ACCPAY": ("CreateApprovedBill", 5)}
_LIMITED = ("EARLY", "STARTER")
_ONE_CURRENCY = (*_LIMITED, "STANDARD")
_REACHED = "You have reached the limit of invoices you can approve"
_NO_CURRENCIES = "The plan of this organisation has no multi-currency"


class Plan:
    """The plan of one organisation: the `Class` in its profile, of which STARTER and STANDARD lack something."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def actions(self) -> list[Record]:
        """What applications may do in the organisation now."""
        forbidden = {name for kind, (name, _) in _APPROVALS.items() if self._used_up(kind)}
        if self._is(_ONE_CURRENCY):
            forbidden.add("UseMulticurrency")
        return [{"Name": name, "Status": "NOT-ALLOWED" if name in forbidden else "ALLOWED"} for name in _ACTIONS]

    def judge_approval(self, kind: str, findings: Findings) -> None:
        """Refuse one more approved invoice (ACCREC) or bill (ACCPAY) when the month has had its number of them."""
        if kind in _APPROVALS and self._used_up(kind):
            findings.refuse(_REACHED)

    def judge_currency(self, findings: Findings) -> None:
        """Refuse one more currency where the plan knows a single one."""
        if self._is(_ONE_CURRENCY):
            findings.refuse(_NO_CURRENCIES)

    def _is(self, classes: tuple[str, ...]) -> bool:
        return str(self._books.organisation.get("Class")).upper() in classes

    def _used_up(self, kind: str) -> bool:
        """Whether the documents dated in this month are as many as may be approved in it."""
        if not self._is(_LIMITED):
            return False
        today = self._books.today()
        days = (
            stamps.day(each["Date"])
            for each in self._books.invoices
            if each["Type"] == kind and each["Status"] in ("AUTHORISED", "PAID", "VOIDED")
        )
        return sum((day.year, day.month) == (today.year, today.month) for day in days) >= _APPROVALS[kind][1]
