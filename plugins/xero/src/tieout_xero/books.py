"""The organisation's reference data, indexed once for all records of a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from tieout import Account, Lock, Organisation, Permission, Reference, TaxRate, Terms

from tieout_xero.settings import Choice


@dataclass(frozen=True, slots=True)
class Books:
    """Accounts by id and by code, taxes by their type, and what the organisation allows.

    `lock` is the later of the two lock dates, `base` the base currency, `refused` the actions that the plan refuses.
    """

    accounts: Mapping[str, Account]
    taxes: Mapping[str, TaxRate]
    currencies: frozenset[str]
    base: str | None
    lock: date | None
    refused: frozenset[str]
    rounding: Account | None

    @staticmethod
    def of(terms: Terms) -> Books:
        """The books behind these terms."""
        return _indexed(_Identity(terms.reference))

    def account(self, chosen: str | Choice) -> Account | None:
        """The account that was chosen: by its id when that is known, so that a new code changes nothing."""
        if isinstance(chosen, Choice):
            return self.accounts.get(chosen.id or chosen.code or "")
        return self.accounts.get(chosen)

    def rate(self, tax_type: str | None) -> Decimal:
        """The effective rate in percent of a tax type; 0 for none and for an unknown one."""
        tax = self.taxes.get(tax_type or "")
        return tax.rate if tax else Decimal(0)

    def takes(self, currency: str) -> bool:
        """Whether documents and contacts may have that currency: it is enabled, and the plan allows several."""
        return currency == self.base or (currency in self.currencies and "UseMulticurrency" not in self.refused)


@dataclass(frozen=True, slots=True, eq=False)
class _Identity:
    """Hashes a mapping by what it is, not by what it holds: comparing whole charts would cost more than it saves."""

    reference: Mapping[str, tuple[Reference, ...]]

    def __hash__(self) -> int:
        return id(self.reference)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and other.reference is self.reference


@lru_cache(maxsize=16)
def _indexed(key: _Identity) -> Books:
    rows = key.reference
    chart = [row for row in rows.get("accounts", ()) if isinstance(row, Account)]
    organisation = next((row for row in rows.get("organisation", ()) if isinstance(row, Organisation)), None)
    locks = [row.until for row in rows.get("locks", ()) if isinstance(row, Lock) and row.until]
    return Books(
        # active accounts last: they win a code that an archived one still bears
        accounts={
            key: account
            for account in sorted(chart, key=lambda account: account.active)
            for key in (account.id, account.code)
            if key
        },
        taxes={row.id: row for row in rows.get("taxes", ()) if isinstance(row, TaxRate)},
        currencies=frozenset(row.code or row.id for row in rows.get("currencies", ()) if row.active),
        base=organisation.currency if organisation else None,
        lock=max(locks, default=None),
        refused=frozenset(
            row.id for row in rows.get("permissions", ()) if isinstance(row, Permission) and not row.allowed
        ),
        rounding=next((account for account in chart if account.system == "ROUNDING" and account.active), None),
    )
