"""Serving: the site on a socket, with a link for whoever started it."""

from __future__ import annotations

import gc
import getpass
import socket
from pathlib import Path
from types import FrameType

import uvicorn
from tieout.desk import Refused

from tieout_web.access import Person
from tieout_web.app import app
from tieout_web.pages import PAGES
from tieout_web.site import Address, Site


def run(config: Path, address: Address, host: str, port: int) -> None:
    """Serve until told to end. Raises `Refused` when the port is in use."""
    with _listening(host, port) as listening:
        site = Site(config, address, PAGES)
        key = site.access.link(Person(getpass.getuser(), "administrator"))
        print(f"Tieout is at {address.url}\nSign in once with {address.url}/login?key={key}", flush=True)  # noqa: T201
        settings = uvicorn.Config(
            app(site), log_level="warning", server_header=False, timeout_graceful_shutdown=5, proxy_headers=False
        )
        _Server(settings, site).run(sockets=[listening])


class _Server(uvicorn.Server):
    """A server that lets open feeds end when it is told to, because it waits for every answer under way."""

    def __init__(self, settings: uvicorn.Config, site: Site) -> None:
        super().__init__(settings)
        self._site = site

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        settle()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._site.closing = True
        super().handle_exit(sig, frame)


def settle() -> None:
    """Take what is loaded by now out of the garbage collector's sight.

    It stays for as long as the process lives, and a search through it keeps everybody waiting for a tenth of a second.
    """
    gc.collect()
    gc.freeze()


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # the protocol is named because asyncio sends small answers at once only where it is, not 40 ms later
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen()  # before the link is told: whoever follows it at once waits
    except OSError as error:
        listening.close()
        raise Refused(
            f"{host} port {port} cannot be used", why=str(error), fix="End what uses it, or name another: --port NUMBER"
        ) from error
    return listening
