"""The OpenAPI document, made from the route table and the body models.

Source: OpenAPI Specification 3.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter

from services.api.router import Route
from shared.flow import JSON

_PARAM = re.compile(r"\{(\w+)\}")
_SCHEMA = "#/components/schemas/{model}"


def document(routes: Iterable[Route]) -> dict[str, JSON]:
    """The description of these calls."""
    paths: dict[str, dict[str, JSON]] = {}
    schemas: dict[str, JSON] = {"Problem": _problem()}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
        if route.body is not None:
            schemas |= _schemas(route.body)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Penstock", "version": "1"},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(route: Route) -> dict[str, JSON]:
    text: JSON = {"type": "string"}
    parameters: list[JSON] = [
        {"name": name, "in": "path", "required": True, "schema": text}
        for name in _PARAM.findall(route.path)
    ]
    parameters += [{"name": name, "in": "query", "schema": text} for name in route.query]
    problem: JSON = {
        "description": "What was wrong (RFC 9457)",
        "content": {"application/problem+json": {"schema": {"$ref": _ref("Problem")}}},
    }
    operation: dict[str, JSON] = {
        "summary": route.summary,
        "operationId": route.handler.__name__,
        "parameters": parameters,
        "responses": {str(route.status): {"description": route.summary}, "default": problem},
        "security": [] if route.access == "open" else [{"token": []}],
    }
    if route.body is not None:
        schema = {"schema": {"$ref": _ref(_name(route.body))}}
        operation["requestBody"] = {"content": {"application/json": schema}}
    return operation


def _schemas(body: TypeAdapter[Any]) -> dict[str, JSON]:
    schema = body.json_schema(ref_template=_SCHEMA)
    inner: dict[str, JSON] = schema.pop("$defs", {})
    return {**inner, _name(body): schema}


def _name(body: TypeAdapter[Any]) -> str:
    return str(body.json_schema()["title"])


def _ref(name: str) -> str:
    return _SCHEMA.format(model=name)


def _problem() -> dict[str, JSON]:
    text: JSON = {"type": "string"}
    return {
        "type": "object",
        "required": ["type", "title", "status", "code", "detail"],
        "properties": {
            "type": text,
            "title": text,
            "status": {"type": "integer"},
            "code": text,
            "detail": text,
            "problems": {"type": "array", "items": {"type": "object"}},
        },
    }
