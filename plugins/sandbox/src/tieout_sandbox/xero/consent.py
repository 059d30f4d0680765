"""The pages on which a person logs in, picks an organisation and allows access (docs/facts/xero.md, "Consent")."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader

from tieout_sandbox.entropy import Entropy
from tieout_sandbox.exchange import Request, Response, Route, text_answer
from tieout_sandbox.xero import scopes
from tieout_sandbox.xero.grants import Consent, Grants
from tieout_sandbox.xero.tokens import User

_REDIRECT = re.compile(r"http://localhost(:\d+)?/callback")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_PAGES = Environment(loader=PackageLoader("tieout_sandbox.xero", "pages"), autoescape=True)
_MOST_PENDING = 1000


@dataclass(frozen=True, slots=True)
class _Asked:
    """A consent that somebody has been sent here for."""

    client: str
    redirect: str
    scopes: tuple[str, ...]
    state: str
    challenge: str
    user: User | None = None


class _Wrong(Exception):
    """A request that is refused on a page, because nobody can be trusted to be sent back to."""

    def __init__(self, error: str, reason: str) -> None:
        super().__init__(error)
        self.error = error
        self.reason = reason


class ConsentPages:
    """Login, choice of organisation, and the way back to the application.

    `client` is the id of the application that may ask; `organisations` gives ids and names of those to choose from.
    """

    def __init__(
        self, grants: Grants, entropy: Entropy, client: str, organisations: Callable[[], list[tuple[str, str]]]
    ) -> None:
        self._grants = grants
        self._entropy = entropy
        self._client = client
        self._organisations = organisations
        self._asked: dict[str, _Asked] = {}

    def routes(self) -> list[Route]:
        """The routes of the pages."""
        return [
            Route("/identity/connect/authorize", self.authorize),
            Route("/identity/login", self.login, methods=("POST",)),
            Route("/identity/consent", self.consent, methods=("POST",)),
        ]

    def authorize(self, request: Request) -> Response:
        """Where an application sends its user."""
        try:
            asked = self._read(request.query)
        except _Wrong as wrong:
            return _page("refused", 400, error=wrong.error, reason=wrong.reason)
        ticket = self._entropy.token(24)
        self._asked[ticket] = asked
        if len(self._asked) > _MOST_PENDING:
            del self._asked[next(iter(self._asked))]
        return _page("login", request=ticket)

    def login(self, request: Request) -> Response:
        """The login form as posted; any password will do."""
        form = request.form
        ticket, email = form.get("request", ""), form.get("email", "").strip()
        asked = self._asked.get(ticket)
        if asked is None:
            return _expired()
        if "@" not in email or not form.get("password"):
            return _page("login", 400, request=ticket, error="Enter an email address and a password.")
        self._asked[ticket] = replace(asked, user=User(email))
        choices = self._organisations()
        return _page("consent", request=ticket, email=email, organisations=choices, scopes=asked.scopes)

    def consent(self, request: Request) -> Response:
        """The consent form as posted: back to the application with a code, or with `access_denied`."""
        form = request.form
        asked = self._asked.pop(form.get("request", ""), None)
        if asked is None or asked.user is None:
            return _expired()
        back = {"state": asked.state} if asked.state else {}
        names = dict(self._organisations())
        tenant = form.get("tenant") or next(iter(names))
        if form.get("decision") != "allow" or tenant not in names:
            return _back(asked, {"error": "access_denied", **back})
        consent = Consent(asked.client, asked.user, asked.scopes, self._entropy.id(), asked.redirect, asked.challenge)
        self._grants.connect(consent, tenant, names[tenant])
        return _back(asked, {"code": self._grants.code(consent), "scope": " ".join(asked.scopes), **back})

    def _read(self, query: Mapping[str, str]) -> _Asked:
        redirect = query.get("redirect_uri", "")
        if query.get("client_id") != self._client:
            raise _Wrong("unauthorized_client", "Unknown client or client not enabled")
        if not _REDIRECT.fullmatch(redirect):
            raise _Wrong("unauthorized_client", "Invalid redirect_uri: it is not registered for this application")
        if query.get("response_type") != "code":
            raise _Wrong("unsupported_response_type", "The response_type must be code")
        wanted = tuple(query.get("scope", "").split())
        if not wanted or scopes.unknown(wanted):
            reason = f"Not available to this application: {' '.join(scopes.unknown(wanted)) or 'an empty scope'}"
            raise _Wrong("invalid_scope", reason)
        challenge = query.get("code_challenge", "")
        if challenge and (query.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(challenge)):
            raise _Wrong("invalid_request", "The code_challenge must be made with S256")
        return _Asked(self._client, redirect, wanted, query.get("state", ""), challenge)


def _back(asked: _Asked, query: dict[str, str]) -> Response:
    return Response(status=302, headers={"Location": f"{asked.redirect}?{urlencode(query)}"})


def _page(name: str, status: int = 200, **values: object) -> Response:
    html = _PAGES.get_template(f"{name}.html").render(**values)
    return text_answer(html, status, headers={"Cache-Control": "no-store"})


def _expired() -> Response:
    return _page(
        "refused", 400, error="invalid_request", reason="This login has ended. Start again in your application."
    )
