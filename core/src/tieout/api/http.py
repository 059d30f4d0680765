"""The way out as a plugin sees it: what it may ask, and what it is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from tieout.api.codec import loads
from tieout.api.errors import TieoutError, Unavailable
from tieout.api.secret import redact

if TYPE_CHECKING:
    import httpx

    HttpAuth = httpx.Auth


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of a system, for the connector to judge; `headers` are found in any case."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    call: str = "the system"
    unreadable: type[TieoutError] = Unavailable

    @property
    def text(self) -> str:
        """The body as text, with a mark where it is not UTF-8."""
        return self.content.decode("utf-8", errors="replace")

    def json(self) -> Any:
        """The body's JSON, numbers with a fraction as `Decimal`, without zero characters, which only SQLite keeps.

        Raises `Unavailable` when it is not JSON, and `OutcomeUnknown` when it is the answer to a write.
        """
        try:
            value = loads(self.content)
        except ValueError as error:
            raise self.unreadable(
                f"{self.call} answered something that is not JSON (status {self.status})",
                why="Some program in between may have answered instead of the system.",
                fix="Try again later; if it stays so, check the address in the configuration.",
                said=excerpt(self.text),
            ) from error
        return _without_zeros(value) if rb"\u0000" in self.content else value


@dataclass(frozen=True, slots=True)
class Calls:
    """How many calls were sent."""

    reads: int
    writes: int


class Http(Protocol):
    """The way out of one connection: limits, retries, redaction and the list of allowed hosts are inside.

    `params` go into the query, `form` is sent as a form and `body` as JSON with amounts as numbers. Both calls raise
    `ReauthNeeded` on 401 and 403, and return every other answer that is not a failure of the system itself.
    """

    @property
    def calls(self) -> Calls:
        """The calls sent so far, repeated ones included; those for tokens are not counted."""

    def read(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, Any] | None = None,
        body: Any = None,
    ) -> Reply:
        """Ask for something without changing anything, up to five times.

        Raises `Unavailable` when the system cannot be reached or fails, `Throttled` when a limit is used up for longer
        than a few minutes, `ReauthNeeded`, and `ContractError` for a host that the connector did not declare.
        """

    def write(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, Any] | None = None,
        body: Any = None,
        content: bytes | None = None,
    ) -> Reply:
        """Change something: sent once and never repeated; `content` is sent as it is, a file.

        Raises `OutcomeUnknown` when it may or may not have happened; `Unavailable`, `Throttled`, `ReauthNeeded` and
        `ContractError` when it certainly did not.
        """

    def bare(self, url: str, *, headers: Mapping[str, str], form: str) -> Reply:
        """POST an encoded form without this connection's authentication and outside its limits: a call for tokens.

        Raises `Unavailable` and `Throttled`.
        """

    def close(self) -> None:
        """Close the connections to the system."""


def excerpt(text: str) -> str:
    """The beginning of a system's own words, on one line and without secrets."""
    return redact(" ".join(text.split()))[:200]


def _without_zeros(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, dict):
        return {_without_zeros(name): _without_zeros(one) for name, one in value.items()}
    return [_without_zeros(one) for one in value] if isinstance(value, list) else value
