"""One call of the accounting API that may go on, and the envelope of its answer (docs/facts/xero.md, "Envelope")."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tieout_sandbox.exchange import Request, Response
from tieout_sandbox.xero import formats, stamps
from tieout_sandbox.xero.endpoint import Endpoint, Query, places
from tieout_sandbox.xero.gate import Pass
from tieout_sandbox.xero.problems import NotFound, bad_request, unreadable
from tieout_sandbox.xero.table import Record
from tieout_sandbox.xero.world import elements_of

_LARGEST_BODY = 3_500_000


@dataclass(frozen=True, slots=True)
class Call:
    """One call.

    `parts` is its path after the version, decoded; `since` its `If-Modified-Since`, empty when it has none; `now` its
    time.
    """

    method: str
    parts: list[str]
    query: Query
    since: str
    passed: Pass
    request: Request
    now: datetime

    @property
    def body(self) -> bytes:
        """The body as it was sent."""
        return self.request.body

    @property
    def places(self) -> int:
        """How many decimals unit amounts have in this call."""
        return places(self.query)

    @property
    def each(self) -> bool:
        """Whether the answer shall say of each record what became of it."""
        return self.query.get("summarizeerrors", "").lower() == "false"

    def elements(self, plural: str) -> list[Record]:
        """The records in the body. Raises `Problem` (400) when it is too large, cannot be read, or holds none."""
        if len(self.body) > _LARGEST_BODY:
            raise bad_request(f"The request body is larger than {_LARGEST_BODY} bytes.")
        try:
            elements = elements_of(formats.read(self.body), plural)
        except ValueError as error:
            raise unreadable(f"The post data was invalid, {error}") from error
        if not elements:
            raise unreadable(f"No {plural} were found in the post data")
        return elements

    def element(self, plural: str) -> Record:
        """The one record in the body. Raises `Problem` (400) as `elements` does, and when there are more."""
        elements = self.elements(plural)
        if len(elements) > 1:
            raise bad_request(f"Only one of {plural} can be written per request.")
        return elements[0]

    @property
    def accept(self) -> str:
        """The `Accept` header; empty where there is none."""
        return self.request.headers.get("accept")

    def bare(self, kind: str, record: Record) -> Response:
        """The answer that is one record without an envelope."""
        return formats.answer(kind, record, self.accept)

    def envelope(self, plural: str, records: list[Record], pagination: Record | None = None) -> Response:
        """The answer with these records."""
        answer: dict[str, Any] = {
            "Id": self.passed.resources.books.new_id(),
            "Status": "OK",
            "ProviderName": "Tieout sandbox",
            "DateTimeUTC": f"/Date({stamps.milliseconds(self.now)})/",
        }
        if pagination is not None:
            answer["pagination"] = pagination
        answer[plural] = records
        return formats.answer("Response", answer, self.accept)


def found(endpoint: Endpoint, key: str) -> Record:
    """The record of this id or natural key. Raises `NotFound`."""
    try:
        identity = str(UUID(key))
    except ValueError:
        identity = key
    record = endpoint.table.get(identity) or endpoint.find(key)
    if record is None:
        raise NotFound
    return record
