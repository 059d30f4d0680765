"""What a person sets for Xero: the connection, the pair's accounts and taxes, and a document's status on arrival."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator
from tieout import Amount, Pick, Secret, Settings

IDENTITY = "https://identity.xero.com"


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("give a whole address that begins with https://")
    return value.rstrip("/")


Address = Annotated[str, AfterValidator(_address)]


def _authorise(data: dict[str, Any]) -> str:
    identity = data.get("identity_url", IDENTITY)
    origin = "https://login.xero.com" if identity == IDENTITY else identity
    return f"{origin}/identity/connect/authorize"


def _connections(data: dict[str, Any]) -> str:
    identity = data.get("identity_url", IDENTITY)
    return f"{'https://api.xero.com' if identity == IDENTITY else identity}/connections"


class ConnectionSettings(Settings):
    """How to reach one Xero organisation.

    `consent` is `person` (somebody logs in and allows access) or `custom-connection` (one organisation, authorised
    once, no person). A web app and a custom connection have a secret; a desktop app has none. When `identity-url` is
    set alone, the authorise and connections addresses follow it.
    """

    client_id: str = Field(
        min_length=1, title="Client id", description="The id of your app, from its page at developer.xero.com."
    )
    client_secret: Secret | None = Field(
        default=None,
        title="Client secret",
        description="The secret of your app. A web app and a custom connection have one; a desktop app has none.",
    )
    consent: Literal["person", "custom-connection"] = Field(
        default="person",
        title="Consent",
        description="How access is allowed: by a person who logs in, or once and for all by a custom connection.",
    )
    api_url: Address = Field(
        default="https://api.xero.com/api.xro/2.0", title="API address", description="Where the accounting API is."
    )
    identity_url: Address = Field(
        default=IDENTITY,
        title="Identity address",
        description="Where tokens are given. Set alone, the two addresses below follow it.",
    )
    authorise_url: Address = Field(
        default_factory=_authorise, title="Consent address", description="Where a person allows access."
    )
    connections_url: Address = Field(
        default_factory=_connections,
        title="Connections address",
        description="Where Xero lists the organisations that a consent opened.",
    )

    @model_validator(mode="after")
    def _secret_for_a_custom_connection(self) -> Self:
        if self.consent == "custom-connection" and self.client_secret is None:
            raise ValueError("a custom connection needs client-secret")
        return self

    @property
    def token_url(self) -> str:
        """Where codes and refresh tokens are turned into tokens."""
        return f"{self.identity_url}/connect/token"

    @property
    def revoke_url(self) -> str:
        """Where a refresh token, and with it every connection of its user, is ended."""
        return f"{self.identity_url}/connect/revocation"


def hosts(settings: ConnectionSettings) -> tuple[str, ...]:
    """The hosts that these settings lead to."""
    addresses = (settings.api_url, settings.identity_url, settings.authorise_url, settings.connections_url)
    return tuple(dict.fromkeys(urlsplit(address).hostname or "" for address in addresses))


class Choice(Settings):
    """An account by its id, which never changes, and the code that people know; bank accounts may have no code."""

    code: str | None = Field(default=None, title="Code", description="The account's code in the chart of accounts.")
    id: str | None = Field(
        default=None, title="Id", description="The account's own id, which stays when its code is changed."
    )

    @model_validator(mode="after")
    def _one_at_least(self) -> Self:
        if not self.code and not self.id:
            raise ValueError("give the account's code, its id, or both")
        return self

    def __str__(self) -> str:
        return self.code or self.id or ""


Chosen = str | Choice | None


class Accounts(Settings):
    """The accounts that documents are posted to, each by its code or as `{ code, id }`.

    `discount` and `shipping` are for sales alone: they are accounts of revenue, which purchases may not be posted to,
    and freight on a purchase is part of its cost.
    """

    payment: Annotated[Chosen, Pick("accounts", "payment")] = Field(
        default=None,
        title="Payment account",
        description="Where payments come in and go out: a bank account, or one that is open to payments.",
    )
    inventory: Annotated[Chosen, Pick("accounts", "inventory")] = Field(
        default=None, title="Inventory account", description="Where purchased lines of stock items go."
    )
    sales: Annotated[Chosen, Pick("accounts", "sales")] = Field(
        default=None,
        title="Sales account",
        description="Where lines of sales invoices go, unless the line names an account itself.",
    )
    purchase: Annotated[Chosen, Pick("accounts", "purchase")] = Field(
        default=None,
        title="Purchase account",
        description="Where all other lines of bills and purchase orders go, unless the line names an account itself.",
    )
    discount: Annotated[Chosen, Pick("accounts", "sales", usual="The sales account")] = Field(
        default=None,
        title="Discount account",
        description="Where the discount on a whole sales invoice goes; the sales account unless it is set.",
    )
    shipping: Annotated[Chosen, Pick("accounts", "sales", usual="The sales account")] = Field(
        default=None,
        title="Shipping account",
        description="Where the shipping of a sales invoice goes; the sales account unless it is set.",
    )


class Taxes(Settings):
    """Which Xero tax stands for which tax of the source, as `"NAME RATE%" = "TAXTYPE"`; `none` is no tax at all."""

    sales: dict[str, Annotated[str, Pick("taxes", "sales")]] = Field(
        default_factory=dict,
        title="Taxes on sales",
        description='The Xero tax type for each tax of the source, such as "GST 10%" = "OUTPUT"; none is no tax.',
    )
    purchases: dict[str, Annotated[str, Pick("taxes", "purchase")]] = Field(
        default_factory=dict,
        title="Taxes on purchases",
        description='The same for bills and purchase orders, such as "GST 10%" = "INPUT".',
    )


class Rounding(Settings):
    """How far a document's total may differ, in its currency, before it is held instead of rounded on `account`.

    Without an account the organisation's own rounding account is used.
    """

    tolerance: Amount = Field(
        default=Decimal("0.05"),
        ge=0,
        le=Decimal("0.10"),
        title="Rounding tolerance",
        description="The largest difference of a total, in the document's currency, that a rounding line may close.",
    )
    account: Annotated[Chosen, Pick("accounts", usual="The organisation's own")] = Field(
        default=None,
        title="Rounding account",
        description="Where the rounding line goes; the organisation's own rounding account unless it is set.",
    )


class Pair(Settings):
    """What a pair needs to know when Xero is its target."""

    accounts: Accounts = Field(
        default=Accounts(), title="Accounts", description="The accounts that documents are posted to."
    )
    taxes: Taxes = Field(
        default=Taxes(), title="Taxes", description="Which Xero tax stands for which tax of the source."
    )
    rounding: Rounding = Field(
        default=Rounding(), title="Rounding", description="How differences of a few cents are closed."
    )


class Arrival(Settings):
    """What a document gets in Xero besides its content: its status, its looks, what it is reported under, its trail."""

    status: Literal["draft", "submitted", "authorised"] = Field(
        default="draft",
        title="Status on arrival",
        description="Whether a new document is a draft, waits for approval, or is approved and counts in the books.",
    )
    branding_theme: Annotated[str, Pick("branding")] = Field(
        default="",
        title="Branding theme",
        description="The theme that a new document is printed with, by its name; the organisation's own unless set.",
    )
    tracking: dict[str, Annotated[str, Pick("tracking")]] = Field(
        default_factory=dict,
        max_length=2,
        title="Tracking",
        description='The option that new lines get in up to two tracking categories, such as Region = "North".',
    )
    attachments: bool = Field(
        default=False,
        title="Send attachments",
        description="Attach the files of a document in Xero too: at most 10, of 10 MB each, two calls a file.",
    )
    history_note: bool = Field(
        default=False,
        title="Note in the history",
        description="Note in the history of a document in Xero when and from where it was sent: one call a document.",
    )
