"""How far the books have settled a document, as it is written onto the invoice or supplier invoice in Apptivo.

Payments that were entered in the books stand among the record's own, marked by their type; those alone are replaced,
by the books' id of each payment, so that saying the same twice changes nothing. What the firm recorded itself stays.
Sources: docs/facts/apptivo.md, "Document statuses", "Payments and credit", "Scalars", "What the native connection
syncs".
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tieout import Payment, Problem, Rejected, Settlement, Terms, Wire

from tieout_apptivo.records.payments import WRITTEN_BACK
from tieout_apptivo.shape import scalars
from tieout_apptivo.shape.attributes import states_key
from tieout_apptivo.shape.dates import Calendar, calendar
from tieout_apptivo.shape.fields import at, normal, objects, status
from tieout_apptivo.shape.profile import DocumentApp, Paths

_RANK = {"open": 0, "part-paid": 1, "paid": 2}


def lower(name: str, record: Settlement, terms: Terms, now: Wire | None) -> Wire:
    """What to write onto a document of the app called `name`: `standard`, by key; empty where it stands so already.

    Where no payment of the books is or was on the record, the firm's own status is only ever raised (open, part-paid,
    paid), never taken back. Raises `Rejected` for a void in the books whose status the firm does not have.
    """
    app = terms.connection.profile.app(name)
    if now is None or status(now, app) == "void":
        return {}
    if record.state == "void":
        return _standard(now, _status(name, app, "void", terms, now))
    days = calendar(terms.connection, terms.memory)
    rows, theirs, ours = _payments(app, record, now, days)
    stands = _stands(now, app)
    owned = bool(theirs or record.payments)
    fresh: Wire = {}
    if _RANK[record.state] > _RANK[stands] or (owned and record.state != stands):
        fresh |= _status(name, app, record.state, terms, now)
    if owned or fresh:
        paid = max(_paid(app, now) - _sum(app, theirs), Decimal(0)) + _sum(app, ours)
        fresh |= {_key(app.payments.path, now): rows} if owned else {}
        fresh |= {_key(app.fields.paid, now): _amount(paid), _key(app.fields.balance, now): _amount(record.due)}
    return _standard(now, fresh)


def _standard(now: Wire, fresh: Wire) -> Wire:
    changed = {key: value for key, value in fresh.items() if key and not same(now.get(key), value)}
    return {"standard": changed} if changed else {}


def same(one: Any, other: Any) -> bool:
    """Whether two values of a record say the same: numbers may be text, and ids are given to new rows."""
    if isinstance(one, list) or isinstance(other, list):
        rows, others = objects(one), objects(other)
        return len(rows) == len(others) and all(map(same, rows, others))
    if isinstance(one, dict) and isinstance(other, dict):
        return all(same(one.get(key), value) for key, value in other.items())
    try:
        return scalars.number(one) == scalars.number(other)
    except scalars.Unreadable:
        return scalars.text(one) == scalars.text(other)


def _stands(now: Wire, app: DocumentApp) -> str:
    """How far the record itself says that it is settled."""
    if status(now, app) == "settled":
        return "paid"
    part = app.states.get("part-paid")
    told = next((text for path in app.fields.status_name if (text := scalars.text(at(now, path)))), "")
    return "part-paid" if part and normal(told) == normal(part.name) else "open"


def _status(name: str, app: DocumentApp, state: str, terms: Terms, now: Wire) -> Wire:
    """The pair of id and name of a status; nothing for part-paid where the firm does not have it."""
    wanted = app.states.get(state)  # type: ignore[call-overload]
    firms = terms.memory.get(states_key(name), {})
    id, called = (wanted.id, wanted.name) if wanted else (None, "")
    if firms:
        id, called = firms.get(normal(called)) or _by_meaning(app, state, firms)
    if id is not None and called:
        return {_key(app.fields.status_id, now): int(id), _key(app.fields.status_name, now): called}
    if state == "part-paid":
        return {}
    raise Rejected(
        Problem(
            cause="status-missing",
            what=f"The books say that this document is {state}, and the app {name} has no status for it.",
            why=f'It has no status "{wanted.name}".' if wanted else "The profile names no status for it.",
            fix=f"Enable the status in Apptivo (the app, then Settings -> Status), or name the firm's own in its "
            f'profile: {name}.states.{state}.name = "...".',
            about=f"{name}: {state}",
        )
    )


def _by_meaning(app: DocumentApp, state: str, firms: Mapping[str, Any]) -> tuple[str | None, str]:
    """The firm's one status that the profile says means this; of several in force the one with the lowest id."""
    meanings = {name.casefold(): meaning for name, meaning in app.statuses.items()}
    wanted = {"paid": "settled", "void": "void"}.get(state, "live")
    found = sorted(
        (int(id), name)
        for id, name in firms.values()
        if meanings.get(id, meanings.get(name.casefold())) == wanted
        and (wanted != "live" or ("part" in name.casefold()) == (state == "part-paid"))
    )
    if not found or (state != "open" and len(found) > 1):
        return None, ""
    return str(found[0][0]), found[0][1]


def _payments(
    app: DocumentApp, record: Settlement, now: Wire, days: Calendar
) -> tuple[list[Wire], list[Wire], list[Wire]]:
    """All payments as they should stand, those of the books that stand now, and those that should."""
    told = next((rows for path in app.payments.path if (rows := objects(at(now, path)))), [])
    kind = app.payments.fields.type
    theirs = [row for row in told if normal(scalars.text(_first(kind, row))) == normal(WRITTEN_BACK)]
    own = [row for row in told if row not in theirs]
    known = {scalars.text(_first(app.payments.fields.reference, row)): row for row in theirs}
    ours = [_row(app, payment, known.get(payment.reference, {}), days) for payment in record.payments]
    return [*own, *ours], theirs, ours


def _row(app: DocumentApp, payment: Payment, now: Wire, days: Calendar) -> Wire:
    fields = app.payments.fields
    row = dict(now)
    told = {
        "date": days.written(payment.date),
        "amount": _amount(payment.amount),
        "type": WRITTEN_BACK,
        "reference": payment.reference,
        "voided": "Y" if payment.standing == "void" else "N",
    }
    return row | {_key(getattr(fields, name), now): value for name, value in told.items() if getattr(fields, name)}


def _paid(app: DocumentApp, now: Wire) -> Decimal:
    """What the record says is paid; where it says nothing, the sum of its payments."""
    stated = scalars.number(_first(app.fields.paid, now))
    told = next((rows for path in app.payments.path if (rows := objects(at(now, path)))), [])
    return _sum(app, told) if stated is None else stated


def _sum(app: DocumentApp, rows: list[Wire]) -> Decimal:
    live = [row for row in rows if not scalars.flag(_first(app.payments.fields.voided, row))]
    return sum((scalars.number(_first(app.payments.fields.amount, row)) or Decimal(0) for row in live), Decimal(0))


def _first(paths: Paths, wire: Wire) -> Any:
    return next((value for path in paths if scalars.filled(value := at(wire, path))), None)


def _key(paths: Paths, wire: Wire) -> str:
    """The key under which a record keeps a value, else the first that the profile names; empty for none."""
    return next((path for path in paths if path in wire), paths[0] if paths else "")


def _amount(value: Decimal) -> str:
    return format(value.quantize(Decimal("0.01")), "f")
