"""One fake system as a process of its own: `python -m tieout_sandbox.serve apptivo` (or `xero`).

The launcher writes one line of JSON with the options to its standard input and keeps that pipe open; the process
answers with one line of JSON (`{"port": ..., "credentials": ...}` or `{"error": ...}`) and serves until the pipe is
closed, so that it never outlives its launcher.
"""

import errno
import importlib
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import uvicorn

from tieout_sandbox import codec
from tieout_sandbox.clock import Clock
from tieout_sandbox.fake import Create, Fake, Limits, Options
from tieout_sandbox.shell import Shell

SYSTEMS = ("apptivo", "xero")
_TRIES = 20


def main(system: str) -> int:
    """Serve one fake system; the exit code is 2 when it cannot be started."""
    given = codec.loads(sys.stdin.buffer.readline())
    try:
        sockets = listen(given["port"])
        port = sockets[0].getsockname()[1]
        fake = _fake(system, given, port)
    except (OSError, codec.MalformedFile) as error:
        _answer({"error": _reason(system, given["port"], error)})
        return 2
    config = uvicorn.Config(
        Shell(fake),
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    threading.Thread(target=_end_with_launcher, args=(server,), daemon=True).start()
    _answer({"port": port, "credentials": fake.credentials})
    server.run(sockets)
    return 0


def listen(port: int) -> list[socket.socket]:
    """Sockets on every loopback address that `localhost` may mean, all on one port; port 0 is any free one.

    Raises `OSError` when the port is in use.
    """
    for _ in range(_TRIES):
        first = _bound(socket.AF_INET, "127.0.0.1", port)
        try:
            return [first, _bound(socket.AF_INET6, "::1", first.getsockname()[1])]
        except OSError as error:
            if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                return [first]
            first.close()
            if port:
                raise
    raise OSError(errno.EADDRINUSE, "no port is free on both loopback addresses")


def _bound(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    # the protocol is named because asyncio sends small answers at once only where it is, not 40 ms later
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen()
    except OSError:
        bound.close()
        raise
    return bound


def _fake(system: str, given: dict[str, Any], port: int) -> Fake:
    create: Create = importlib.import_module(f"tieout_sandbox.{system}.app").create
    options = Options(
        origin=f"http://localhost:{port}",
        firm=Path(given["firm"]) if given["firm"] else None,
        organisation=Path(given["organisation"]) if given["organisation"] else None,
        limits=Limits(**given["limits"]),
        latency_ms=given["latency_ms"],
        state=given["state"],
        errands=ThreadPoolExecutor(1),
    )
    return create(options, Clock(Decimal(given["speed"])))


def _reason(system: str, port: int, error: Exception) -> str:
    if isinstance(error, codec.MalformedFile):
        return f"The sandbox cannot use a file it was given. {error}. Correct that file and start again."
    return (
        f"The fake {system.capitalize()} cannot listen on port {port}: {error}. "
        f"End what uses that port, or choose another with --{system}-port (0 means any free one)."
    )


def _answer(answer: dict[str, Any]) -> None:
    sys.stdout.write(codec.dumps(answer) + "\n")
    sys.stdout.flush()


def _end_with_launcher(server: uvicorn.Server) -> None:
    while sys.stdin.buffer.read(4096):
        pass
    server.should_exit = True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
