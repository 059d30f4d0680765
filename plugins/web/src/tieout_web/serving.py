"""Serving: the site on a socket, with a link for whoever started it."""

from __future__ import annotations

import getpass
import socket
from pathlib import Path

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
        uvicorn.Server(settings).run(sockets=[listening])


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
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
