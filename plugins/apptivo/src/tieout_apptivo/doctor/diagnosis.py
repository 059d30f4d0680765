"""What the doctor says about one app, in plain words: its lists, its fields, its statuses and its sums."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tieout import Finding

from tieout_apptivo.doctor.fitting import Fit
from tieout_apptivo.doctor.masking import sample
from tieout_apptivo.doctor.proposing import Proposed, kind_of
from tieout_apptivo.doctor.survey import Survey
from tieout_apptivo.doctor.variants import settle
from tieout_apptivo.records.arithmetic import Sum, explained
from tieout_apptivo.shape import scalars
from tieout_apptivo.shape.fields import at, normal, objects
from tieout_apptivo.shape.profile import DocumentApp, Profile, over_shipped
from tieout_apptivo.shape.settings import Firm

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
_ABOUT_RECORDS = (
    *("objectId", "firmId", "version", "creationDate", "lastUpdateDate", "createdBy", "createdByName", "updatedBy"),
    *("lastUpdatedByName",),
)
_HOW = {
    "known": "as shipped",
    "label": "by its label",
    "name": "by its name",
    "records": "by what stands in the records",
    "sums": "by what the numbers come to",
}
_SOME = 20
"""Documents from which on a single one that does not come out counts as that document's own fault."""


def lists(found: Survey) -> Iterator[Finding]:
    """Where the app is, and how its lists behave."""
    if not found.found:
        yield _lacking(found)
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
    if found.unlabelled:
        yield Finding(
            topic=_title(found.name),
            what=f"Its configuration (object {found.app.object_id}) was not told, so that neither labels nor statuses "
            f'are known. Apptivo said: "{found.unlabelled}"',
            state="bad",
            fix="In Apptivo, open the settings of the app and its API page, which prints its object id. Write it in "
            f"the firm's profile below [{found.name}]: object-id = NUMBER, and run this again; if it is the right one "
            "already, run this again later.",
        )
    if len(found.rows) > 1 and not found.changed:
        yield _changes(found)
    if found.beyond == "wraps":
        yield Finding(
            topic=_title(found.name),
            what="Beyond its end the list begins again; reading stops when a page repeats.",
            state="unsure",
        )


def _changes(found: Survey) -> Finding:
    """How changes are read where the list itself cannot be sorted by them."""
    what = "The list cannot be sorted by the time of change, so that "
    if found.search:
        return Finding(topic=_title(found.name), what=f"{what}changes are read by a search for nothing, which can.")
    if found.range:
        return Finding(topic=_title(found.name), what=f"{what}changes are read by a search between two days.")
    if found.view:
        return Finding(topic=_title(found.name), what=f'{what}changes are read by the view "{found.view}".')
    return Finding(
        topic=_title(found.name),
        what=f"{what}each read goes through all of it.",
        state="unsure",
        fix="Reading is complete, only slow. To make it quick, save a view of the app in Apptivo that shows what was "
        "updated in the last few days, call it so, and run this again while it shows a record.",
    )


def _lacking(found: Survey) -> Finding:
    """Why an app was not found, what to look up in Apptivo, and where to write it."""
    page = (
        "open the settings of the app in Apptivo and its API page: it prints the address of its methods "
        "(.../dao/v6/NAME) and its object id. Write both in the firm's profile below "
        f'[{found.name}]: url-name = "NAME" and object-id = NUMBER, and run this again.'
    )
    off = f" If the firm does not use this app, switch {found.name} off in [plugins]."
    what = {
        "absent": f"No app answers at {found.app.url_name}, nor at any other name that is known for it.",
        "mute": f"{found.app.url_name} gave no answer that can be read: it was empty, cut off, or a page for people.",
        "closed": f"The keys open the firm, and not {found.app.url_name}.",
    }[found.lacking]
    fix = {
        "absent": f"Please {page}{off}",
        "mute": f"Run this again later. If it stays so, {page}{off}",
        "closed": "In Apptivo, look under Business Settings, API Access, whether the keys and the firm's plan allow "
        f"this app, and whether the employee that user-name names may see it.{off}",
    }[found.lacking]
    said = f' Apptivo said: "{found.said}"' if found.said else ""
    return Finding(topic=_title(found.name), what=f"{what}{said}", state="bad", fix=fix)


def about(found: Survey, proposed: Proposed) -> Iterator[Finding]:
    """Each field that was found, with a sample, and each needed one that was not."""
    kind, topic = kind_of(found.name), _title(found.name)
    for key, one in proposed.fits.items():
        if one.how == "none":
            continue
        label = f' ("{one.label}")' if one.label else ""
        how = _HOW[one.how]
        yield Finding(
            topic=topic,
            what=f"{_dotted(key)} = {', '.join(one.paths)}{label}, {how}.",
            sample=sample(kind, one.name, one.sample),
        )
    if not found.rows:
        return
    yield from _unread(found, proposed)
    yield from _uncounted(found, proposed)
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


def _unread(found: Survey, proposed: Proposed) -> Iterator[Finding]:
    """The keys of the records that nothing reads, where a value that was found nowhere may lie."""
    profile = Profile.model_validate(over_shipped({found.name: proposed.changes})).app(found.name)
    fields = profile.fields
    read = {path for name in type(fields).model_fields for path in getattr(fields, name)} | {profile.id_parameter}
    if isinstance(profile, DocumentApp):
        read |= {path for table in profile.tables.values() for path in table.path} | set(profile.payments.path)
    read |= {path for key, one in proposed.fits.items() if key.count(".") == 1 for path in one.paths}
    read = {path.partition(".")[0] for path in read}
    left = sorted({key for wire in found.samples for key in wire} - read - set(_ABOUT_RECORDS))
    nowhere = [_dotted(key) for key, one in proposed.fits.items() if one.how == "none" and key.count(".") == 1]
    labels = [*profile.marks.model_dump().values(), *getattr(profile, "labels", profile.marks).model_dump().values()]
    told = {normal(label) for group in labels for label in group}
    custom = [one.label for one in found.layout if one.custom and normal(one.label) not in told]
    if custom:
        yield Finding(
            topic=_title(found.name),
            what=f"Custom attributes that nothing reads or writes: {', '.join(custom[:40])}.",
        )
    if left and nowhere:
        yield Finding(
            topic=_title(found.name),
            what=f"Found nowhere: {', '.join(nowhere)}. Nothing reads these keys: {', '.join(left[:40])}.",
        )


def _uncounted(found: Survey, proposed: Proposed) -> Iterator[Finding]:
    """The tables whose lines have an amount and neither a quantity nor a price, though they may lie in other keys."""
    app = Profile.model_validate(over_shipped({found.name: proposed.changes})).app(found.name)
    for name, table in app.tables.items() if isinstance(app, DocumentApp) else ():
        place = f"tables.{name}.fields."
        fits = {key: one for key, one in proposed.fits.items() if key.startswith(place)}
        if not fits or fits[f"{place}amount"].how == "none":
            continue
        if "none" not in (fits[f"{place}quantity"].how, fits[f"{place}price"].how):
            continue
        read = {path for one in fits.values() if one.how != "none" for path in one.paths}
        rows = [row for wire in found.samples for path in table.path for row in objects(at(wire, path))]
        left = sorted({key for row in rows for key, value in row.items() if _counts(key, value)} - read)
        if len(left) > 1 or (left and fits[f"{place}quantity"].how != fits[f"{place}price"].how):
            yield Finding(
                topic=_title(found.name),
                what=f"Nothing was found that is the quantity and the price of a line in {', '.join(table.path)}.",
                state="bad",
                fix=f"Nothing reads these numbers of its lines: {', '.join(left)}. Write which is which in the firm's "
                f'profile below [{found.name}]: tables.{name}.fields.quantity = ["KEY"] and '
                f'tables.{name}.fields.price = ["KEY"].',
            )


def _counts(key: str, value: Any) -> bool:
    """Whether a value may count something, and is no id."""
    try:
        return not key.endswith(("Id", "id", "Index", "index")) and scalars.number(value) is not None
    except scalars.Unreadable:
        return False


def marks(found: Survey) -> Iterator[Finding]:
    """Which custom attributes there are to write back into, where there are any."""
    there = {normal(one.label) for one in found.layout if one.custom}
    labels = [getattr(found.app.marks, name) for name in type(found.app.marks).model_fields]
    present = [label for group in labels for label in group if normal(label) in there]
    missing = [group[0] for group in labels if group and not any(normal(label) in there for label in group)]
    if present:
        yield Finding(topic=_title(found.name), what=f"Custom attributes for writing back: {', '.join(present)}.")
    if present and missing:
        yield Finding(
            topic=_title(found.name),
            what=f"Not there, so marks would be written without: {', '.join(missing)}.",
            state="unsure",
            fix="Where marks are to be written, open the app in Apptivo, then Settings -> Master Layout, and add text "
            "attributes with these labels; or name other labels, or [] for none, in the firm's profile below "
            f'[{found.name}]: marks.url = ["LABEL"], for example.',
        )


def rates(found: Survey, proposed: Proposed) -> Iterator[Finding]:
    """Which way round exchange rates are, where the app has any."""
    one = proposed.fits.get("fields.rate")
    if one is None or one.sample is None:
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
    changes, results = settle(found, proposed, changes, settings, memory)
    wrong = [one for one in results if set(one.causes) - {"status-unknown"}]
    right = len(results) - len(wrong)
    topic = _title(found.name)
    if not wrong:
        return changes, [Finding(topic=topic, what=f"The sums of {right} documents come out.")]
    one = wrong[0]
    gap = f" The difference is {one.difference:f}." if one.difference else ""
    app = Profile.model_validate(over_shipped(changes)).app(found.name)
    assert isinstance(app, DocumentApp)  # noqa: S101 - only documents have sums
    key = explained(app, found.rows, results)
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
