"""The description of the JSON API in OpenAPI 3.1, made of the operations and of the types that they answer with."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal

from tieout.desk import Problem

from tieout_web.operation import Operation, adapter

Mode = Literal["serialization", "validation"]
_REF = "#/components/schemas/{model}"
_REFUSED = {
    "400": "The command cannot be carried out as given",
    "401": "Nobody is signed in",
    "403": "The role does not suffice",
    "409": "The configuration, the section or the consent is not as it has to be",
    "422": "The body is wrong",
    "503": "A system cannot be reached, or its limit is used up",
}


def document(operations: Iterable[Operation], address: str) -> dict[str, Any]:
    """The whole description."""
    schemas: dict[str, Any] = {}
    _schema(Problem, schemas)
    paths: dict[str, dict[str, Any]] = {}
    for each in operations:
        paths.setdefault(f"/api{each.path}", {})[each.method.lower()] = _described(each, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tieout",
            "version": "1",
            "description": "Keeps a business system and the books in agreement.",
        },
        "servers": [{"url": address}],
        "security": [{"token": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "tieout-session"},
            },
        },
    }


def _described(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    steps = re.findall(r"\{(\w+)\}", operation.path)
    named = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in steps]
    asked = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in operation.query]
    problem = {"application/problem+json": {"schema": _schema(Problem, schemas)}}
    answers: dict[str, Any] = {code: {"description": words, "content": problem} for code, words in _REFUSED.items()}
    if operation.answers is None:
        answers["204"] = {"description": "Done"}
    else:
        content = {"application/json": {"schema": _schema(operation.answers, schemas)}}
        answers[str(operation.status)] = {"description": operation.summary, "content": content}
    described: dict[str, Any] = {
        "operationId": operation.handler.__name__,
        "summary": operation.summary,
        "description": f"Needs the role {operation.role}.",
        "parameters": [*named, *asked],
        "responses": dict(sorted(answers.items())),
    }
    if operation.body is not None:
        content = {"application/json": {"schema": _schema(operation.body, schemas, "validation")}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _schema(kind: Any, schemas: dict[str, Any], mode: Mode = "serialization") -> dict[str, Any]:
    """The schema of a type; what it is made of is added to the shared ones, and so is a type of its own name."""
    found = adapter(kind).json_schema(mode=mode, ref_template=_REF)
    schemas |= found.pop("$defs", {})
    if isinstance(kind, type) and found.get("type") == "object" and "title" in found:
        schemas[kind.__name__] = found
        return {"$ref": _REF.format(model=kind.__name__)}
    return found
