"""The records of one organisation, and what its clock and its lock dates say."""

import re
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from tieout_sandbox.clock import Clock
from tieout_sandbox.entropy import Entropy
from tieout_sandbox.xero import stamps
from tieout_sandbox.xero.findings import Findings
from tieout_sandbox.xero.table import Journal, Record, Table

_ZONES = {
    "AUSEASTERNSTANDARDTIME": "Australia/Sydney",
    "NEWZEALANDSTANDARDTIME": "Pacific/Auckland",
    "GMTSTANDARDTIME": "Europe/London",
    "EASTERNSTANDARDTIME": "America/New_York",
}
_BLANKS = re.compile(r"\s+")


def name_key(name: str) -> str:
    """A contact's name as it is compared: whatever the case, blanks collapsed (docs/facts/xero.md, "Contacts")."""
    return _BLANKS.sub(" ", name).strip().casefold()


@dataclass(frozen=True, slots=True)
class File:
    """One attached file: its record, and its content as base64 text."""

    record: Record
    content: str


class Books:
    """One organisation: a table per endpoint, and the time of its last change.

    `authors` says which application created a document; `notes` and `files` are what hangs on a record, by its id.
    """

    def __init__(self, organisation: Record, clock: Clock, entropy: Entropy) -> None:
        self.organisation = organisation
        self._clock = clock
        self._entropy = entropy
        self._journal: Journal = []
        self._last_ms = 0
        self._latest_number: dict[str, int] = {}
        self.authors: dict[str, str] = {}
        self.notes: dict[str, list[Record]] = {}
        self.files: dict[str, dict[str, File]] = {}
        journal = self._journal
        self.accounts = Table("AccountID", journal, code=lambda r: r.get("Code"))
        self.tax_rates = Table("TaxType", journal)
        self.currencies = Table("Code", journal)
        self.groups = Table("ContactGroupID", journal)
        self.tracking = Table("TrackingCategoryID", journal, name=lambda r: r["Name"].casefold())
        self.branding = Table("BrandingThemeID", journal)
        self.contacts = Table(
            "ContactID",
            journal,
            name=lambda r: name_key(r["Name"]),
            number=lambda r: r.get("ContactNumber"),
            account=lambda r: r.get("AccountNumber"),
        )
        self.items = Table("ItemID", journal, code=lambda r: r["Code"])
        self.invoices = Table("InvoiceID", journal, number=lambda r: r.get("InvoiceNumber"))
        self.credit_notes = Table("CreditNoteID", journal, number=lambda r: r.get("CreditNoteNumber"))
        self.orders = Table("PurchaseOrderID", journal, number=lambda r: r["PurchaseOrderNumber"])
        self.payments = Table("PaymentID", journal)
        self.prepayments = Table("PrepaymentID", journal)
        self.overpayments = Table("OverpaymentID", journal)

    @property
    def tenant(self) -> str:
        """The id by which calls name this organisation."""
        return str(self.organisation["OrganisationID"])

    @property
    def base_currency(self) -> str:
        """ISO code of the currency of the books."""
        return str(self.organisation["BaseCurrency"])

    def new_id(self) -> str:
        """An id for a new record, as only Xero makes them."""
        return self._entropy.id()

    def touch(self) -> int:
        """The time of a change in milliseconds: now, but always after the change before it."""
        self._last_ms = max(stamps.milliseconds(self._clock.now()), self._last_ms + 1)
        return self._last_ms

    def today(self) -> date:
        """The date in the organisation's own time zone."""
        zone = _ZONES.get(str(self.organisation.get("Timezone")), "UTC")
        return self._clock.now().astimezone(ZoneInfo(zone)).date()

    def account(self, code: str) -> Record | None:
        """The account of this code."""
        found = self.accounts.having("code", code)
        return found[0] if found else None

    def item(self, code: str) -> Record | None:
        """The item of this code."""
        found = self.items.having("code", code)
        return found[0] if found else None

    def next_number(self, table: Table, prefix: str) -> str:
        """The next free document number, such as INV-0007."""
        latest = self._latest_number.get(prefix, 0) + 1
        while table.having("number", f"{prefix}{latest:04}"):
            latest += 1
        self._latest_number[prefix] = latest
        return f"{prefix}{latest:04}"

    def check_lock(self, day: date, findings: Findings) -> None:
        """Refuse a date on or before a lock date (docs/facts/xero.md, "Lock dates")."""
        for field, name in (("EndOfYearLockDate", "end of year"), ("PeriodLockDate", "period")):
            value = self.organisation.get(field)
            if value and day <= (locked := stamps.day(value)):
                findings.refuse(
                    f"The document date cannot be before the {name} lock date, "
                    f"currently set at {locked.day} {locked:%B %Y}"
                )
                return

    def begin(self) -> None:
        """From here on changes can be undone together."""
        self._journal.clear()

    def undo(self) -> None:
        """Take back every change since `begin`."""
        touched = {}
        while self._journal:
            table, identity, before = self._journal.pop()
            table.restore(identity, before)
            touched[id(table)] = table
        for table in touched.values():
            table.sort()

    def settle(self) -> None:
        """Take the records as they are for the start: sorted, their stamps in the past of every later change."""
        self._journal.clear()
        documents = (self.invoices, self.credit_notes, self.orders, self.prepayments, self.overpayments)
        for table in (self.contacts, self.items, *documents, self.payments):
            table.sort()
            self._last_ms = max(
                [self._last_ms, *(stamps.stamp_ms(r["UpdatedDateUTC"]) for r in table if "UpdatedDateUTC" in r)]
            )
