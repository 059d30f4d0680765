"""Writes a `plugins.toml` that reaches a running sandbox, so that a sync needs no person."""

import os
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import tomlkit
from tomlkit.items import InlineTable

from tieout_sandbox.apptivo import folder
from tieout_sandbox.apptivo.layout import Layout, Table
from tieout_sandbox.launch import LaunchError, LaunchOptions, located

PLUGINS = (
    "apptivo",
    "xero",
    "customers",
    "contacts",
    "suppliers",
    "items",
    "invoices",
    "supplier-invoices",
    "purchase-orders",
)
MARK = "# Written by `tieout sandbox`, which will write it anew."

_ACCOUNT_TYPES = {
    "payment": (("BANK",),),
    "inventory": (("INVENTORY",),),
    "sales": (("REVENUE", "SALES"), ("OTHERINCOME",)),
    "purchase": (("DIRECTCOSTS",), ("EXPENSE", "OVERHEADS")),
}
"""For each purpose the types of account that fit, the better ones first."""

_FAVOURITES = {
    "sales": ("OUTPUT", "OUTPUT2", "OUTPUT3", "EXEMPTOUTPUT", "ZERORATEDOUTPUT", "EXEMPTEXPORT", "NONE"),
    "purchases": ("INPUT", "INPUT2", "INPUT3", "EXEMPTEXPENSES", "EXEMPTINPUT", "ZERORATEDINPUT", "NONE"),
}
_SIDES = {
    "sales": ("CanApplyToRevenue", ("invoices",)),
    "purchases": ("CanApplyToExpenses", ("supplier-invoices", "purchase-orders")),
}

Record = dict[str, Any]
Taxes = tuple[tuple[str, Decimal | None], ...]
"""The taxes of one line by name and percentage; several when they are charged together."""


class Running(Protocol):
    """A sandbox that runs, whether launched or in this process."""

    options: LaunchOptions
    apptivo: dict[str, Any]
    xero: dict[str, Any]

    def state(self, system: str) -> dict[str, Any]:
        """All records that `apptivo` or `xero` holds now."""


def write_config(sandbox: Running, path: Path) -> None:
    """Write the configuration and, beside it, a file of secrets that only its owner may read.

    The accounts are chosen from the organisation by type, the taxes by rate and side (docs/facts/xero.md, "Accounts",
    "Tax rates"); a tax without a fitting rate is left out. Raises `LaunchError` when a file of somebody else is in the
    way or the folder cannot be written.
    """
    secrets = path.with_name(f"{path.stem}.secrets.env")
    text = tomlkit.dumps(_config(sandbox, secrets.name))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for each in (path, secrets):
            _not_somebody_elses(each)
        _write_private(secrets, _secrets(sandbox))
        path.write_text(f"{MARK}\n\n{text}", encoding="utf-8")
    except OSError as error:
        raise LaunchError(f"{path} cannot be written: {error.strerror}. Name a file in a folder of yours.") from error


def accounts(listed: list[Record], currency: str) -> dict[str, str]:
    """The code of the account for each of the four purposes; one for which there is no account is left out.

    `currency` is the organisation's own; bank accounts in others do not fit.
    """
    usable = [
        each
        for each in sorted(listed, key=lambda each: each.get("Code") or "")
        if each.get("Status", "ACTIVE") == "ACTIVE" and each.get("Code") and not each.get("SystemAccount")
    ]
    fitting = {
        purpose: [
            each["Code"]
            for types in ranks
            for each in usable
            if each.get("Type") in types and each.get("CurrencyCode") in (None, currency)
        ]
        for purpose, ranks in _ACCOUNT_TYPES.items()
    }
    fitting["payment"] += [each["Code"] for each in usable if each.get("EnablePaymentsToAccount") is True]
    return {purpose: codes[0] for purpose, codes in fitting.items() if codes}


def taxes(side: str, firm: dict[str, list[Record]], rates: list[Record], layout: Layout) -> dict[str, str]:
    """The tax type for each tax that the documents of a side (`sales` or `purchases`) carry, and for `none`.

    A tax that is made of several is called by all of their labels, joined by ` + `.
    """
    applies, collections = _SIDES[side]
    known = _known_rates(_taxes_on(firm, firm, layout))
    found = {"none": Decimal(0)}
    for parts in _taxes_on(firm, collections, layout):
        told = [known.get(name) if rate is None else rate for name, rate in parts]
        percents = [rate for rate in told if rate is not None]
        if len(percents) == len(parts):
            label = " + ".join(name if rate is None else tax_label(name, rate) for name, rate in parts)
            found[label] = sum(percents, Decimal(0))
    usable = [each for each in rates if each.get("Status", "ACTIVE") == "ACTIVE" and each.get(applies)]
    chosen = {label: _tax_type(side, rate, usable) for label, rate in sorted(found.items())}
    return {label: tax_type for label, tax_type in chosen.items() if tax_type}


def _known_rates(taxes: Iterable[Taxes]) -> dict[str, Decimal]:
    """The rate of each tax that has one rate wherever it tells one."""
    rates: dict[str, set[Decimal]] = {}
    for name, rate in (part for parts in taxes for part in parts):
        if rate is not None:
            rates.setdefault(name, set()).add(rate)
    return {name: next(iter(told)) for name, told in rates.items() if len(told) == 1}


def _taxes_on(firm: dict[str, list[Record]], collections: Iterable[str], layout: Layout) -> Iterable[Taxes]:
    """What lines are taxed with, each once; no rate where the line tells none."""
    return {
        parts: None
        for collection in collections
        if collection in layout.apps
        for document in firm.get(collection, [])
        for table, line in layout.apps[collection].rows(document)
        if (parts := _taxes_of(table, line))
    }


def _taxes_of(table: Table, line: Record) -> Taxes:
    name, rate = table.name("taxName"), table.name("taxRate")
    told = [(each.get(name), each.get(rate)) for each in line.get(table.name("taxes")) or [line]]
    return tuple((each, None if percent in (None, "") else Decimal(str(percent))) for each, percent in told if each)


def tax_label(name: str, rate: Decimal) -> str:
    """How a tax is called in the configuration: its name with its percentage at the end, once."""
    percentage = f"{rate.normalize():f}%"
    return name if name.endswith(percentage) else f"{name} {percentage}"


def _config(sandbox: Running, secrets: str) -> Record:
    firm, books = sandbox.state("apptivo"), sandbox.state("xero")
    layout = folder.layout_of(located(sandbox.options.firm))
    speed, limits = int(sandbox.options.speed), sandbox.options.limits

    def secret(key: str) -> InlineTable:
        return _inline({"file": secrets, "key": key})

    custom = sandbox.xero["custom-connection"]
    return {
        "api": 1,
        "plugins": dict.fromkeys(PLUGINS, True),
        "connections": {
            "crm": {
                "plugin": "apptivo",
                "base-url": sandbox.apptivo["base-url"],
                "api-key": secret("APPTIVO_API_KEY"),
                "access-key": secret("APPTIVO_ACCESS_KEY"),
                "limits": _inline({"second": 1, "concurrent": 1, "speed": speed}),
            },
            "books": {
                "plugin": "xero",
                "api-url": sandbox.xero["api-url"],
                "identity-url": sandbox.xero["identity-url"],
                "consent": "custom-connection",
                "client-id": custom["client-id"],
                "client-secret": secret("XERO_CLIENT_SECRET"),
                "limits": _inline(
                    {"minute": limits.minute, "day": limits.day, "concurrent": limits.concurrent, "speed": speed}
                ),
            },
        },
        "pairs": {
            "main": {
                "source": "crm",
                "target": "books",
                "since": date(2000, 1, 1),
                "every": "15m",
                "accounts": _inline(accounts(books["Accounts"], books["Organisation"]["BaseCurrency"])),
                "taxes": {side: _inline(taxes(side, firm, books["TaxRates"], layout)) for side in _SIDES},
                "flows": {"invoices": {"status": "draft"}},
            }
        },
    }


def _tax_type(side: str, rate: Decimal, rates: Iterable[Record]) -> str | None:
    fitting = [each["TaxType"] for each in rates if Decimal(str(each.get("EffectiveRate", -1))) == rate]
    favourites = _FAVOURITES[side]

    def rank(tax_type: str) -> tuple[int, str]:
        place = favourites.index(tax_type) if tax_type in favourites else len(favourites)
        custom = tax_type.startswith("TAX") and tax_type[3:].isdigit()
        return (place + custom, tax_type)

    return min(fitting, key=rank, default=None)


def _secrets(sandbox: Running) -> str:
    values = {
        "APPTIVO_API_KEY": sandbox.apptivo["api-key"],
        "APPTIVO_ACCESS_KEY": sandbox.apptivo["access-key"],
        "XERO_CLIENT_SECRET": sandbox.xero["custom-connection"]["client-secret"],
    }
    return MARK + "\n" + "".join(f"{key}={value}\n" for key, value in values.items())


def _not_somebody_elses(path: Path) -> None:
    if path.exists() and not path.read_bytes().startswith(MARK.encode()):
        raise LaunchError(
            f"{path} is not a file of the sandbox and would be lost. Name another one with --write-config."
        )


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def _inline(values: dict[str, Any]) -> InlineTable:
    table = tomlkit.inline_table()
    table.update(values)
    return table
