"""Needs attention: what cannot go, by cause with the one button that fixes it, and record by record."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import asdict, replace
from io import StringIO
from typing import Literal
from urllib.parse import urlencode

from starlette.responses import Response
from tieout.desk import HeldRecord, Wanted

from tieout_web import causes
from tieout_web.page import Page, Visit
from tieout_web.words import link

Tab = Literal["attention", "waiting", "skipped", "history"]
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MOST = 200
"""Pages of records that one file holds at most."""


def count(visit: Visit) -> int:
    """How many records wait for a person."""
    return visit.desk.decisions.count(visit.pair, _wanted("attention")) if visit.desk.pairs else 0


page = Page("Needs attention", "/attention", count=count)


@page.get()
def show(visit: Visit) -> Response:
    """The groups of a tab, or the records of one group or search."""
    tab = _tab(visit)
    decisions, wanted = visit.desk.decisions, _asked(visit, tab)
    grouped = tab != "history" and wanted == _wanted(tab) and not visit.query("page")
    status = visit.desk.status(visit.pair) if grouped else visit.desk.glance(visit.pair)
    titles = {flow.entity: flow.title for flow in status.flows}
    counts = {name: decisions.count(visit.pair, _wanted(name)) for name in ("attention", "waiting", "skipped")}
    shared = {"tab": tab, "counts": counts, "titles": titles, "status": status, "given": _given(visit)}
    if tab == "history":
        return visit.page("history.html", **shared, made=decisions.made(visit.pair)[:200])
    if grouped:
        kind = "skip" if tab == "skipped" else "hold"
        groups = [
            group
            for group in status.holds
            if group.kind == kind and (kind == "skip" or (group.problem.cause in causes.WAITS) == (tab == "waiting"))
        ]
        return visit.page("attention.html", **shared, groups=groups, fix=causes.fix, listing=causes.listing)
    held = decisions.held(visit.pair, wanted, visit.number("page"))
    group = next((one for one in held.records[0].problems if one.cause == wanted.cause), None) if held.records else None
    return visit.page(
        "held.html", **shared, held=held, wanted=wanted, group=group, fix=causes.fix, address=_address(visit)
    )


@page.get("/records.csv")
def download(visit: Visit) -> Response:
    """The records of a tab, group or search as a file for a spreadsheet."""
    text = StringIO()
    rows = csv.writer(text)
    rows.writerow(["app", "record", "id", "state", "amount", "currency", "since", "tries", *_PROBLEM])
    for one in _all(visit, _asked(visit, _tab(visit))):
        amount = "" if one.amount is None else format(one.amount, "f")
        problem = asdict(one.problems[0]) if one.problems else {}
        state = [one.kind, amount, one.currency, one.since.isoformat(), str(one.tries)]
        told = [str(problem.get(name, "")) for name in _PROBLEM]
        rows.writerow(
            [_plain(cell) for cell in (one.entity, one.label, one.source_id, *state[:1])]
            + state[1:]
            + [_plain(cell) for cell in told]
        )
    headers = {"Content-Disposition": 'attachment; filename="needs-attention.csv"'}
    return Response("\ufeff" + text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


_PROBLEM = ("cause", "what", "why", "fix", "said")


@page.post("/retry", role="resolver")
def retry(visit: Visit) -> Response:
    """Try one record again, first thing in the next run."""
    visit.desk.decisions.retry(visit.pair, visit.field("entity"), visit.field("id"))
    return _back(visit, "It goes first in the next sync.")


@page.post("/retry-group", role="resolver")
def retry_group(visit: Visit) -> Response:
    """Try all records of a cause again."""
    entity, about = visit.field("entity") or None, visit.field("about")
    many = visit.desk.decisions.retry_cause(visit.pair, visit.field("cause"), entity, about)
    return visit.go("/attention", f"{many:,} {'record goes' if many == 1 else 'records go'} first in the next sync.")


@page.post("/skip", role="resolver")
def skip(visit: Visit) -> Response:
    """Leave a record out, with a reason."""
    visit.desk.decisions.skip(visit.pair, visit.field("entity"), visit.field("id"), visit.field("reason"))
    return _back(visit, "Skipped. It can be taken back under Skipped.")


@page.post("/unskip", role="resolver")
def unskip(visit: Visit) -> Response:
    """Take a skip back."""
    visit.desk.decisions.unskip(visit.pair, visit.field("entity"), visit.field("id"))
    return _back(visit, "It is decided anew in the next sync.")


@page.post("/link", role="resolver")
def join(visit: Visit) -> Response:
    """Say which record of the target this one is."""
    visit.desk.decisions.link(visit.pair, visit.field("entity"), visit.field("id"), visit.field("to"))
    return _back(visit, "Linked. The next sync goes on with it.")


@page.post("/rename", role="resolver")
def rename(visit: Visit) -> Response:
    """Send it under another number or name."""
    named = visit.field("called")
    visit.desk.decisions.answer(visit.pair, visit.field("entity"), visit.field("id"), "create", None, named)
    return _back(visit, "It is sent under the new number in the next sync.")


def _back(visit: Visit, told: str) -> Response:
    return visit.go(link("/records", entity=visit.field("entity"), id=visit.field("id")), told)


def _tab(visit: Visit) -> Tab:
    tabs: dict[str, Tab] = {"waiting": "waiting", "skipped": "skipped", "history": "history"}
    return tabs.get(visit.query("tab"), "attention")


def _wanted(tab: str) -> Wanted:
    if tab == "skipped":
        return Wanted(kind="skip")
    return Wanted(kind="hold", first=causes.WAITS) if tab == "waiting" else Wanted(kind="hold", other=causes.WAITS)


def _given(visit: Visit) -> dict[str, str]:
    return {name: visit.query(name) for name in ("cause", "about", "entity", "text")}


def _asked(visit: Visit, tab: Tab) -> Wanted:
    given, whole = _given(visit), _wanted(tab)
    # who asks for one cause means all of its records, whatever else is the matter with them
    if given["cause"]:
        whole = replace(whole, first=(), other=())
    return replace(whole, cause=given["cause"], about=given["about"], entity=given["entity"], text=given["text"])


def _address(visit: Visit) -> str:
    given = {"tab": visit.query("tab"), **_given(visit)}
    return urlencode({name: value for name, value in given.items() if value})


def _all(visit: Visit, wanted: Wanted) -> Iterator[HeldRecord]:
    for number in range(1, _MOST + 1):
        found = visit.desk.decisions.held(visit.pair, wanted, number)
        yield from found.records
        if number >= found.pages:
            return


def _plain(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
