"""The demo firm's held records: few causes, each with a fix that releases its whole group in the next run."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from sandboxed import SPEED, Systems
from tieout.host import config
from tieout_sandbox.launch import LaunchOptions, start
from tieout_sandbox.writeconfig import write_config

DOZEN = 12


def period(systems: Systems) -> None:
    """The books are opened again."""
    systems.edit(systems.xero, collection="Organisation", set={"PeriodLockDate": None, "EndOfYearLockDate": None})
    afresh(systems)


def currency(systems: Systems) -> None:
    """The currency is added."""
    systems.edit(systems.xero, collection="Currencies", create={"Code": "JPY", "Description": "Japanese Yen"})
    afresh(systems)


def account(systems: Systems) -> None:
    """The account is in use again, and a bill that was booked on it by mistake is booked on one for purchases."""
    (one,) = [each for each in systems.state("xero")["Accounts"] if each.get("Code") == "299"]
    systems.edit(systems.xero, collection="Accounts", id=one["AccountID"], set={"Status": "ACTIVE"})
    systems.edit(systems.apptivo, collection="supplier-invoices", id="7000294", set={"lines.0.accountCode": "300"})
    afresh(systems)


def taxes(systems: Systems) -> None:
    """Each tax of the firm gets one of the books, of the same rate."""
    chosen = (("sales", "LCT 33%", 33), ("sales", "GST 10% + WET 29%", 39), ("purchases", "LCT 33%", 33))
    for side, name, rate in chosen:
        made = {
            "Name": f"{name} on {side}",
            "ReportTaxType": {"sales": "OUTPUT", "purchases": "INPUT"}[side],
            "TaxComponents": [{"Name": name, "Rate": rate}],
        }
        tax = systems.edit(systems.xero, collection="TaxRates", create=made)
        config.choose(systems.config, "main", ("taxes", side, name), tax["TaxType"])
    afresh(systems)


def contact_needed(systems: Systems) -> None:
    """An invoice need not name a contact."""
    config.choose(systems.config, "main", ("flows", "invoices", "contact-required"), False)


def customer(systems: Systems) -> None:
    """The invoices get their customers."""
    for one in ("5001159", "5001161"):
        chosen = {"customerId": 1000180, "customerName": "Katoomba Cabinet Makers"}
        systems.edit(systems.apptivo, collection="invoices", id=one, set=chosen)


def supplier(systems: Systems) -> None:
    """The supplier invoice gets its supplier."""
    chosen = {"supplierId": 3000005, "supplierName": "Cairns Timber"}
    systems.edit(systems.apptivo, collection="supplier-invoices", id="7000292", set=chosen)


def description(systems: Systems) -> None:
    """The line is described."""
    systems.edit(systems.apptivo, collection="invoices", id="5001165", set={"lines.2.note": "Delivery to site"})


def code(systems: Systems) -> None:
    """The items get codes."""
    for one, text in (("4000245", "OFFCUTS"), ("4000246", "PALLET-DEPOSIT")):
        systems.edit(systems.apptivo, collection="items", id=one, set={"itemCode": text})


def restore(systems: Systems) -> None:
    """The archived contact is in use again."""
    (one,) = [each for each in systems.state("xero")["Contacts"] if each["Name"] == "Old Mill Stores"]
    systems.edit(systems.xero, collection="Contacts", id=one["ContactID"], set={"ContactStatus": "ACTIVE"})


def names(systems: Systems) -> None:
    """A person tells the twins apart, as it is proposed."""
    with systems.desk() as desk:
        twins = [one for one in desk.decisions.questions("main") if one.question.kind == "twin"]
        assert len({one.question.proposal for one in twins}) == len(twins)
        for one in twins:
            desk.decisions.answer("main", one.entity, one.source_id, "create")


def nothing(systems: Systems) -> None:
    """What waited for others has gone with them."""


FIXES: dict[str, Callable[[Systems], None]] = {
    "period-locked": period,
    "currency-not-enabled": currency,
    "account-archived": account,
    "tax-unmapped": taxes,
    "contact-missing": contact_needed,
    "customer-missing": customer,
    "supplier-missing": supplier,
    "line-description-missing": description,
    "code-missing": code,
    "archived-in-target": restore,
    "same-key": names,
    "waiting": nothing,
}


def afresh(systems: Systems) -> None:
    """What a person does who has changed something in the books: Sync from Xero."""
    with systems.desk() as desk:
        desk.reference("main")


def held(report) -> dict[str, int]:
    """How many records each cause holds."""
    found: dict[str, int] = {}
    for group in report.holds:
        if group.kind == "hold":
            found[group.problem.cause] = found.get(group.problem.cause, 0) + group.count
            assert group.problem.what and group.problem.fix, group
    return found


@pytest.mark.matrix
def test_each_cause_has_a_fix_that_releases_its_whole_group(tmp_path):
    with start(LaunchOptions(speed=Decimal(SPEED))) as sandbox:
        path = tmp_path / "plugins.toml"
        write_config(sandbox, path)
        systems = Systems(sandbox, path)
        left = held(systems.sync())
        assert len(left) <= DOZEN and left.keys() <= FIXES.keys(), left
        for cause, fix in FIXES.items():
            fix(systems)
            report = systems.sync()
            assert all(counts.problem() == "" for counts in report.counts.values())
            left = held(report)
            assert cause not in left, (cause, left)
        assert left == {}
        assert systems.doubled() == []
        with systems.desk() as desk:
            tie = desk.reconcile("main")
            assert tie.ties, [one for one in tie.differences if one.state not in ("held", "skipped", "foreign")]
