"""The OpenAPI document, made from the route table, the bodies and the shapes.

Source: OpenAPI Specification 3.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from services.api.description.examples import EXAMPLES
from services.api.http.call import Answered, Parameter, Route
from services.api.http.problems import (
    TITLES,
    BadParameter,
    Forbidden,
    InvalidRequest,
    NotJson,
    Unauthorized,
    UnsupportedMediaType,
)
from services.api.parameters import IN_PATH, UUID
from shared.errors import NotFound, PenstockError, TooLarge, Unavailable
from shared.flow import JSON
from shared.flow.json_value import LARGEST

ABOUT = (
    "Runs of pipelines of AI agents. Everything is JSON in snake_case; times are RFC 3339 in UTC. "
    "Errors are problem details (RFC 9457) with a stable `code`; what is not there, or is another "
    "workspace's, is 404. Say `Authorization: Bearer TOKEN`."
)
NO_NUL = r"^[^\u0000]*$"
ANY_JSON: JSON = {
    "description": "Any JSON with numbers up to 2^53 - 1 and texts without NUL.",
    "anyOf": [
        {"type": ["null", "boolean", "string"], "pattern": NO_NUL},
        {"type": "number", "minimum": -LARGEST, "maximum": LARGEST},
        {"type": "array", "items": {"$ref": "#/components/schemas/JsonValue"}},
        {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/JsonValue"}},
    ],
}
TAGS = {
    "Runs": "Started, read, followed, stopped.",
    "Agents": "Named sets of instructions, to be used in pipelines.",
    "Pipelines": "Named, versioned flows.",
    "Service": "What the service says of itself.",
    "Administration": "All workspaces, and the system at one look; for tokens of admins.",
    "Aliases": "Runs under other paths and in other shapes, for clients of other pipeline tools.",
}
_PARAM = re.compile(r"\{(\w+)\}")
_TEMPLATE = "#/components/schemas/{model}"

Object = dict[str, JSON]


def document(routes: Iterable[Route]) -> Object:
    """The description of the calls that are to be described."""
    shown = [route for route in routes if route.described]
    paths: dict[str, Object] = {}
    for route in shown:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    bearer: Object = {"type": "http", "scheme": "bearer"}
    ticket: Object = {"type": "apiKey", "in": "query", "name": "ticket"}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Penstock", "version": "1", "description": ABOUT},
        "tags": [{"name": name, "description": words} for name, words in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": _schemas(_models(shown)),
            "securitySchemes": {"token": bearer, "ticket": ticket},
        },
    }


def refusals(route: Route) -> dict[int, list[str]]:
    """The codes a call may refuse with, by status."""
    found: set[type[PenstockError]] = set(route.refusals)
    if route.access != "open":
        found |= {Unauthorized, Unavailable}
    if route.access == "admin":
        found.add(Forbidden)
    if route.parameters:
        found.add(BadParameter)
    if _PARAM.search(route.path):
        found.add(NotFound)
    if route.body is not None:
        found |= {NotJson, InvalidRequest, TooLarge, UnsupportedMediaType}
    codes: dict[int, list[str]] = {}
    for error in sorted(found, key=lambda error: (error.status, error.code)):
        codes.setdefault(error.status, []).append(error.code)
    return codes


def _operation(route: Route) -> Object:
    responses: Object = {}
    for answered in route.answers:
        _add_answer(responses, answered)
    for status, codes in refusals(route).items():
        responses[str(status)] = _refusal(route, status, codes)
    operation: Object = {
        "summary": route.summary,
        "operationId": route.handler.__name__,
        "tags": [route.tag],
        "parameters": [*_path_parameters(route.path), *map(_parameter, route.parameters)],
        "responses": responses,
        "security": _security(route),
    }
    if route.body is not None:
        media = _media(route.body)
        content: Object = dict.fromkeys(("application/json", *route.forms), media)
        schema = route.body.model_json_schema()
        needed = "required" in schema or "oneOf" in schema
        operation["requestBody"] = {"content": content, "required": needed}
    return operation


def _security(route: Route) -> list[JSON]:
    if route.access == "open":
        return []
    token: Object = {"token": []}
    return [token, {"ticket": []}] if route.access == "ticket" else [token]


def _add_answer(responses: Object, answered: Answered) -> None:
    """Two answers of one status are one response with two media types."""
    key = str(answered.status)
    response = responses.setdefault(key, {"description": answered.words})
    assert isinstance(response, dict)
    if answered.headers:
        text: Object = {"schema": {"type": "string"}}
        response["headers"] = dict.fromkeys(answered.headers, text)
    if answered.status == 204:
        return
    content = response.setdefault("content", {})
    assert isinstance(content, dict)
    if answered.shape is not None:
        content[answered.media] = _media(answered.shape)
    else:
        content[answered.media] = {"schema": {"type": "string"}}


def _refusal(route: Route, status: int, codes: Sequence[str]) -> Object:
    refusing = route.refusing
    schema: Object = {"type": "string"} if refusing.shape is None else _ref(refusing.shape)
    content: Object = {refusing.media: {"schema": schema}}
    words = ", ".join(f"`{code}`" for code in codes)
    return {"description": f"{TITLES[status]}: {words}", "content": content}


def _media(model: type[BaseModel]) -> Object:
    return {"schema": _ref(model), "example": EXAMPLES[model.__name__]}


def _path_parameters(path: str) -> list[JSON]:
    return [
        {"name": name, "in": "path", "required": True, "schema": IN_PATH.get(name, UUID)}
        for name in _PARAM.findall(path)
    ]


def _parameter(parameter: Parameter) -> Object:
    shown: Object = {
        "name": parameter.name,
        "in": parameter.where,
        "description": parameter.words,
        "required": parameter.required,
        "schema": parameter.schema,
    }
    if parameter.schema.get("type") == "array":
        shown |= {"style": "form", "explode": False}
    return shown


def _models(routes: Iterable[Route]) -> list[type[BaseModel]]:
    found: dict[type[BaseModel], None] = {}
    for route in routes:
        shapes = [answered.shape for answered in route.answers]
        for model in (route.body, route.refusing.shape, *shapes):
            if model is not None:
                found[model] = None
    return list(found)


def _schemas(models: Sequence[type[BaseModel]]) -> dict[str, Any]:
    modes: list[tuple[type[BaseModel], JsonSchemaMode]] = [(m, "validation") for m in models]
    _, schema = models_json_schema(modes, ref_template=_TEMPLATE)
    definitions: dict[str, Any] = schema["$defs"]
    definitions["JsonValue"] = ANY_JSON
    return {name: _without_nul(each) for name, each in definitions.items()}


def _without_nul(schema: JSON) -> JSON:
    """The schema, with the bound that holds for every text."""
    if isinstance(schema, list):
        return [_without_nul(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    bounded: Object = {key: _without_nul(each) for key, each in schema.items()}
    if schema.get("type") == "string" and not schema.keys() & {"format", "enum", "const"}:
        bounded.setdefault("pattern", NO_NUL)
    if "additionalProperties" in schema and isinstance(schema["additionalProperties"], dict):
        bounded["propertyNames"] = {"pattern": NO_NUL}
    return bounded


def _ref(model: type[BaseModel]) -> Object:
    return {"$ref": _TEMPLATE.format(model=model.__name__)}
