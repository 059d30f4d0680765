"""Addresses at which people see their records: in Apptivo by the firm's profile, in Xero by its deep links."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from tieout import Terms

_ORIGIN = "https://go.xero.com"


def in_apptivo(app: str) -> Callable[[str, Terms], str]:
    """Tells the address of a record of an app."""
    return lambda id, terms: str(terms.connection.page(app, id))


def contact(id: str, terms: Terms) -> str:
    """The address of a contact."""
    return _within(f"/Contacts/View/{id}", terms)


def invoice(id: str, terms: Terms) -> str:
    """The address of a sales invoice."""
    return _within(f"/AccountsReceivable/View.aspx?InvoiceID={id}", terms)


def bill(id: str, terms: Terms) -> str:
    """The address of a bill."""
    return _within(f"/AccountsPayable/Edit.aspx?InvoiceID={id}", terms)


def purchase_order(id: str, terms: Terms) -> str:
    """The address of a purchase order."""
    return _within(f"/Accounts/Payable/PurchaseOrders/View/{id}/", terms)


def _within(path: str, terms: Terms) -> str:
    """The path inside the terms' organisation; without its short code, inside the one that the person has open."""
    code = next((row.code for row in terms.rows("organisation")), None)
    if not code:
        return _ORIGIN + path
    return f"{_ORIGIN}/organisationlogin/default.aspx?shortcode={quote(code)}&redirecturl={quote(path, safe='/')}"
