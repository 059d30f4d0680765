"""The loopback address to which a browser returns from a consent."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tieout.api.errors import Refused

PATH = "/callback"
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Tieout</title>
<body style="font-family: sans-serif; margin: 4rem"><h1>Back at Tieout</h1>
<p>You may close this window and go on where you started.</p></body></html>"""


class Receiver:
    """Waits for one answer at `redirect`."""

    def __init__(self, port: int) -> None:
        self.redirect = f"http://localhost:{port}{PATH}"
        self._arrived = threading.Event()
        self._parameters: dict[str, str] = {}

    def arrive(self, parameters: Mapping[str, str]) -> None:
        """Take the first answer; later ones are those of a page loaded again."""
        if not self._arrived.is_set():
            self._parameters = dict(parameters)
            self._arrived.set()

    def wait(self, seconds: float) -> Mapping[str, str]:
        """The parameters of the answer. Raises `Refused` when none came in time."""
        if not self._arrived.wait(seconds):
            raise Refused(
                f"nobody answered within {seconds:.0f} seconds",
                why=f"The browser did not come back to {self.redirect}.",
                fix="Run the command again and allow access in the browser.",
            )
        return self._parameters


@contextmanager
def receive(port: int) -> Iterator[Receiver]:
    """Listen on this machine alone, on `port` (0: any free one), until the block is left.

    Raises `Refused` when the port is in use.
    """
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
    except OSError as error:
        raise Refused(
            f"port {port} of this machine cannot be used",
            why=error.strerror or type(error).__name__,
            fix="End the program that uses it, or choose another port that your app at the system allows.",
        ) from error
    server.daemon_threads = True
    receiver = Receiver(server.server_port)
    server.RequestHandlerClass = type("_Bound", (_Handler,), {"receiver": receiver})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def do_GET(self) -> None:
        """Answer the browser."""
        address = urlsplit(self.path)
        found = address.path == PATH
        if found:
            self.receiver.arrive(dict(parse_qsl(address.query)))
        page = (_PAGE if found else "").encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing: the address carries the code."""
