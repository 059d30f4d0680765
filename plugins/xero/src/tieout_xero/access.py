"""What a refused call means, told by Xero's own words in the answer (facts/xero.md 1.6, 4.4)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tieout.contract import Connection
from tieout.errors import ConfigError, ReauthNeeded, TieoutError, Unavailable
from tieout.http import Reply

_SCOPES = ("authorizationunsuccessful", "insufficient_scope", "insufficent_scope")


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
        said=reply.text[:200],
    )


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
    if any(mark in lower for mark in _SCOPES):
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
