"""All that the fake Xero holds, as the control surface sees and changes it."""

from typing import Any, Literal
from urllib.parse import unquote

from tieout_sandbox import codec
from tieout_sandbox.clock import Clock
from tieout_sandbox.entropy import Entropy
from tieout_sandbox.exchange import Response
from tieout_sandbox.xero import organisation
from tieout_sandbox.xero.books import Books
from tieout_sandbox.xero.grants import Grants
from tieout_sandbox.xero.idempotency import Idempotency
from tieout_sandbox.xero.limits import Quota
from tieout_sandbox.xero.person import Person
from tieout_sandbox.xero.problems import Problem, unauthorised
from tieout_sandbox.xero.resources import Resources
from tieout_sandbox.xero.tokens import Signer

API = "/api.xro/2.0/"


class XeroWorld:
    """The organisations with their records, the main one first; the grants, and what counts calls."""

    def __init__(
        self,
        books: list[Books],
        clock: Clock,
        entropy: Entropy,
        signer: Signer,
        grants: Grants,
        quota: Quota,
        idempotency: Idempotency,
    ) -> None:
        self._clock = clock
        self.entropy = entropy
        self._signer = signer
        self.grants = grants
        self.quota = quota
        self.idempotency = idempotency
        self.organisations = {each.tenant: Resources(each) for each in books}
        self._start = [each.state() for each in self.organisations.values()]
        self._connections: list[dict[str, Any]] = []

    @property
    def main(self) -> Resources:
        """The organisation that the control surface shows and changes."""
        return next(iter(self.organisations.values()))

    def state(self) -> dict[str, Any]:
        """All records of the main organisation, the connections, and the tokens."""
        shown = [{k: v for k, v in each.items() if k not in ("user", "client")} for each in self.grants.connections]
        grants = {"Key": self._signer.key(), **self.grants.state()}
        return {**self.main.state(), "Connections": shown, "Grants": grants}

    def keep_connections(self) -> None:
        """Take the connections of now for those of the start."""
        self._connections = [dict(each) for each in self.grants.connections]

    def reset(self) -> None:
        """Go back to the records and connections of the start; tokens stay."""
        books = [organisation.books(state, "the start", self._clock, self.entropy) for state in self._start]
        self.organisations = {each.tenant: Resources(each) for each in books}
        kept = {each["id"] for each in self._connections}
        later = [each for each in self.grants.connections if each["id"] not in kept]
        self.grants.connections = [*(dict(each) for each in self._connections), *later]
        self.quota.reset()
        self.idempotency.reset()

    def edit(self, change: dict[str, Any]) -> dict[str, Any]:
        """Change one record as a person in Xero would, or disconnect an organisation."""
        if change["collection"] == "Connections":
            if not change.get("delete") or not self.grants.disconnect(str(change.get("id"))):
                raise LookupError("no such connection; a connection can only be deleted, by its id")
            return {"deleted": True}
        try:
            return Person(self.main).edit(change)
        except Problem as error:
            raise ValueError(str(error)) from error

    def elements(self, method: str, path: str, body: bytes) -> int:
        """The records in the body of a write; 1 for a read or a deletion of one record."""
        if not path.startswith(API):
            return 0
        parts = [unquote(part) for part in path.removeprefix(API).split("/") if part]
        if method not in ("PUT", "POST"):
            return int(len(parts) > 1)
        try:
            return len(elements_of(codec.loads(body), parts[0])) if body else 0
        except (ValueError, IndexError):
            return 0

    def throttled(self, scope: Literal["minute", "day"]) -> Response:
        """The answer when a limit is used up."""
        return self.quota.used_up(scope).answer()

    def token_expired(self) -> Response:
        """The answer to a token that is over."""
        return unauthorised("TokenExpired: token expired at 11/02/2026 10:11:12").answer(self.entropy)


def elements_of(given: Any, plural: str) -> list[dict[str, Any]]:
    """The records in a body: a list under the plural name, such a list alone, or one record by itself.

    Raises `ValueError` for anything else.
    """
    if isinstance(given, dict):
        name = next((key for key in given if key.lower() == plural.lower()), None)
        given = given[name] if name else [given]
    if isinstance(given, dict):
        given = [given]
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise ValueError(f"{plural} is not a list of records")
    return given
