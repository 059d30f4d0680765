"""A consent given by the program, page by page, as a browser would."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
from tieout.api.errors import ReauthNeeded, Refused
from tieout_app.cli import consent

LOGIN = """<form method="post" action="/login"><input type="hidden" name="request" value="r1">
<input name="email" value="alex@example.com"><input name="password" type="password"><button>Log in</button></form>"""
ALLOW = """<form method="post" action="consent"><select name="tenant"><option value="t1">One</option>
<option value="t2">Two</option></select><input type="checkbox" name="later">
<button type="submit" name="decision" value="allow">Allow access</button>
<button type="submit" name="decision" value="cancel">Cancel</button></form>
<form action="/elsewhere"><input name="other" value="x"></form>"""


class Pages(ThreadingHTTPServer):
    """Login, consent, redirect; keeps what was sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.sent: list[tuple[str, dict[str, list[str]]]] = []
        self.endless = False

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Pages

    def do_GET(self) -> None:
        self._answer("<p>You may close this page.</p>" if self.path.startswith("/callback") else LOGIN)
        self.server.sent.append((self.path, {}))

    def do_POST(self) -> None:
        fields = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode(), keep_blank_values=True)
        self.server.sent.append((self.path, fields))
        if self.server.endless:
            self._answer(LOGIN)
        elif self.path == "/login":
            self._answer(ALLOW)
        else:
            self.send_response(302)
            self.send_header("Location", "/callback?code=c1&state=s1")
            self.end_headers()

    def _answer(self, page: str) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(page.encode())

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def pages() -> Iterator[Pages]:
    server = Pages()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def test_it_fills_in_the_forms_presses_the_first_button_and_follows(pages: Pages) -> None:
    consent.by_program(f"{pages.origin}/authorize")
    assert pages.sent == [
        ("/authorize", {}),
        ("/login", {"request": ["r1"], "email": ["alex@example.com"], "password": ["demo@example.com"]}),
        ("/consent", {"tenant": ["t1"], "decision": ["allow"]}),
        ("/callback?code=c1&state=s1", {}),
    ]


def test_pages_that_lead_nowhere_are_given_up(pages: Pages) -> None:
    pages.endless = True
    with pytest.raises(ReauthNeeded, match="do not lead back"):
        consent.by_program(f"{pages.origin}/authorize")


@pytest.mark.parametrize("url", ["https://login.xero.com/identity/connect/authorize", "http://example.com/"])
def test_a_real_consent_is_for_a_person_to_give(url: str) -> None:
    with pytest.raises(Refused, match="only the consent of a sandbox"):
        consent.by_program(url)
