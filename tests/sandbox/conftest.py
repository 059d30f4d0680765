"""Speaks HTTP to a fake system in this process, without a server."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from tieout_sandbox import codec
from tieout_sandbox.apptivo.app import ACCESS_KEY, API_KEY, create
from tieout_sandbox.clock import Clock
from tieout_sandbox.fake import Fake, Options
from tieout_sandbox.inprocess import Transport, answered
from tieout_sandbox.serve import listen
from tieout_sandbox.shell import Shell


@pytest.fixture(scope="session")
def client_of() -> Callable[[Fake], httpx.Client]:
    """Gives a client for a fake system."""

    def client(fake: Fake) -> httpx.Client:
        transport = Transport(lambda request: answered(fake, request))
        return httpx.Client(transport=transport, base_url="http://localhost:1")

    return client


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[[Callable[[str], Fake]], Fake]]:
    """Serves a fake system, made for its address, over real connections until the module ends."""
    ending = ExitStack()

    def start(made: Callable[[str], Fake]) -> Fake:
        sockets = listen(0)
        fake = made(f"http://localhost:{sockets[0].getsockname()[1]}")
        server = uvicorn.Server(uvicorn.Config(Shell(fake), lifespan="off", log_level="error"))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets)))
        thread.start()
        ending.callback(thread.join)
        ending.callback(setattr, server, "should_exit", True)
        return fake

    with ending:
        yield start


class FakeApptivo:
    """A fake Apptivo in this process, and calls to it as a program with valid keys."""

    def __init__(self, client_of: Callable[[Fake], httpx.Client], firm: Path) -> None:
        self.clock = Clock()
        self.http = client_of(create(Options(origin="http://localhost:1", firm=firm), self.clock))
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
def apptivo_of(client_of: Callable[[Fake], httpx.Client]) -> Callable[[Path], FakeApptivo]:
    """Serves the firm of a folder."""
    return lambda firm: FakeApptivo(client_of, firm)
