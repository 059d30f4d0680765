"""Pushing: one batch in one call, and a receipt for every step, found by what the answer says and not by its place.

Creates are PUT, so that a record that appeared meanwhile is an error and never overwritten; everything else is POST
with ids (docs/facts/xero.md, "Answers to a batch", "Create and update"). What Xero takes one at a time goes in calls of
its own, under keys of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace

from tieout import Batch, Connection, OutcomeUnknown, Receipt, Reply, Step, Wire, excerpt

from tieout_xero import messages
from tieout_xero.access import accepted, admitted, envelope, refusal
from tieout_xero.listing import LISTINGS, Listing, headers
from tieout_xero.wire import NO_ID, day, fold

Mark = Callable[[Wire, Listing], Hashable]


def push(connection: Connection, batch: Batch) -> list[Receipt]:
    """Write a batch; a refused record is a receipt.

    Raises `OutcomeUnknown` when the answer cannot be read, and what `tieout_xero.access` tells of a refused call.
    """
    listing = LISTINGS[batch.resource.name]
    if batch.op not in listing.alone:
        return _written(connection, batch, listing)
    receipts: list[Receipt] = []
    for step in batch.steps:
        alone = replace(batch, steps=(step,), idempotency_key=f"{batch.idempotency_key}-{step.key}")
        receipts += _written(connection, alone, listing)
    return receipts


def _written(connection: Connection, batch: Batch, listing: Listing) -> list[Receipt]:
    sent = [step.body if step.id is None else {**step.body, listing.id: step.id} for step in batch.steps]
    alone = batch.op in listing.alone
    with admitted(connection):
        reply = connection.http.write(
            "PUT" if batch.op == "create" else "POST",
            f"{connection.settings.api_url}/{listing.name}{f'/{batch.steps[0].id}' if alone else ''}",
            params={} if alone else {"summarizeErrors": "false", **listing.writing},
            headers={**headers(connection), "Idempotency-Key": batch.idempotency_key},
            body=batch.steps[0].body if alone else {listing.name: sent},
        )
    accepted(connection, reply)
    if reply.status == 200:
        answered = _elements(reply, listing.name)
        if answered is None:
            raise OutcomeUnknown(f"Xero's answer to a write of {listing.name} cannot be read", said=excerpt(reply.text))
    else:
        answered = _elements(reply, "Elements")
        if not answered:
            return [Receipt(key=step.key, outcome="rejected", problems=(refusal(reply),)) for step in batch.steps]
    matched = match(sent, answered, listing)
    return [
        _receipt(step, element, batch, accepted=reply.status == 200)
        for step, element in zip(batch.steps, matched, strict=True)
    ]


def match(sent: Sequence[Wire], answered: Sequence[Wire], listing: Listing) -> list[Wire | None]:
    """For each body that was sent the element that answers it; None where there is none or it is not certain.

    Id, then number, then address and content: each counts where it stands once on either side. What is left over goes
    by its place only if there are as many answers as bodies and everything matched so far stands in its place.
    """
    found: dict[int, int] = {}
    for mark in _MARKS:
        bodies = _once(mark, sent, listing, found.keys())
        elements = _once(mark, answered, listing, set(found.values()))
        found |= {bodies[value]: elements[value] for value in bodies.keys() & elements.keys()}
    if len(sent) == len(answered) and all(place == at for place, at in found.items()):
        left = [place for place in range(len(sent)) if place not in found]
        found |= {place: place for place in left if _agree(sent[place], answered[place], listing)}
    return [answered[found[place]] if place in found else None for place in range(len(sent))]


def _identity(wire: Wire, listing: Listing) -> Hashable:
    value = wire.get(listing.id)
    return value if value != NO_ID else None


def _number(wire: Wire, listing: Listing) -> Hashable:
    value = fold(wire.get(next(iter(listing.keys.values()))))
    return (wire.get("Type", "") if listing.name == "Invoices" else "", value) if value else None


def _name(wire: Wire, listing: Listing) -> Hashable:
    return fold(wire.get("Name")) or None if listing.name == "Contacts" else None


def _url(wire: Wire, listing: Listing) -> Hashable:
    return wire.get("Url") or None


def _content(wire: Wire, listing: Listing) -> Hashable:
    lines = wire.get("LineItems")
    if not lines:
        return None
    contact = (wire.get("Contact") or {}).get("ContactID")
    return (contact, day(wire, "Date"), _number(wire, listing), tuple(line.get("Description") for line in lines))


_MARKS: tuple[Mark, ...] = (_identity, _number, _name, _url, _content)


def _once(mark: Mark, wires: Sequence[Wire], listing: Listing, taken: Iterable[int]) -> dict[Hashable, int]:
    """Where each value of a mark stands, of those that stand once among what is not matched yet."""
    gone = set(taken)
    values = {place: mark(wire, listing) for place, wire in enumerate(wires) if place not in gone}
    counts = Counter(values.values())
    return {value: place for place, value in values.items() if value is not None and counts[value] == 1}


def _agree(body: Wire, element: Wire, listing: Listing) -> bool:
    marks = [(mark(body, listing), mark(element, listing)) for mark in (_identity, _number, _name)]
    return all(asked is None or got is None or asked == got for asked, got in marks)


def _receipt(step: Step, element: Wire | None, batch: Batch, *, accepted: bool) -> Receipt:
    if element is None:
        return Receipt(key=step.key, outcome="unknown")
    problems = messages.errors(element)
    refused = element.get("StatusAttributeString") == "ERROR" or element.get("HasErrors") is True
    if problems or refused or element.get("HasValidationErrors") is True:
        return Receipt(
            key=step.key, outcome="rejected", problems=problems or (messages.problem("no reason was given"),)
        )
    identity = str(element.get(LISTINGS[batch.resource.name].id) or NO_ID)
    if not accepted or identity == NO_ID:  # nobody promises what became of the good ones of a refused batch
        return Receipt(key=step.key, outcome="unknown")
    version = element.get("UpdatedDateUTC")
    return Receipt(
        key=step.key,
        outcome="created" if batch.op == "create" else "updated",
        id=identity,
        version=None if version is None else str(version),
        wire=element,
        dropped=messages.warnings(element),
    )


def _elements(reply: Reply, name: str) -> list[Wire] | None:
    found = envelope(reply).get(name)
    return [element for element in found if isinstance(element, dict)] if isinstance(found, list) else None
