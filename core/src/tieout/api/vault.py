"""The vault as a plugin sees it: where the tokens of a consent are kept."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol


class Vault(Protocol):
    """The grants of all connections; every method is given the name of a connection."""

    def grant(self, connection: str) -> dict[str, Any] | None:
        """Return the tokens of a connection's grant; None when there are none."""

    def store(self, connection: str, tokens: Mapping[str, Any]) -> None:
        """Keep the tokens of a connection's grant; they are durable on return, and may be used only then."""

    def forget(self, connection: str) -> None:
        """Drop the tokens of a connection's grant."""

    def alone(self, connection: str) -> bool:
        """Return whether no other connection that is connected uses the same grant."""

    def refreshing(self, connection: str) -> AbstractContextManager[dict[str, Any] | None]:
        """Be the only one, over all threads and processes, who renews this grant; gives its tokens, read afresh."""
