"""Speaks HTTP to an application in this process, without a server."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp
from tieout_sandbox import codec
from tieout_sandbox.apptivo.app import ACCESS_KEY, API_KEY, create
from tieout_sandbox.clock import Clock
from tieout_sandbox.fake import Options


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


class FakeApptivo:
    """A fake Apptivo in this process, and calls to it as a program with valid keys."""

    def __init__(self, client_of: Callable[[ASGIApp], httpx.Client], firm: Path) -> None:
        self.clock = Clock()
        self.http = client_of(create(Options(origin="http://localhost:1", firm=firm), self.clock).app)
        self.keys = {"apiKey": API_KEY, "accessKey": ACCESS_KEY}

    def ask(self, path: str, action: str, **params: Any) -> Any:
        """The JSON answer to one operation; objects travel as JSON inside a form value."""
        form = {key: json.dumps(value) if isinstance(value, dict | list) else value for key, value in params.items()}
        answer = self.http.post(f"/app/dao/{path}", data=self.keys | {"a": action} | form)
        assert answer.status_code == 200
        return codec.loads(answer.content)

    def all(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """Every record that a list reaches, read page by page."""
        rows: list[dict[str, Any]] = []
        while page := self.ask(f"v6/{path}", "getAll", startIndex=len(rows), numRecords=250, **params).get("data"):
            rows += page
        return rows

    def edit(self, **change: Any) -> Any:
        """A person's edit."""
        answer = self.http.post("/_sandbox/edit", json=change)
        assert answer.status_code == 200, answer.text
        return codec.loads(answer.content)

    def state(self) -> Any:
        """All that it holds."""
        return codec.loads(self.http.get("/_sandbox/state").content)

    def layout(self, path: str, object_id: int) -> list[dict[str, Any]]:
        """Every attribute of an app's web layout that has a label, with the label's text under `said`."""
        config = self.ask(f"v6/{path}", "getConfigData", objectId=object_id)
        attributes = [each for section in json.loads(config["webLayout"])["sections"] for each in section["attributes"]]
        labelled = [each for each in attributes if "label" in each]
        labels = [json.loads(each["label"]) if isinstance(each["label"], str) else each["label"] for each in labelled]
        return [each | {"said": label["modifiedLabel"]} for each, label in zip(labelled, labels, strict=True)]


@pytest.fixture(scope="session")
def apptivo_of(client_of: Callable[[ASGIApp], httpx.Client]) -> Callable[[Path], FakeApptivo]:
    """Serves the firm of a folder."""
    return lambda firm: FakeApptivo(client_of, firm)
