"""The doctor: finds out a firm's own shape by reading, and proposes the profile that reads it.

It goes through the probe list of docs/facts/apptivo.md, "Probes". A profile is called good only when every app in use
answered, everything that a record needs was found, and the sums of the documents come out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from tieout import Connection, Finding, Proposal, Rejected, Resource, Unavailable, Wire

from tieout_apptivo.doctor import evidence
from tieout_apptivo.doctor.diagnosis import about, documents, lists, marks, rates, statuses
from tieout_apptivo.doctor.fitting import Fit
from tieout_apptivo.doctor.proposing import Peers, Proposed, propose
from tieout_apptivo.doctor.scratch import named, tried
from tieout_apptivo.doctor.scratch import written as clock
from tieout_apptivo.doctor.survey import Survey, survey
from tieout_apptivo.doctor.variants import totalled
from tieout_apptivo.reading import stamps
from tieout_apptivo.shape.dates import Calendar
from tieout_apptivo.shape.fields import at, labels_key
from tieout_apptivo.shape.firm import labels, learn
from tieout_apptivo.shape.overrides import differences, written
from tieout_apptivo.shape.profile import KINDS, DocumentApp, Profile, over_shipped
from tieout_apptivo.shape.scalars import ident, text
from tieout_apptivo.shape.settings import APPTIVO_HOSTS, Firm

CAPABILITIES = "capabilities"
"""The key under which a connection's memory keeps what reading may rely on."""

IN_USE = ("customers", "contacts", "suppliers", "items", "invoices", "supplier-invoices", "purchase-orders")
"""The apps that are probed where no pair says which are in use."""


_REFERRED = {
    "customer": "customers",
    "parent": "customers",
    "contact": "contacts",
    "supplier": "suppliers",
    "item": "items",
}
"""The apps whose records the references of others name."""


@dataclass(slots=True)
class _Probe:
    """What one probe has found out so far."""

    connection: Connection
    surveys: dict[str, Survey] = field(default_factory=dict)
    proposed: dict[str, Proposed] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def settings(self) -> Firm:
        settings: Firm = self.connection.settings
        return settings

    def peers(self) -> Peers:
        """The records of the apps probed so far that others may refer to."""
        return {
            reference: {
                ident(wire.get("id")): name for wire in self.surveys[app].rows if (name := _name(wire, known.fits))
            }
            for reference, app in _REFERRED.items()
            if (known := self.proposed.get(app))
        }

    def profile(self) -> Profile:
        """The profile as it is proposed."""
        return Profile.model_validate(over_shipped(self.changes))


def probe(connection: Connection, scratch: str | None, resources: Mapping[str, Resource]) -> Proposal:
    """What this firm's shape is; the connection's memory keeps what reading may rely on.

    It reads, and writes only to the record that `scratch` names (`customers/1000231`). Raises `Refused` where it names
    none, `ReauthNeeded` when the keys are refused, and `Unavailable` when Apptivo does not answer at all: then nothing
    is proposed, and nothing remembered.
    """
    allowed = None if scratch is None else named(scratch, resources)
    found = _Probe(connection, changes=differences(connection.settings.profile))
    found.findings += _reached(connection)
    apps = [name for names in KINDS.values() for name in names if name in (connection.resources or IN_USE)]
    for name in apps:
        one = survey(connection, name)
        found.surveys[name] = one
        found.findings += lists(one)
        if one.found:
            found.proposed[name] = propose(one, found.peers())
            _lay(found.changes, {name: found.proposed[name].changes})
    found.findings += _dates(found)
    memory = {labels_key(name): labels(one.config) for name, one in found.surveys.items()}
    for name, one in found.surveys.items():
        if isinstance(one.app, DocumentApp) and one.rows:
            found.proposed[name], found.changes = totalled(
                one, found.proposed[name], found.changes, found.settings, memory
            )
    for name, proposed in found.proposed.items():
        found.findings += about(found.surveys[name], proposed)
        found.findings += rates(found.surveys[name], proposed)
        found.findings += marks(found.surveys[name])
        found.findings += statuses(found.surveys[name], proposed)
    for name, one in found.surveys.items():
        if isinstance(one.app, DocumentApp) and one.rows:
            best, said = documents(one, found.proposed[name], found.changes, found.settings, memory)
            found.changes = best
            found.findings += said
    offset = _try(found, *allowed) if allowed else None
    order = list(dict.fromkeys(one.topic for one in found.findings))
    good = all(one.state != "bad" for one in found.findings)
    told = _capabilities(found, offset)
    if connection.memory.get(CAPABILITIES) != told:
        connection.memory[CAPABILITIES] = told
    return Proposal(
        findings=tuple(sorted(found.findings, key=lambda one: order.index(one.topic))),
        files={
            f"{connection.name}.profile.toml": written(connection.name, found.profile(), found.findings),
            f"{connection.name}.capabilities.json": _json({**told, "keys": _keys(found)}),
        },
        settings={
            "profile": f"{connection.name}.profile.toml",
            **({} if offset is None else {"server-utc-offset": clock(offset)}),
        },
        good=good,
    )


def _try(found: _Probe, resource: Resource, id: str) -> timedelta | None:
    """What the record that may be written to tells; the offset of the clock of stamps."""
    settings = found.settings.model_copy(update={"profile": found.profile()})
    connection = replace(found.connection, settings=settings)
    learn(connection, resource.name)
    result = tried(connection, resource, id)
    found.findings += result.findings
    if result.parameter and result.parameter != settings.profile.app(resource.name).attribute_parameter:
        _lay(found.changes, {resource.name: {"attribute-parameter": result.parameter}})
    return result.offset


def _reached(connection: Connection) -> Iterator[Finding]:
    """Which of Apptivo's addresses answer, and how fast. Raises `Unavailable` where the configured one does not."""
    base: str = connection.settings.base_url
    parts = urlsplit(base)
    others = APPTIVO_HOSTS if parts.hostname in APPTIVO_HOSTS else ()
    answering: dict[str, float] = {}
    refused: Unavailable | None = None
    for address in dict.fromkeys((base, *(parts._replace(netloc=host).geturl() for host in others))):
        settings = connection.settings.model_copy(update={"base_url": address})
        begun = connection.clock.now()
        try:
            learn(replace(connection, settings=settings), "customers")
        except Rejected:
            if address != base:
                continue  # the keys work at the address in use, or nobody knows: the apps will tell
        except Unavailable as error:
            refused = refused or error
            continue
        answering[address] = (connection.clock.now() - begun).total_seconds()
    if refused is not None and base not in answering:
        other = next(iter(answering), "")
        fix = f'Write base-url = "{other}" in the connection: this address answers.' if other else refused.problem.fix
        raise Unavailable(refused.problem.what, why=refused.problem.why, fix=fix, said=refused.problem.said)
    for address, seconds in answering.items():
        words = "the keys work" if address == base else "another address of the same Apptivo"
        yield Finding(topic="Connection", what=f"{address} answers in {seconds:.1f} s: {words}.")


def _dates(found: _Probe) -> Iterator[Finding]:
    """How documents and stamps are written, from all the dates of all the apps."""
    told = next((one for each in found.surveys.values() if (one := text(each.config.get("dateFormat")))), "")
    told = found.settings.profile.date_format or told
    dates = [
        text(value)
        for name, proposed in found.proposed.items()
        for key, one in proposed.fits.items()
        if key in ("fields.date", "fields.due", "fields.delivery") and one.how != "none"
        for wire in found.surveys[name].samples
        for path in one.paths
        if (value := at(wire, path))
    ]
    verdict = evidence.judge(dates, told)
    if verdict.format:
        found.changes["date-format"] = verdict.format
        sure = verdict.telling > 0 or "M/" not in verdict.format.replace("MM", "M")
        yield Finding(
            topic="Dates",
            what=f"{verdict.format}: it reads all {verdict.dates} different dates"
            + (f", {verdict.telling} of which no other format reads." if verdict.telling else ".")
            + (" The firm's configuration says so too." if told == verdict.format else ""),
            state="good" if sure or told == verdict.format else "unsure",
        )
    elif verdict.dates:
        listed = " or ".join(verdict.possible) or "none of the known ones"
        yield Finding(
            topic="Dates",
            what=f"The format of dates is not certain: {listed} would read all {verdict.dates} of them.",
            state="bad",
            fix="Look up Business Settings, General, Date Format in Apptivo and write it at the top of the firm's "
            'profile: date-format = "dd/MM/yyyy", for example.',
        )
    yield from _clock(found)


def _clock(found: _Probe) -> Iterator[Finding]:
    """The format of stamps, and whether the clock that they are believed to stand on can be theirs."""
    marks = [
        value
        for one in found.surveys.values()
        for wire in one.rows
        for column in (one.app.created, one.app.updated)
        if (value := at(wire, column))
    ]
    if not marks:
        return
    verdict = evidence.judge([text(value) for value in marks], found.settings.profile.stamp_format)
    format_ = verdict.format or text(found.connection.memory.get(stamps.STAMP_FORMAT))
    if not format_:
        yield Finding(
            topic="Stamps",
            what="The format of the stamps of creation and change is not certain.",
            state="unsure",
            fix="Reading works without it, by whole passes. Write stamp-format in the firm's profile if you know it.",
        )
        return
    found.changes["stamp-format"] = format_
    newest = Calendar(format_, found.settings.zone).stamp(max(marks, key=lambda one: _moment(format_, found, one)))
    now = found.connection.clock.now()
    if newest is not None and newest > now:
        yield Finding(
            topic="Stamps",
            what=f"{format_}, and on another clock than {found.settings.server_utc_offset}: the newest would lie in "
            "the future.",
            state="bad",
            fix="Change a record in Apptivo, compare its Last Modified with UTC, and write the difference in the "
            'connection: server-utc-offset = "+05:30", for example.',
        )
    else:
        yield Finding(
            topic="Stamps",
            what=f"{format_}, taken to stand on {found.settings.server_utc_offset}; every read goes back "
            f"{found.settings.overlap_hours} h further, so that a wrong clock loses nothing.",
        )


def _name(wire: Wire, fits: Mapping[str, Fit]) -> str:
    return next((found for path in fits["fields.name"].paths if (found := text(at(wire, path)))), "")


def _moment(format_: str, found: _Probe, written: Any) -> Any:
    return Calendar(format_, found.settings.zone).stamp(written)


def _capabilities(found: _Probe, offset: timedelta | None) -> dict[str, Any]:
    profile = found.profile()
    offset = found.settings.zone.utcoffset(None) if offset is None else offset
    return {
        "date_format": profile.date_format,
        "stamp_format": profile.stamp_format,
        "offset_minutes": int(offset.total_seconds() // 60),
        "apps": {
            **found.connection.memory.get(CAPABILITIES, {}).get("apps", {}),
            **{name: one.capabilities() for name, one in found.surveys.items() if one.found},
        },
    }


def _keys(found: _Probe) -> dict[str, dict[str, str]]:
    """Every key of every app's records with the type of its values: no value."""
    return {
        name: {key: type(value).__name__ for wire in one.samples for key, value in wire.items()}
        for name, one in found.surveys.items()
    }


def _lay(under: dict[str, Any], over: Mapping[str, Any]) -> None:
    """Lay sections over others, in place: tables are merged, anything else is replaced."""
    for key, value in over.items():
        if isinstance(value, Mapping) and isinstance(under.get(key), dict):
            _lay(under[key], value)
        else:
            under[key] = dict(value) if isinstance(value, Mapping) else value


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, sort_keys=True) + "\n"
