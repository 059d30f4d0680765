"""What protects every answer: only our own host is served, and browsers are told to load nothing from elsewhere."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tieout_web.site import Address, Site

COOKIE = "tieout-session"
MOST = 1_000_000
"""Bytes that a form or a body may have."""

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""No script and no style inside a page, nothing from another host; the images of the style sheet are `data:`."""

_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


class Shield:
    """Middleware that refuses other hosts than the site's own, and adds the headers."""

    def __init__(self, app: ASGIApp, address: Address) -> None:
        self._app = app
        self._address = address

    @classmethod
    def of(cls, site: Site) -> Middleware:
        """The middleware for a site."""
        return Middleware(cls, address=site.address)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        host = Headers(scope=scope).get("host", "")

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                if self._address.encrypted:
                    headers["Strict-Transport-Security"] = "max-age=31536000"
                if not scope["path"].startswith("/static/") and "cache-control" not in headers:
                    headers["Cache-Control"] = "no-store"
            await send(message)

        answer: ASGIApp = self._app
        if host != self._address.host:
            # a page of another name that resolves to this machine would share nothing but could read everything
            near = host.rsplit(":", 1)[0] in _LOOPBACK and self._address.host.rsplit(":", 1)[0] in _LOOPBACK
            if near and scope["method"] == "GET":
                query = f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
                answer = RedirectResponse(f"{self._address.url}{scope['path']}{query}", 307)
            else:
                answer = PlainTextResponse(f"This page is at {self._address.url}\n", 421)
        await answer(scope, receive, guarded)
