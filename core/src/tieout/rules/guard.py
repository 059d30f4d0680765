"""The guard: how much one plan may take back in the target before a person is asked by name. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from pydantic import Field

from tieout.api.contract import Settings
from tieout.api.model import Amount

FEW = 5
"""Below this number of records a share of the whole says nothing."""


class Guard(Settings):
    """What one plan may void, delete or remove without being asked; beyond any of these somebody has to approve it."""

    records: int = Field(
        default=20, ge=0, title="Records", description="So many records of one app may be taken back in one plan."
    )
    percent: int = Field(
        default=10,
        ge=0,
        le=100,
        title="Percent",
        description="So many percent of an app's linked records, once they are more than a few.",
    )
    money: Amount | None = Field(
        default=None, ge=0, title="Money", description="So much money in one currency; no such limit unless it is set."
    )


@dataclass(frozen=True, slots=True)
class Taken:
    """What a plan takes back of one entity: so many of its linked records, with their money by currency."""

    records: int
    linked: int
    amounts: Mapping[str, Decimal]


def objections(guard: Guard, taken: Mapping[str, Taken]) -> Iterator[str]:
    """Why a person has to approve what is to be taken back, a sentence each; none when it is within the guard."""
    for entity, one in taken.items():
        called = entity.replace("-", " ")
        if one.records > guard.records:
            yield f"It takes back {one.records} {called}; more than {guard.records} are not taken back unasked."
        elif one.records >= FEW and one.records * 100 > guard.percent * one.linked:
            share = one.records * 100 // max(one.linked, 1)
            yield f"It takes back {share} % of the linked {called}; more than {guard.percent} % are not, unasked."
        for currency, amount in sorted(one.amounts.items()):
            if guard.money is not None and amount > guard.money:
                yield (
                    f"It takes back {called} worth {currency} {amount:,.2f}; more than {guard.money:,.2f} are not, "
                    "unasked."
                )
