"""A little Ledgerly for tests: client credentials, lists paged by change number, and batches answered in any order.

As a program it prints its address as one line of JSON and serves until it is ended.
"""

from __future__ import annotations

import argparse
import base64
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, urlsplit

from tieout.api import codec

Row = dict[str, Any]
CLIENT_ID, CLIENT_SECRET = "ledgerly-client", "ledgerly-word"
PAGE, BATCH, CALLS_A_MINUTE = 20, 50, 600
UNIQUE = {"clients": ("name", "code"), "products": ("sku",)}
REQUIRED = {"clients": "name", "products": "sku"}


class Books:
    """The books of one company: two lists, one change number, and the answers to keys that were used."""

    def __init__(self) -> None:
        self.lists: dict[str, dict[str, Row]] = {"clients": {}, "products": {}}
        self.seq = 0
        self.answers: dict[str, Row] = {}
        self.tokens: set[str] = set()
        self.calls: list[tuple[str, str, int]] = []
        self._recent: deque[float] = deque()

    def allowed(self) -> bool:
        """Whether one more call fits into the last minute."""
        now = time.monotonic()
        while self._recent and self._recent[0] <= now - 60:
            self._recent.popleft()
        if len(self._recent) >= CALLS_A_MINUTE:
            return False
        self._recent.append(now)
        return True

    def page(self, name: str, after: int) -> Row:
        """The next rows in the order of their last change."""
        newer = sorted((row for row in self.lists[name].values() if row["seq"] > after), key=lambda row: row["seq"])
        rows = newer[:PAGE]
        return {"rows": rows, "last": rows[-1]["seq"] if rows else after, "more": len(newer) > PAGE}

    def search(self, name: str, keys: list[list[str]]) -> Row:
        """The rows that bear each of the keys; the case of letters does not count."""
        rows = self.lists[name].values()
        return {"found": [[row for row in rows if _same(row.get(field), value)] for field, value in keys]}

    def write(self, name: str, rows: list[Row], key: str) -> Row:
        """Write each row or say why not; a key that was used gives the answer that it gave."""
        if key not in self.answers:
            results = [self._write(name, row) for row in rows]
            self.answers[key] = {"results": results[::-1]}
        return self.answers[key]

    def _write(self, name: str, sent: Row) -> Row:
        row = {field: value for field, value in sent.items() if field != "ref"}
        known = self.lists[name].get(row["id"] or "")
        errors = [{"code": code, "what": what, "fix": fix} for code, what, fix in self._errors(name, row, known)]
        if errors:
            return {"ref": sent["ref"], "outcome": "rejected", "id": None, "row": None, "errors": errors}
        self.seq += 1
        row = {**(known or {}), **row, "id": row["id"] or f"{name[0]}{self.seq:06d}", "seq": self.seq}
        self.lists[name][row["id"]] = row
        outcome = "updated" if known else "created"
        return {"ref": sent["ref"], "outcome": outcome, "id": row["id"], "row": row, "errors": []}

    def _errors(self, name: str, row: Row, known: Row | None) -> list[tuple[str, str, str]]:
        if row["id"] and known is None:
            return [("id-unknown", f"There is no {row['id']}.", "Create it.")]
        needed = REQUIRED[name]
        if not row.get(needed):
            return [(f"{needed}-missing", f"The {needed} is empty.", f"Fill in the {needed}.")]
        return [
            (f"{field}-taken", f"The {field} {row[field]} is taken.", f"Choose another {field}.")
            for field in UNIQUE[name]
            for other in self.lists[name].values()
            if other["id"] != row["id"] and row.get(field) and _same(other.get(field), row[field])
        ]


def _same(left: Any, right: Any) -> bool:
    return str(left).casefold() == str(right).casefold()


class Handler(BaseHTTPRequestHandler):
    """Answers the calls; everything below `/v1` needs a token."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    books: ClassVar[Books]
    lock: ClassVar[threading.Lock]

    def do_GET(self) -> None:
        """Read the company, a page of a list, or (for tests) everything."""
        self._answer(self._get)

    def do_POST(self) -> None:
        """Give a token, look up, or write a batch."""
        self._answer(self._post)

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet."""

    def _answer(self, serve: Callable[[str], tuple[int, Any]]) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urlsplit(self.path).path
        with self.lock:
            if path.startswith("/v1") and not self.books.allowed():
                status, answer = 429, {"error": "too many calls in this minute"}
            else:
                status, answer = serve(path)
            if not path.startswith("/_"):
                self.books.calls.append((self.command, path, status))
        content = codec.dumps(answer)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if status == 429:
            self.send_header("Retry-After", "60")
        self.end_headers()
        self.wfile.write(content)

    def _get(self, path: str) -> tuple[int, Any]:
        if path == "/_state":
            return 200, {"lists": self.books.lists, "calls": self.books.calls}
        if not self._authorised():
            return 401, {"error": "the token is unknown"}
        if path == "/v1/company":
            return 200, {"id": "company-7", "name": "Ledgerly Test Company", "currency": "AUD"}
        name = path.removeprefix("/v1/")
        if name not in self.books.lists:
            return 404, {"error": f"there is no {path}"}
        return 200, self.books.page(name, int(parse_qs(urlsplit(self.path).query).get("after", ["0"])[0]))

    def _post(self, path: str) -> tuple[int, Any]:
        if path == "/oauth/token":
            return self._token()
        if not self._authorised():
            return 401, {"error": "the token is unknown"}
        name, _, what = path.removeprefix("/v1/").partition("/")
        sent = codec.loads(self.body)
        if what == "search":
            return 200, self.books.search(name, sent["keys"])
        key = self.headers.get("Idempotency-Key")
        if not key or len(sent["rows"]) > BATCH:
            return 400, {"error": f"a batch has a key and at most {BATCH} rows"}
        return 200, self.books.write(name, sent["rows"], key)

    def _token(self) -> tuple[int, Any]:
        form = parse_qs(self.body.decode())
        basic = "Basic " + base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if form.get("grant_type") != ["client_credentials"] or self.headers.get("Authorization") != basic:
            return 401, {"error": "invalid_client"}
        token = secrets.token_urlsafe(16)
        self.books.tokens.add(token)
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": 1800}

    def _authorised(self) -> bool:
        scheme, _, token = (self.headers.get("Authorization") or "").partition(" ")
        return scheme == "Bearer" and token in self.books.tokens


class Ledgerly:
    """A running Ledgerly with `clients` clients and as many products; a context manager."""

    def __init__(self, *, clients: int = 0, port: int = 0) -> None:
        self.books = Books()
        for number in range(1, clients + 1):
            client = {"id": None, "ref": "", "state": "live", "name": f"Client {number}", "code": f"old-{number}"}
            product = {"id": None, "ref": "", "state": "live", "sku": f"SKU-{number}", "price": Decimal("1.50")}
            self.books.write("clients", [client], f"client-{number}")
            self.books.write("products", [product], f"product-{number}")
        handler = type("BoundHandler", (Handler,), {"books": self.books, "lock": threading.Lock()})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://localhost:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exit: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    with Ledgerly(port=parser.parse_args().port) as ledgerly:
        print(codec.dumps({"url": ledgerly.url}).decode(), flush=True)
        threading.Event().wait()
