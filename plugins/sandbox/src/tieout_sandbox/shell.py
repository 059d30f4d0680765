"""A fake system as an ASGI application: what reads requests from a connection and writes the answers to it."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from tieout_sandbox.exchange import Headers, Request, Response
from tieout_sandbox.fake import Arrival, Fake

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Shell:
    """Serves a fake system; it must be served by uvicorn, whose connections can be closed without an answer."""

    def __init__(self, fake: Fake) -> None:
        self._fake = fake

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise NotImplementedError(f"the sandbox does not speak {scope['type']}")
        body = await _body(receive)
        if body is None:
            return
        arrival = self._fake.arrive(_request(scope, body))
        try:
            answer = await _answer(arrival)
        finally:
            arrival.abandon()
        if answer is None:
            await _hang_up(receive, send)
        else:
            await _send(answer, send)


def _request(scope: Message, body: bytes) -> Request:
    path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
    headers = Headers((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    return Request(scope["method"], f"{path}?{query}" if query else path, headers, body)


async def _answer(arrival: Arrival) -> Response | None:
    if arrival.delay:
        await asyncio.sleep(arrival.delay)
    return await asyncio.to_thread(arrival.answer) if arrival.waits else arrival.answer()


async def _send(answer: Response, send: Send) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.lines()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None for a request that its sender left half-sent, of which no system does anything."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def _hang_up(receive: Receive, send: Send) -> None:
    """Close the connection without an answer.

    uvicorn's `send` belongs to the object that holds the transport; ASGI itself has no word for this.
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionAbortedError("this server gives no access to its connection")
    transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass
