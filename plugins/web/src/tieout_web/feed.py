"""The feed: tells open pages by server-sent events that something happened, so that they look again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from tieout_web.shield import COOKIE
from tieout_web.site import Site

_EVERY = 0.5
"""Seconds between two looks: no page is told more often."""
_SILENCE = 15.0
"""Seconds after which a sign of life is sent."""


def routes(site: Site) -> list[Route]:
    """One address, which every open page listens to: `run` events say that a run went on."""

    async def listen(request: Request) -> Response:
        if site.access.session(request.cookies.get(COOKIE, "")) is None:
            return Response(status_code=401)
        return StreamingResponse(_changes(site), media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    return [Route("/events", listen, methods=["GET"])]


async def _changes(site: Site) -> AsyncIterator[str]:
    seen, silent = -1, 0.0
    while not site.closing:
        if site.runs.changes != seen:
            seen, silent = site.runs.changes, 0.0
            yield f"event: run\ndata: {seen}\n\n"
        elif silent >= _SILENCE:
            silent = 0.0
            yield ": still here\n\n"
        await asyncio.sleep(_EVERY)
        silent += _EVERY
