"""Speaks HTTP to an application in this process, without a server."""

import asyncio
from collections.abc import Callable

import httpx
import pytest
from starlette.types import ASGIApp


class InProcess(httpx.BaseTransport):
    """A transport that hands each request to an ASGI application and waits for its answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return asyncio.run(self._handle(request))

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        answer = await httpx.ASGITransport(self._app).handle_async_request(request)
        return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())


@pytest.fixture(scope="session")
def client_of() -> Callable[[ASGIApp], httpx.Client]:
    """Gives a client for an application."""
    return lambda app: httpx.Client(transport=InProcess(app), base_url="http://localhost:1")
