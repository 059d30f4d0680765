"""One call of the accounting API that may go on, and the envelope of its answer (facts/xero.md 4.1)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from tieout_sandbox import codec
from tieout_sandbox.xero import stamps
from tieout_sandbox.xero.books import new_id
from tieout_sandbox.xero.gate import Pass
from tieout_sandbox.xero.listing import Query
from tieout_sandbox.xero.problems import NotFound, bad_request, unreadable
from tieout_sandbox.xero.reference import Reference
from tieout_sandbox.xero.resources import Writable
from tieout_sandbox.xero.table import Record
from tieout_sandbox.xero.world import elements_of

_LARGEST_BODY = 3_500_000


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `parts` is its path after the version, decoded; `since` its `If-Modified-Since`, `now` its time."""

    method: str
    parts: list[str]
    query: Query
    since: str | None
    body: bytes
    passed: Pass
    request: Request
    now: datetime

    @property
    def places(self) -> int:
        """How many decimals unit amounts have in this call."""
        return 4 if self.query.get("unitdp") == "4" else 2

    @property
    def each(self) -> bool:
        """Whether the answer shall say of each record what became of it."""
        return self.query.get("summarizeerrors", "").lower() == "false"

    def elements(self, plural: str) -> list[Record]:
        """The records in the body. Raises `Problem` (400) when it is too large, cannot be read, or holds none."""
        if len(self.body) > _LARGEST_BODY:
            raise bad_request(f"The request body is larger than {_LARGEST_BODY} bytes.")
        try:
            elements = elements_of(codec.loads(self.body), plural)
        except ValueError as error:
            raise unreadable(f"JSON for post data was invalid, {error}") from error
        if not elements:
            raise unreadable(f"No {plural} were found in the post data")
        return elements

    def element(self, plural: str) -> Record:
        """The one record in the body. Raises `Problem` (400) as `elements` does, and when there are more."""
        elements = self.elements(plural)
        if len(elements) > 1:
            raise bad_request(f"Only one of {plural} can be written per request.")
        return elements[0]

    def bare(self, record: Record) -> Response:
        """The answer that is one record without an envelope."""
        return Response(codec.dumps(record), media_type="application/json; charset=utf-8")

    def envelope(self, plural: str, records: list[Record], pagination: Record | None = None) -> Response:
        """The answer with these records."""
        answer: dict[str, Any] = {
            "Id": new_id(),
            "Status": "OK",
            "ProviderName": "Tieout sandbox",
            "DateTimeUTC": f"/Date({stamps.milliseconds(self.now)})/",
        }
        if pagination is not None:
            answer["pagination"] = pagination
        answer[plural] = records
        return Response(codec.dumps(answer), media_type="application/json; charset=utf-8")


def found(resource: Writable | Reference, key: str) -> Record:
    """The record of this id or natural key. Raises `NotFound`."""
    try:
        identity = str(UUID(key))
    except ValueError:
        identity = key
    record = resource.table.get(identity) or resource.find(key)
    if record is None:
        raise NotFound
    return record
