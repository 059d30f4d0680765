"""One call to Apptivo: the form it travels in, the envelopes it comes back in, and what a failure means.

Everything, the action and the keys included, goes in the form body of a POST, so that no key stands in a URL
(docs/facts/apptivo.md, "Requests"). Sources: docs/facts/apptivo.md, "Failures", "Envelopes".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Literal, NoReturn, TypeVar

from tieout import Connection, OutcomeUnknown, Problem, ReauthNeeded, Rejected, Reply, Unavailable, Wire

from tieout_apptivo.shape.fields import objects
from tieout_apptivo.shape.profile import App
from tieout_apptivo.shape.scalars import Unreadable, ident, number, text
from tieout_apptivo.shape.settings import Firm

T = TypeVar("T")
Verdict = Literal["busy", "keys", "gone", "refused"]

PAUSES = (1.0, 3.0)
"""Seconds before each new try when a read answers something that is no answer."""

VERDICTS: tuple[tuple[re.Pattern[str], Verdict], ...] = (
    (re.compile(r"rate limit|too many|throttl|busy|try again|time[d -]*out|temporar", re.IGNORECASE), "busy"),
    (re.compile(r"key|access|permission|authori[sz]ed|(your|current|this) (plan|subscription)", re.IGNORECASE), "keys"),
    (re.compile(r"not found|not exist|no such|\bno\b.*\bfound|deleted", re.IGNORECASE), "gone"),
    (re.compile(r""), "refused"),
)
"""What the reason of a failure means, the first that matches (docs/facts/apptivo.md, "Failures")."""

_FAILED = ("failure", "error")
_REASONS = ("reason", "message", "responseMessage")


def ask(
    connection: Connection,
    app: App,
    action: str,
    parameters: Mapping[str, object],
    opened: Callable[[Wire], T | None],
    path: str = "",
) -> T:
    """What `opened` finds in the answer to one reading call; it answers None for an envelope that it does not know.

    `path` is where to ask under the base address, when not at the app's own place. An answer that is empty, HTML or
    without the expected keys is asked for again, twice. Raises `ReauthNeeded` when the keys are refused,
    `Unavailable` when no answer comes and `Rejected` when Apptivo refuses the call.
    """
    said = ""
    for pause in (*PAUSES, None):
        body, said = _read(connection, app, action, parameters, path)
        if body is not None:
            _judge(body, app, action, connection.settings)
            if (found := opened(body)) is not None:
                return found
        if pause is not None:
            connection.clock.wait(pause)
    raise Unavailable(
        f"Apptivo answered {action} of {app.url_name} with something that cannot be read.",
        why="The answer was empty, a page for people, or without the expected content.",
        fix=f"Try again later; if it goes on, check the url-name {app.url_name} in the profile against the API page in "
        "the settings of the app.",
        said=_redacted(connection.settings, said),
    )


def listing(name: str) -> Callable[[Wire], tuple[list[Wire], int | None] | None]:
    """Opens the envelope of a list of the app called `name`: its records and the count of all that there are."""

    def opened(body: Wire) -> tuple[list[Wire], int | None] | None:
        data = body.get("data")
        inner = data if isinstance(data, dict) else body
        found = next((inner[key] for key in ("data", "aaData", name) if isinstance(inner.get(key), list)), None)
        count = next((total for each in (body, inner) if (total := _count(each)) is not None), None)
        if found is None and count is None and body:
            return None
        return objects(found), count

    return opened


def single(app: App) -> Callable[[Wire], Wire | None]:
    """Opens the four envelopes of one record; the record is empty where Apptivo says that there is none."""

    def is_record(value: object) -> bool:
        return isinstance(value, dict) and bool(ident(value.get("id")) or ident(value.get(app.id_parameter)))

    def opened(body: Wire) -> Wire | None:
        inner = [value for value in body.values() if is_record(value)]
        envelopes = [body[name] for name in ("data", "responseObject") if name in body]
        candidates = [body, *envelopes, *(inner if len(inner) == 1 else [])]
        found: Wire | None = next((value for value in candidates if is_record(value)), None)
        if found is None and (_failed(body) or (envelopes and not any(body.values()))):
            return {}
        return found

    return opened


def configuration(body: Wire) -> Wire | None:
    """Opens the configuration of an app."""
    inner = next((body[name] for name in ("data", "responseObject") if isinstance(body.get(name), dict)), body)
    return inner or None


def change(connection: Connection, app: App, action: str, parameters: Mapping[str, object], path: str = "") -> Wire:
    """The answer to one call that writes, which is sent once; empty where it cannot be read.

    Whether it took effect shows in the record alone. Raises `ReauthNeeded` and `Rejected` for what Apptivo refuses,
    `Unavailable` where nothing was sent or done, and `OutcomeUnknown` where nobody can tell.
    """
    settings: Firm = connection.settings
    try:
        reply = connection.http.write("POST", _url(settings, app, path), form=_form(settings, action, parameters))
    except ReauthNeeded as error:
        _refuse_keys(_redacted(settings, error.problem.said))
    body, _ = _body(reply, app, action, settings)
    if body is not None:
        _judge(body, app, action, settings)
    return body or {}


def _read(
    connection: Connection, app: App, action: str, parameters: Mapping[str, object], path: str
) -> tuple[Wire | None, str]:
    settings: Firm = connection.settings
    try:
        reply = connection.http.read("POST", _url(settings, app, path), form=_form(settings, action, parameters))
    except ReauthNeeded as error:
        _refuse_keys(_redacted(settings, error.problem.said))
    return _body(reply, app, action, settings)


def _url(settings: Firm, app: App, path: str) -> str:
    return f"{settings.base_url}/{path or f'dao/v6/{app.url_name}'}"


def _form(settings: Firm, action: str, parameters: Mapping[str, object]) -> dict[str, str]:
    form = {"a": action, **{name: str(value) for name, value in parameters.items()}}
    form |= {"apiKey": settings.api_key.reveal(), "accessKey": settings.access_key.reveal()}
    return form | ({"userName": settings.user_name} if settings.user_name else {})


def _body(reply: Reply, app: App, action: str, settings: Firm) -> tuple[Wire | None, str]:
    """The JSON object of an answer, None where there is none, and the beginning of its text."""
    said = reply.text[:200]
    if reply.status >= 400:
        _refuse(app, action, f"status {reply.status} {_redacted(settings, said)}".strip())
    try:
        body = reply.json()
    except (Unavailable, OutcomeUnknown):
        return None, said
    return (body, said) if isinstance(body, dict) else (None, said)


def _judge(body: Wire, app: App, action: str, settings: Firm) -> None:
    """Raise what a failure means; a record that is gone is none, where one record was asked for."""
    if not _failed(body):
        return
    reason = _redacted(settings, next((found for name in _REASONS if (found := text(body.get(name)))), ""))
    verdict = next(verdict for pattern, verdict in VERDICTS if pattern.search(reason))
    if verdict == "keys":
        _refuse_keys(reason)
    if verdict == "busy":
        raise Unavailable(
            f"Apptivo cannot answer {action} of {app.url_name} now.",
            fix="Nothing has to be done: the next run tries again.",
            said=reason,
        )
    if verdict == "refused" or action != "getById":
        _refuse(app, action, reason)


def _count(body: Wire) -> int | None:
    """The count of all records that a list claims; None when it claims none that can be read."""
    try:
        count = number(body.get("countOfRecords"))
    except Unreadable:
        return None
    return None if count is None else int(count)


def _failed(body: Wire) -> bool:
    return text(body.get("status")).lower() in _FAILED


def _refuse_keys(said: str) -> NoReturn:
    raise ReauthNeeded(
        "Apptivo refused the keys.",
        why="They are wrong, were regenerated, or the firm's plan has no API access.",
        fix="Look them up in Apptivo under Business Settings -> API Access (a paid plan with API access, Premium or "
        "above, is needed) and put both in place: api-key and access-key.",
        said=said,
    )


def _refuse(app: App, action: str, said: str) -> NoReturn:
    if action == "update":
        raise Rejected(
            Problem(
                cause="apptivo-refused",
                what=f"Apptivo refused to change this record of {app.url_name}.",
                why="It may be locked, or the employee that user-name names may not edit it.",
                fix="Open the record in Apptivo as that employee and look whether it can be edited there.",
                about=app.url_name,
                said=said,
            )
        )
    raise Rejected(
        Problem(
            cause="apptivo-refused",
            what=f"Apptivo refused {action} of {app.url_name}.",
            why="The app may have another name or number in this firm, or be switched off.",
            fix=f"Compare url-name ({app.url_name}) and object-id ({app.object_id}) of the profile with the API "
            "page in the settings of the app.",
            about=app.url_name,
            said=said,
        )
    )


def _redacted(settings: Firm, said: str) -> str:
    for secret in (settings.api_key.reveal(), settings.access_key.reveal()):
        said = said.replace(secret, "***")
    return said
