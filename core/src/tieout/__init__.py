"""Tieout keeps the records of a business system and the books of an accounting system in agreement, and proves it.

A plugin needs nothing but the names of this package. Each is imported from `tieout.api` when it is used, so that a
command that uses none of them starts quickly.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from tieout.api.clock import Clock as Clock
    from tieout.api.codec import digest as digest
    from tieout.api.codec import dumps as dumps
    from tieout.api.codec import loads as loads
    from tieout.api.contract import (
        Answer as Answer,
    )
    from tieout.api.contract import (
        Binding as Binding,
    )
    from tieout.api.contract import (
        Check as Check,
    )
    from tieout.api.contract import (
        Connection as Connection,
    )
    from tieout.api.contract import (
        Connector as Connector,
    )
    from tieout.api.contract import (
        Consent as Consent,
    )
    from tieout.api.contract import (
        Cursor as Cursor,
    )
    from tieout.api.contract import (
        Entity as Entity,
    )
    from tieout.api.contract import (
        Event as Event,
    )
    from tieout.api.contract import (
        File as File,
    )
    from tieout.api.contract import (
        Finding as Finding,
    )
    from tieout.api.contract import (
        Kind as Kind,
    )
    from tieout.api.contract import (
        Kinds as Kinds,
    )
    from tieout.api.contract import (
        Lift as Lift,
    )
    from tieout.api.contract import (
        Limits as Limits,
    )
    from tieout.api.contract import (
        Lower as Lower,
    )
    from tieout.api.contract import (
        Pick as Pick,
    )
    from tieout.api.contract import (
        Proposal as Proposal,
    )
    from tieout.api.contract import (
        Resource as Resource,
    )
    from tieout.api.contract import (
        Settings as Settings,
    )
    from tieout.api.contract import (
        Tenant as Tenant,
    )
    from tieout.api.contract import (
        Terms as Terms,
    )
    from tieout.api.contract import (
        Wire as Wire,
    )
    from tieout.api.entropy import Entropy as Entropy
    from tieout.api.errors import (
        ConfigError as ConfigError,
    )
    from tieout.api.errors import (
        ContractError as ContractError,
    )
    from tieout.api.errors import (
        LeaseLost as LeaseLost,
    )
    from tieout.api.errors import (
        LedgerError as LedgerError,
    )
    from tieout.api.errors import (
        OutcomeUnknown as OutcomeUnknown,
    )
    from tieout.api.errors import (
        PluginError as PluginError,
    )
    from tieout.api.errors import (
        Problem as Problem,
    )
    from tieout.api.errors import (
        ReauthNeeded as ReauthNeeded,
    )
    from tieout.api.errors import (
        Refused as Refused,
    )
    from tieout.api.errors import (
        Rejected as Rejected,
    )
    from tieout.api.errors import (
        Throttled as Throttled,
    )
    from tieout.api.errors import (
        TieoutError as TieoutError,
    )
    from tieout.api.errors import (
        Unavailable as Unavailable,
    )
    from tieout.api.forms import nearest as nearest
    from tieout.api.hooks import hookimpl as hookimpl
    from tieout.api.http import Calls as Calls
    from tieout.api.http import Http as Http
    from tieout.api.http import Reply as Reply
    from tieout.api.http import excerpt as excerpt
    from tieout.api.model import (
        Account as Account,
    )
    from tieout.api.model import (
        Address as Address,
    )
    from tieout.api.model import (
        Amount as Amount,
    )
    from tieout.api.model import (
        Currency as Currency,
    )
    from tieout.api.model import (
        Document as Document,
    )
    from tieout.api.model import (
        Item as Item,
    )
    from tieout.api.model import (
        Line as Line,
    )
    from tieout.api.model import (
        Lock as Lock,
    )
    from tieout.api.model import (
        Mark as Mark,
    )
    from tieout.api.model import (
        Organisation as Organisation,
    )
    from tieout.api.model import (
        Party as Party,
    )
    from tieout.api.model import (
        Payment as Payment,
    )
    from tieout.api.model import (
        Permission as Permission,
    )
    from tieout.api.model import (
        Record as Record,
    )
    from tieout.api.model import (
        Ref as Ref,
    )
    from tieout.api.model import (
        Reference as Reference,
    )
    from tieout.api.model import (
        Settlement as Settlement,
    )
    from tieout.api.model import (
        Side as Side,
    )
    from tieout.api.model import (
        Standing as Standing,
    )
    from tieout.api.model import (
        TaxRate as TaxRate,
    )
    from tieout.api.model import (
        Tracking as Tracking,
    )
    from tieout.api.oauth import OAuth as OAuth
    from tieout.api.secret import Secret as Secret
    from tieout.api.toml import read_toml as read_toml
    from tieout.api.vault import Vault as Vault
    from tieout.api.work import (
        Batch as Batch,
    )
    from tieout.api.work import (
        Key as Key,
    )
    from tieout.api.work import (
        Lowering as Lowering,
    )
    from tieout.api.work import (
        Op as Op,
    )
    from tieout.api.work import (
        Outcome as Outcome,
    )
    from tieout.api.work import (
        Page as Page,
    )
    from tieout.api.work import (
        Receipt as Receipt,
    )
    from tieout.api.work import (
        Reject as Reject,
    )
    from tieout.api.work import (
        Step as Step,
    )
    from tieout.api.work import (
        Work as Work,
    )

_HOMES = {
    "clock": ("Clock",),
    "codec": (
        "digest",
        "dumps",
        "loads",
    ),
    "contract": (
        "Answer",
        "Binding",
        "Check",
        "Connection",
        "Connector",
        "Consent",
        "Cursor",
        "Entity",
        "Event",
        "File",
        "Finding",
        "Kind",
        "Kinds",
        "Lift",
        "Limits",
        "Lower",
        "Pick",
        "Proposal",
        "Resource",
        "Settings",
        "Tenant",
        "Terms",
        "Wire",
    ),
    "entropy": ("Entropy",),
    "errors": (
        "ConfigError",
        "ContractError",
        "LeaseLost",
        "LedgerError",
        "OutcomeUnknown",
        "PluginError",
        "Problem",
        "ReauthNeeded",
        "Refused",
        "Rejected",
        "Throttled",
        "TieoutError",
        "Unavailable",
    ),
    "forms": ("nearest",),
    "hooks": ("hookimpl",),
    "http": (
        "Calls",
        "Http",
        "Reply",
        "excerpt",
    ),
    "model": (
        "Account",
        "Address",
        "Amount",
        "Currency",
        "Document",
        "Item",
        "Line",
        "Lock",
        "Mark",
        "Organisation",
        "Party",
        "Payment",
        "Permission",
        "Record",
        "Ref",
        "Reference",
        "Settlement",
        "Side",
        "Standing",
        "TaxRate",
        "Tracking",
    ),
    "oauth": ("OAuth",),
    "secret": ("Secret",),
    "toml": ("read_toml",),
    "vault": ("Vault",),
    "work": (
        "Batch",
        "Key",
        "Lowering",
        "Op",
        "Outcome",
        "Page",
        "Receipt",
        "Reject",
        "Step",
        "Work",
    ),
}
"""The module of `tieout.api` in which each name is defined."""

_MODULES = {name: module for module, names in _HOMES.items() for name in names}
__all__ = ["__version__", *_MODULES]  # noqa: PLE0604 the names are those of the table


def __getattr__(name: str) -> Any:
    """Import a name of `tieout.api` when it is first asked for."""
    if name not in _MODULES:
        raise AttributeError(f"module 'tieout' has no attribute {name!r}")
    return getattr(import_module(f"tieout.api.{_MODULES[name]}"), name)
