"""Operations of the JSON API: what each is asked, who may ask it, and what it answers with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, TypeAdapter

from tieout_web.access import Role
from tieout_web.page import Visit


class Body(BaseModel):
    """What a program sends: nothing but the keys that are known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Handler: TypeAlias = Callable[[Visit, Any], Any]


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    """What writes and describes values of a type as JSON; made once, because making it takes longer than using it."""
    return TypeAdapter(kind)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: who may ask for it, what it is sent and what it answers with."""

    method: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    role: Role
    answers: Any
    handler: Handler
    body: type[Body] | None = None
    status: int = 200
    query: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """What it does, in one sentence."""
        return (self.handler.__doc__ or "").strip().splitlines()[0].rstrip(".")


@dataclass(slots=True)
class Operations:
    """All operations, in the order in which they are described."""

    all: list[Operation] = field(default_factory=list)

    def get(self, path: str, answers: Any, query: tuple[str, ...] = ()) -> Callable[[Handler], Handler]:
        """Answer a question; everybody who is signed in may ask it."""

        def add(handler: Handler) -> Handler:
            self.all.append(Operation("GET", path, "viewer", answers, handler, query=query))
            return handler

        return add

    def change(
        self,
        method: Literal["POST", "PATCH", "DELETE"],
        path: str,
        role: Role,
        answers: Any = None,
        body: type[Body] | None = None,
        status: int = 200,
    ) -> Callable[[Handler], Handler]:
        """Carry out a command."""

        def add(handler: Handler) -> Handler:
            self.all.append(Operation(method, path, role, answers, handler, body, status))
            return handler

        return add
