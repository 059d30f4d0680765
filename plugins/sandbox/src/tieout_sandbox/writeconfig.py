"""Writes a `plugins.toml` that reaches a running sandbox, so that a sync needs no person."""

import os
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import InlineTable

from tieout_sandbox.launch import LaunchError, Sandbox

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


def write_config(sandbox: Sandbox, path: Path) -> None:
    """Write the configuration and, beside it, a file of secrets that only its owner may read.

    The accounts are chosen from the organisation by type, the taxes by rate and side (facts/xero.md 5.5 and 5.6); a tax
    without a fitting rate is left out. Raises `LaunchError` when a file of somebody else is in the way or the folder
    cannot be written.
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


def taxes(side: str, firm: dict[str, list[Record]], rates: list[Record]) -> dict[str, str]:
    """The tax type for each tax that the documents of a side (`sales` or `purchases`) carry, and for `none`."""
    applies, collections = _SIDES[side]
    every = _named_rates(firm, firm)
    found = {"none": Decimal(0)}
    for name, rates_told in _named_rates(firm, collections).items():
        for rate in rates_told:
            if rate is not None:
                found[tax_label(name, rate)] = rate
            elif len(known := every[name] - {None}) == 1:
                # a line that tells no rate means the one that this tax has everywhere else
                (found[name],) = (each for each in known if each is not None)
    usable = [each for each in rates if each.get("Status", "ACTIVE") == "ACTIVE" and each.get(applies)]
    chosen = {label: _tax_type(side, rate, usable) for label, rate in sorted(found.items())}
    return {label: tax_type for label, tax_type in chosen.items() if tax_type}


def _named_rates(firm: dict[str, list[Record]], collections: Iterable[str]) -> dict[str, set[Decimal | None]]:
    """The rates with which each tax stands on lines; None where a line tells none."""
    found: dict[str, set[Decimal | None]] = {}
    for document in (each for collection in collections for each in firm.get(collection, [])):
        for line in _lines(document):
            if name := line.get("taxName"):
                rate = line.get("taxRate")
                found.setdefault(name, set()).add(None if rate in (None, "") else Decimal(str(rate)))
    return found


def tax_label(name: str, rate: Decimal) -> str:
    """How a tax is called in the configuration: its name with its percentage at the end, once."""
    percentage = f"{rate.normalize():f}%"
    return name if name.endswith(percentage) else f"{name} {percentage}"


def _config(sandbox: Sandbox, secrets: str) -> Record:
    firm, books = sandbox.state("apptivo"), sandbox.state("xero")
    speed, limits = _number(sandbox.options.speed), sandbox.options.limits

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
                "taxes": {side: _inline(taxes(side, firm, books["TaxRates"])) for side in _SIDES},
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


def _lines(document: Record) -> Iterable[Record]:
    for value in document.values():
        if isinstance(value, list):
            yield from (each for each in value if isinstance(each, dict))


def _secrets(sandbox: Sandbox) -> str:
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


def _number(speed: Decimal) -> int | float:
    return int(speed) if speed == speed.to_integral_value() else float(speed)
