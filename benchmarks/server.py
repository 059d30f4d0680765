"""The server of the benchmark: Apptivo, Xero and Xero's identity service on one port.

    python server.py --invoices 10000 [--latency MILLISECONDS]

It writes one line of JSON with its port, and ends when its standard input is closed. Idempotency keys are kept: a
repeated call gets its answer again and has no effect; another call under the same key is refused.

Calls below `/benchmark/` control it. `begin?pid=N` empties the books and names the process to measure, `unsorted` and
`sorted` set whether Apptivo's lists can be sorted by the last change, and `tally` reports what has arrived.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import documents
import reference
import uvloop
from apptivo import Apptivo, invoice
from msgspec import json
from xero import Books, Refused, Shelf

API = "/api.xro/2.0/"
APPS = "/app/dao/v6/"
JSON = "application/json; charset=utf-8"

_THEN = 1_764_547_200_000
_PLENTY = 1_000_000_000
"""How many calls are left according to the answers; limits are not measured."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request, whole."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    def parameters(self) -> dict[str, str]:
        """Return the parameters of the address and of a form."""
        found = dict(parse_qsl(self.query))
        if self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            found |= parse_qsl(self.body.decode())
        return found

    def digest(self) -> bytes:
        """Return a digest of the whole request."""
        return blake2b(f"{self.method} {self.path}?{self.query}\n".encode() + self.body, digest_size=16).digest()


@dataclass(slots=True)
class Counts:
    """The calls since the measurement began.

    `before` is the memory of the measured process just before the first page, in bytes.
    """

    pid: int = 0
    reads: int = 0
    writes: int = 0
    repeated: int = 0
    before: int = 0
    unknown: list[str] = field(default_factory=list)


class Desk:
    """Answers calls, and counts them."""

    def __init__(self, invoices: int, origin: str) -> None:
        self._apptivo = Apptivo(invoices)
        self._books = Books(invoices, f"{origin}/app")
        self._lists = reference.lists()
        self._keys: dict[str, tuple[bytes, Shelf, list[int | None]]] = {}
        self._counts = Counts()

    def answer(self, call: Call) -> tuple[int, bytes]:
        """Return the status and the body of the answer to a call."""
        if call.path.startswith(APPS):
            return self._app(call)
        if call.path.startswith(API):
            return self._api(call, call.path.removeprefix(API))
        if call.path == "/connect/token":
            return 200, reference.token()
        if call.path == "/connections":
            return 200, reference.connections()
        if call.path.startswith("/benchmark/"):
            return self._steered(call)
        return self._unknown(call)

    def _app(self, call: Call) -> tuple[int, bytes]:
        asked = call.parameters()
        if asked.get("a") == "getAll":
            self._page()
        body = self._apptivo.answer(call.path.removeprefix(APPS), asked)
        return (200, body) if body is not None else self._unknown(call)

    def _api(self, call: Call, path: str) -> tuple[int, bytes]:
        if path in self._lists:
            name, elements = self._lists[path]
            return 200, documents.enveloped(name, elements)
        name, _, id = path.partition("/")
        shelf = self._books.shelf(name)
        if shelf is None or (id and call.method != "GET"):
            return self._unknown(call)
        if call.method in ("PUT", "POST"):
            return self._write(call, shelf)
        if id:
            found = shelf.single(id)
            return (200, documents.enveloped(name, map(shelf.document, found))) if found else (404, b"")
        self._page()
        return 200, self._books.listed(shelf, call.parameters(), call.headers.get("if-modified-since", ""))

    def _write(self, call: Call, shelf: Shelf) -> tuple[int, bytes]:
        self._counts.writes += 1
        key, digest = call.headers.get("idempotency-key", ""), call.digest()
        known = self._keys.get(key)
        if known is not None:
            self._counts.repeated += 1
            if known[0] != digest:
                return 400, json.encode({"Message": f"Idempotency Key: {key} is used with a different request."})
            return 200, self._books.written(*known[1:])
        try:
            places = self._books.write(shelf, call.body)
        except Refused as error:
            self._books.wrong += 1
            return 400, json.encode({"Type": "ValidationException", "Message": str(error), "Elements": []})
        if key:
            self._keys[key] = (digest, shelf, places)
        return 200, self._books.written(shelf, places)

    def _page(self) -> None:
        """Count a page of records, and note the memory of the client before the first."""
        counts = self._counts
        counts.reads += 1
        if counts.reads == 1 and counts.pid:
            counts.before = _resident(counts.pid)

    def _steered(self, call: Call) -> tuple[int, bytes]:
        match call.path.removeprefix("/benchmark/"):
            case "begin":
                self._counts = Counts(pid=int(call.parameters().get("pid") or 0))
                if "again" not in call.parameters():
                    self._books.clear()
                    self._keys.clear()
            case "sorted":
                self._apptivo.by_change = True
            case "unsorted":
                self._apptivo.by_change = False
            case "tally":
                return 200, json.encode(self._tally())
        return 200, b"{}"

    def _tally(self) -> dict[str, Any]:
        books, counts = self._books, self._counts
        return {
            "right": books.right and not counts.unknown,
            "customers": books.contacts.arrived,
            "invoices": books.invoices.arrived,
            "doubled": books.contacts.doubled + books.invoices.doubled,
            "wrong": books.wrong,
            "faults": books.faults,
            "unknown": counts.unknown,
            "reads": counts.reads,
            "writes": counts.writes,
            "repeated": counts.repeated,
            "before": counts.before,
            "cpu": time.process_time(),
        }

    def _unknown(self, call: Call) -> tuple[int, bytes]:
        self._counts.unknown.append(f"{call.method} {call.path}?{call.query}"[:200])
        return 404, b"{}"


class Connection(asyncio.Protocol):
    """One HTTP/1.1 connection, with the part of the protocol that clients use here."""

    def __init__(self, desk: Desk, latency: float) -> None:
        self._desk = desk
        self._latency = latency
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport for the answers."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Answer all complete requests."""
        self._received += data
        while (call := self._taken()) is not None:
            answer = self._written(*self._desk.answer(call))
            if self._latency:
                asyncio.get_running_loop().call_later(self._latency, self._send, answer)
            else:
                self._send(answer)

    def _send(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)

    def _taken(self) -> Call | None:
        """Take the first request from the buffer; None while it is incomplete."""
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return None
        first, *lines = self._received[:end].decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        stop = end + 4 + int(headers.get("content-length", "0"))
        if len(self._received) < stop:
            return None
        body = bytes(self._received[end + 4 : stop])
        del self._received[:stop]
        method, target, _ = first.split(" ")
        parts = urlsplit(target)
        return Call(method, parts.path, parts.query, headers, body)

    def _written(self, status: int, body: bytes) -> bytes:
        head = (
            f"HTTP/1.1 {status} {'OK' if status == 200 else 'Not OK'}\r\n"
            f"Content-Type: {JSON}\r\nContent-Length: {len(body)}\r\n"
            f"X-MinLimit-Remaining: {_PLENTY}\r\nX-DayLimit-Remaining: {_PLENTY}\r\n\r\n"
        )
        return head.encode() + body


def _resident(pid: int) -> int:
    """Return the memory of a process in bytes; 0 if it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    lines = dict(line.split(":", 1) for line in status.splitlines())
    return int(lines.get("VmRSS", "0 kB").split()[0]) * 1024


async def _serve(invoices: int, latency: float) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    desks: list[Desk] = []
    server = await loop.create_server(lambda: Connection(desks[0], latency), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    desks.append(Desk(invoices, f"http://127.0.0.1:{port}"))
    documents.prepare(invoices)
    gc.freeze()
    threading.Thread(target=_until_closed, args=(loop, ended), daemon=True).start()
    sys.stdout.write(json.encode({"port": port, "bytes": _sizes()}).decode() + "\n")
    sys.stdout.flush()
    await ended.wait()
    server.close()


def _until_closed(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    while sys.stdin.buffer.read(4096):
        pass
    loop.call_soon_threadsafe(ended.set)


def _sizes() -> dict[str, int]:
    """Return the size of an invoice in Apptivo's list and in Xero's answer."""
    contact = documents.contact(0, "90001-C-1000000", _THEN, inside=True)
    url = "http://127.0.0.1:40000/app/invoice.jsp#/view/5000000"
    return {"read": len(json.encode(invoice(0))), "answered": len(documents.invoice(0, url, contact, _THEN))}


def main() -> None:
    """Serve until the standard input is closed."""
    parser = argparse.ArgumentParser(description="Serve a firm in Apptivo and empty books in Xero.")
    parser.add_argument("--invoices", type=int, default=10_000)
    parser.add_argument("--latency", type=float, default=0, help="milliseconds before each answer")
    given = parser.parse_args()
    uvloop.run(_serve(given.invoices, given.latency / 1000))


if __name__ == "__main__":
    main()
