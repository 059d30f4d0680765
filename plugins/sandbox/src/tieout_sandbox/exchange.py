"""Requests, answers, and which handler a path means: the HTTP of the sandbox as plain values, without a server."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote

from tieout_sandbox import codec

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


class Headers:
    """The headers of a request, found whatever the case of their names; of several with one name the first counts."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._values: dict[str, str] = {}
        for name, value in pairs:
            self._values.setdefault(name.lower(), value)

    def get(self, name: str, default: str = "") -> str:
        """The value of a header."""
        return self._values.get(name.lower(), default)


@dataclass(slots=True)
class Notes:
    """What those who handle a request tell each other about it.

    `elements` is how many records it writes or reads, `action` its operation where the path does not say it (None: not
    known). `reorder` asks for the records of the answer in another order than that of the request. `in_flight` says
    how many requests of its kind were on their way when it arrived, itself included.
    """

    elements: int | None = None
    action: str | None = None
    reorder: bool = False
    in_flight: int = 1


@dataclass(frozen=True)
class Request:
    """One request, whole. `target` is path and query as they were sent; `path_params` are what the route found."""

    method: str
    target: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    path_params: Mapping[str, str] = field(default_factory=dict)
    notes: Notes = field(default_factory=Notes)

    @property
    def raw_path(self) -> str:
        """The path as it was sent."""
        return self.target.partition("?")[0]

    @property
    def query_string(self) -> str:
        """The query as it was sent."""
        return self.target.partition("?")[2]

    @cached_property
    def path(self) -> str:
        """The path, decoded."""
        return unquote(self.raw_path)

    @cached_property
    def query(self) -> dict[str, str]:
        """The parameters of the query; of several with one name the last counts."""
        return dict(parse_qsl(self.query_string, keep_blank_values=True))

    @cached_property
    def form(self) -> dict[str, str]:
        """The values of a form; empty when the body is none. Of several with one name the last counts."""
        if self.headers.get("content-type").partition(";")[0].strip().lower() != FORM:
            return {}
        return dict(parse_qsl(self.body.decode("latin-1"), keep_blank_values=True))

    @property
    def base_url(self) -> str:
        """The address of the server by the request's own word, with a slash at the end."""
        return f"http://{self.headers.get('host')}/"


class Response:
    """One answer. A text type without a charset is given that of the sandbox, which writes nothing but UTF-8."""

    def __init__(
        self,
        body: bytes = b"",
        status: int = 200,
        media_type: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        if media_type and media_type.startswith("text/") and "charset=" not in media_type.lower():
            media_type = f"{media_type}; charset=utf-8"
        self.body = body
        self.status = status
        self.media_type = media_type
        self.headers = dict(headers or {})

    def lines(self) -> list[tuple[str, str]]:
        """All headers as they are sent."""
        lines = list(self.headers.items())
        if self.status != 204:
            lines.append(("content-length", str(len(self.body))))
        if self.media_type:
            lines.append(("content-type", self.media_type))
        return lines


def json_answer(
    value: Any, status: int = 200, headers: Mapping[str, str] | None = None, media_type: str = JSON
) -> Response:
    """An answer in JSON."""
    return Response(codec.encoded(value), status, media_type, headers)


def text_answer(
    text: str, status: int = 200, media_type: str = "text/html", headers: Mapping[str, str] | None = None
) -> Response:
    """An answer in text, a page unless it says otherwise."""
    return Response(text.encode(), status, media_type, headers)


Handler = Callable[[Request], Response]
"""Answers a request."""


class Route:
    """A path that one handler answers: `{name}` in it is one part of a path, `{name:path}` all that is left of it."""

    def __init__(self, path: str, handler: Handler, methods: Iterable[str] = ("GET",)) -> None:
        self.handler = handler
        self.methods = frozenset(methods)
        parts = re.split(r"\{(\w+)(:path)?\}", path)
        pattern = re.escape(parts[0])
        for name, rest, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
            pattern += f"(?P<{name}>{'.*' if rest else '[^/]+'}){re.escape(text)}"
        self.match = re.compile(pattern, re.DOTALL).fullmatch


class Router:
    """Gives each request to the first route that fits; a path without one is answered by 404, a method by 405."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = tuple(routes)

    def answer(self, request: Request) -> Response:
        """Answer a request."""
        allowed: Route | None = None
        for route in self._routes:
            found = route.match(request.path)
            if found and request.method in route.methods:
                named = found.groupdict()
                return route.handler(replace(request, path_params=named) if named else request)
            if found and allowed is None:
                allowed = route
        if allowed is not None:
            methods = ", ".join(sorted(allowed.methods))
            return text_answer("Method Not Allowed", 405, "text/plain", {"Allow": methods})
        return text_answer("Not Found", 404, "text/plain")
