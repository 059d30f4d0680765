"""What the doctor says about one app, in plain words: its lists, its fields, its statuses and its sums."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tieout.contract import Finding, Wire

from tieout_apptivo.arithmetic import Sum, explained, sums
from tieout_apptivo.fields import normal
from tieout_apptivo.fitting import Fit
from tieout_apptivo.masking import sample
from tieout_apptivo.profile import DocumentApp, Profile, over_shipped
from tieout_apptivo.proposing import Proposed, kind_of, put
from tieout_apptivo.settings import Firm
from tieout_apptivo.survey import MOST, Survey

NEEDED: Mapping[str, tuple[str, ...]] = {
    "party": ("name",),
    "item": ("code", "name"),
    "document": ("number", "date", "total", "status_name"),
}
"""The fields without which no record of a kind can be read."""

PARTIES: Mapping[str, tuple[str, ...]] = {
    "invoices": ("customer",),
    "supplier-invoices": ("supplier",),
    "purchase-orders": ("supplier",),
}
"""Whom a document names, by app."""

_RATES = {
    "own": "the document's currency for one of the firm's own",
    "document": "the firm's own currency for one of the document's",
}
_DISCOUNTS = {"discount": "discount_rate", "discount_rate": "discount"}
_SOME = 20
"""Documents from which on a single one that does not come out counts as that document's own fault."""


def lists(found: Survey) -> Iterator[Finding]:
    """Where the app is, and how its lists behave."""
    if not found.found:
        yield Finding(
            topic=_title(found.name),
            what=f"No app answers at {found.app.url_name}, nor at any other name that is known for it."
            + (f' Apptivo said: "{found.said}"' if found.said else ""),
            state="bad",
            fix="In Apptivo, open the settings of the app and its API page: it prints the "
            "address of its methods (.../dao/v6/NAME) and its object id. Write both in the firm's profile below "
            f'[{found.name}]: url-name = "NAME" and object-id = NUMBER, and run this again. If the firm does not use '
            f"this app, switch {found.name} off in [plugins].",
        )
        return
    count = "an unknown number of" if found.records is None else f"{found.records:,}"
    yield Finding(
        topic=_title(found.name),
        what=f"{count} records at {found.app.url_name} (object {found.app.object_id})"
        + (f"; {found.page_size} in one call" if found.page_size else "")
        + (f"; only the first {found.window:,} of a list are shown" if found.window else "")
        + ".",
        state="unsure" if not found.rows else "good",
        fix="" if found.rows else "There is nothing to learn from: make one record in Apptivo, and run this again.",
    )
    if found.rows and len(found.rows) > 1 and not found.changed:
        yield Finding(
            topic=_title(found.name),
            what="The list cannot be sorted by the time of change, so that each read goes through all of it.",
            state="unsure",
        )
    if found.beyond == "wraps":
        yield Finding(
            topic=_title(found.name),
            what="Beyond its end the list begins again; reading stops when a page repeats.",
            state="unsure",
        )


def about(found: Survey, proposed: Proposed) -> Iterator[Finding]:
    """Each field that was found, with a sample, and each needed one that was not."""
    kind, topic = kind_of(found.name), _title(found.name)
    for key, one in proposed.fits.items():
        if one.how == "none":
            continue
        label = f' ("{one.label}")' if one.label else ""
        how = {"known": "as shipped", "label": "by its label", "name": "by its name"}.get(one.how, "")
        yield Finding(
            topic=topic,
            what=f"{_dotted(key)} = {', '.join(one.paths)}{label}, {how}.",
            sample=sample(kind, one.name, one.sample),
        )
    if not found.rows:
        return
    for name in (*NEEDED[kind], *PARTIES.get(found.name, ())):
        if proposed.fits[f"fields.{name}"].how == "none" and not _instead(name, proposed.fits):
            keys = ", ".join(sorted({key for wire in found.samples for key in wire})[:40])
            yield Finding(
                topic=topic,
                what=f"Nothing was found that is the {name.replace('_', ' ')}.",
                state="bad",
                fix=f"Its records have these keys: {keys}. Write the right one in the firm's profile below "
                f'[{found.name}]: fields.{name.replace("_", "-")} = ["KEY"].',
            )


def marks(found: Survey) -> Iterator[Finding]:
    """Which custom attributes there are to write back into, where there are any."""
    there = {normal(one.label) for one in found.layout if one.custom}
    labels = [label for name in type(found.app.marks).model_fields for label in getattr(found.app.marks, name)[:1]]
    present = [label for label in labels if normal(label) in there]
    if present:
        missing = [label for label in labels if label not in present]
        yield Finding(
            topic=_title(found.name),
            what=f"Custom attributes for writing back: {', '.join(present)}"
            + (f"; not there: {', '.join(missing)}." if missing else "."),
        )


def rates(found: Survey, proposed: Proposed) -> Iterator[Finding]:
    """Which way round exchange rates are, where the app has any."""
    one = proposed.fits.get("fields.rate")
    if one is None or one.how == "none":
        return
    per = proposed.changes.get("rate-per") or getattr(found.app, "rate_per", "")
    whose = _RATES.get(str(per))
    if whose:
        yield Finding(topic=_title(found.name), what=f"Exchange rates count units of {whose}.")
    else:
        yield Finding(
            topic=_title(found.name),
            what="Which way round exchange rates are written is not certain, so they are left to the books.",
            state="unsure",
            fix=f'Write in the firm\'s profile below [{found.name}]: rate-per = "own" where a rate counts the currency '
            'of the document for one unit of the firm\'s own, or "document" where it is the other way round.',
        )


def statuses(found: Survey, proposed: Proposed) -> Iterator[Finding]:
    """What was taken from the names of statuses, and those that nobody knows."""
    topic = _title(found.name)
    if proposed.statuses:
        said = ", ".join(f"{name} = {means}" for name, means in proposed.statuses.items())
        yield Finding(topic=topic, what=f"Statuses, by their names: {said}.", state="good")
    for name in proposed.unknown:
        yield Finding(
            topic=topic,
            what=f'Nobody knows what the status "{name}" means; its documents are held.',
            state="unsure",
            fix=f'Write it in the firm\'s profile below [{found.name}]: statuses."{name}" = "live" (or draft, '
            "settled, void).",
        )


def documents(
    found: Survey, proposed: Proposed, changes: dict[str, Any], settings: Firm, memory: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Finding]]:
    """The changes with which the most documents come out, and what is to be said about those that do not."""
    wires = found.rows[:MOST]
    known = {"date-format": changes.get("date-format", "")} | dict(memory)
    changes, results = _settle(found.name, proposed, changes, wires, settings, known)
    wrong = [one for one in results if set(one.causes) - {"status-unknown"}]
    right = len(results) - len(wrong)
    topic = _title(found.name)
    if not wrong:
        return changes, [Finding(topic=topic, what=f"The sums of {right} documents come out.")]
    one = wrong[0]
    gap = f" The difference is {one.difference:f}." if one.difference else ""
    app = Profile.model_validate(over_shipped(changes)).app(found.name)
    assert isinstance(app, DocumentApp)  # noqa: S101 - only documents have sums
    key = explained(app, wires, results)
    why = f' It is what stands at "{key}" in each of them, which the profile does not read.' if key else ""
    alone = len(wrong) * _SOME <= len(results) and not key
    return changes, [
        Finding(
            topic=topic,
            what=f"{len(wrong)} of {len(results)} documents do not come out. {one.number}: {one.what}{gap}{why}",
            state="unsure" if alone else "bad",
            fix=f"All others do, so {_numbers(wrong)} may be wrong in Apptivo: such documents are held until put right."
            if alone
            else _remedy(found.name, key, one),
        )
    ]


def _settle(
    name: str,
    proposed: Proposed,
    changes: dict[str, Any],
    wires: Sequence[Wire],
    settings: Firm,
    memory: Mapping[str, Any],
) -> tuple[dict[str, Any], list[Sum]]:
    """Try the other keys of each doubtful number, one after the other, and keep what makes more documents come out."""

    def tried(with_: dict[str, Any]) -> list[Sum]:
        return sums(name, Profile.model_validate(over_shipped(with_)), wires, settings, memory)

    best = tried(changes)
    for variant in _variants(proposed.fits):
        if not _wrong(best):
            break
        other = copy.deepcopy(changes)
        for key, paths in variant.items():
            put(other.setdefault(name, {}), key.split("."), list(paths))
        results = tried(other)
        if _wrong(results) < _wrong(best):
            changes, best = other, results
    return changes, best


def _variants(fits: Mapping[str, Fit]) -> Iterator[dict[str, tuple[str, ...]]]:
    """Other readings of the fields found by label or name: another key, none, or the other kind of discount."""
    for key, one in fits.items():
        if one.how not in ("label", "name"):
            continue
        for other in one.others:
            yield {key: (other,)}
        if one.name in _DISCOUNTS:
            sibling = f"{key.rpartition('.')[0]}.{_DISCOUNTS[one.name]}"
            if fits[sibling].how == "none":
                yield {key: (), sibling: one.paths}
        yield {key: ()}


def _wrong(results: Sequence[Sum]) -> int:
    return sum(1 for one in results if one.causes)


def _remedy(name: str, key: str, one: Sum) -> str:
    place = f"the firm's profile below [{name}]"
    if key:
        return (
            f'If {key} is a charge without tax, write in {place}: fields.shipping = ["{key}"]; if it is taken off, '
            f'fields.discount = ["{key}"].'
        )
    if "lines-missing" in one.causes:
        return f'Name where the lines lie in {place}: tables.products.path = ["KEY"].'
    return (
        f"Compare {one.number} in Apptivo with the fields above, and correct in {place} the one that is wrong, for "
        'example fields.tax = ["KEY"]; `tieout doctor` shows whether it comes out then.'
    )


def _instead(name: str, fits: Mapping[str, Fit]) -> bool:
    """Whether another field stands for a missing one: a status by its id, a person's two names."""
    others = {"status_name": ("status_id",), "name": ("first_name", "last_name")}.get(name, ())
    return any(fits[f"fields.{other}"].how != "none" for other in others if f"fields.{other}" in fits)


def _numbers(wrong: Sequence[Sum]) -> str:
    return ", ".join(one.number for one in wrong[:5])


def _dotted(key: str) -> str:
    return key.replace("_", "-")


def _title(name: str) -> str:
    return name.replace("-", " ").capitalize()
