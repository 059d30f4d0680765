"""What a refused call means, told by Xero's own words in the answer.

Source: docs/facts/xero.md, "Refused access", "HTTP statuses".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from tieout import ConfigError, Connection, Problem, ReauthNeeded, Reply, TieoutError, Unavailable, Wire, excerpt, loads

from tieout_xero import messages

DENIALS = ("authorizationunsuccessful", "insufficient_scope", "insufficent_scope")
"""Words of a 401 that no new token cures: a scope is missing, or a right of the person (Xero spells it both ways)."""


@contextmanager
def admitted(connection: Connection) -> Iterator[None]:
    """Make calls; a refusal is raised again as what it means.

    Raises `ReauthNeeded` for an organisation or a right that is missing, and `Unavailable` when not Xero refused but
    something on the way there.
    """
    try:
        yield
    except ReauthNeeded as error:
        raise _meaning(connection, error) from error


def accepted(connection: Connection, reply: Reply) -> Reply:
    """The same answer. Raises `ConfigError` when Xero takes no call that is made like this one."""
    if reply.status != 412:
        return reply
    raise ConfigError(
        "Xero does not take calls that are made like this",
        where=f"connections.{connection.name}",
        why="The encryption of the way there is too old, or something on the way changes the headers.",
        fix="Look for a proxy on the way, and bring this machine's Python and OpenSSL up to date.",
        said=excerpt(reply.text),
    )


def envelope(reply: Reply) -> Wire:
    """The envelope of an answer; empty when it is none, which for a refusal is no reason to call it unknown."""
    try:
        answer = loads(reply.content)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _not_there(reply: Reply) -> Problem:
    return Problem(
        cause="gone",
        what="Xero does not find the record that this one is linked to.",
        why="It is not in this organisation, or not of this kind.",
        fix="Check that the connection leads to the right organisation, then link the record anew.",
        about="status 404",
        said=excerpt(reply.text) or "status 404",
    )


def refusal(reply: Reply) -> Problem:
    """Why a call was refused as a whole, about its status."""
    if reply.status == 404:
        return _not_there(reply)
    answer = envelope(reply)
    told = messages.errors(answer)
    said = excerpt(str(answer.get("Message") or answer.get("Detail") or reply.text))
    known = told[0] if told else messages.problem(said or f"status {reply.status}")
    return replace(known, about=f"status {reply.status}")


def _meaning(connection: Connection, error: ReauthNeeded) -> TieoutError:
    said = error.problem.said
    lower = said.casefold()
    again = f"tieout connect {connection.name}"
    if "authenticationunsuccessful" in lower:
        name = connection.tenant.name if connection.tenant else "The organisation"
        return ReauthNeeded(
            f"{name} is not connected to this app any more",
            why="It was disconnected in Xero, or connected anew by somebody else.",
            fix=f"Connect it again: {again}",
            said=said,
        )
    if any(mark in lower for mark in DENIALS):
        return ReauthNeeded(
            f"the consent of {connection.name} does not cover this",
            why="Something was switched on after it was given, or the person who gave it lacks the right in Xero.",
            fix=f"Connect again, as somebody who may do this in Xero: {again}",
            said=said,
        )
    if lower.startswith("<"):
        return Unavailable(
            "a page came back in place of Xero's answer",
            why="Something on the way to Xero refuses the call; Xero itself answers without pages.",
            fix="Look for a proxy or a firewall on the way, then sync again.",
            said=said,
        )
    return error
