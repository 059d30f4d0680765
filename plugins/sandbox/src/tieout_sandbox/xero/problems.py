"""What Xero answers when it refuses a whole call.

Source: docs/facts/xero.md, "Refused access", "Refused calls", "HTTP statuses".
"""

from typing import Any

from tieout_sandbox.entropy import Entropy
from tieout_sandbox.exchange import Response, text_answer
from tieout_sandbox.xero import formats


class Problem(Exception):
    """A call refused whole: an HTTP status with the body that Xero sends with it."""

    def __init__(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        super().__init__(body.get("Message") or body.get("Detail") or body.get("Title"))
        self.status = status
        self.body = body
        self.headers = headers or {}

    def answer(self, entropy: Entropy, accept: str = "application/json") -> Response:
        """The answer as it goes over the wire, in the form that the `Accept` header wants."""
        body = {**self.body, "Instance": entropy.id()} if "Instance" in self.body else self.body
        return formats.answer("ApiException", body, accept, self.status, self.headers)


class NotFound(Exception):
    """No such resource in this organisation; Xero answers with a page, not with JSON."""

    def answer(self) -> Response:
        """The answer as it goes over the wire."""
        return text_answer("The resource you're looking for cannot be found", 404)


def unauthorised(detail: str) -> Problem:
    """401: the token is missing, expired or without the scope."""
    headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    if detail == "AuthorizationUnsuccessful":
        headers = {"WWW-Authenticate": 'Bearer error="insufficient_scope"'}
    return Problem(401, _problem("Unauthorized", 401, detail), headers)


def forbidden() -> Problem:
    """403: the organisation is missing, unknown or no longer connected."""
    return Problem(403, _problem("Forbidden", 403, "AuthenticationUnsuccessful"))


def bad_request(detail: str) -> Problem:
    """400 for what is wrong with the call around its records."""
    return Problem(400, _problem("Bad Request", 400, detail))


def unreadable(message: str) -> Problem:
    """400: the body cannot be read as the records of this endpoint."""
    return Problem(400, {"ErrorNumber": 14, "Type": "PostDataInvalidException", "Message": message})


def bad_query(message: str) -> Problem:
    """400: a `where` or `order` that cannot be read."""
    return Problem(400, {"ErrorNumber": 16, "Type": "QueryParseException", "Message": message})


def invalid(elements: list[dict[str, Any]]) -> Problem:
    """400: at least one record was refused."""
    message = "A validation exception occurred"
    return Problem(400, {"ErrorNumber": 10, "Type": "ValidationException", "Message": message, "Elements": elements})


def _problem(title: str, status: int, detail: str) -> dict[str, Any]:
    return {"Type": None, "Title": title, "Status": status, "Detail": detail, "Instance": "", "Extensions": {}}
