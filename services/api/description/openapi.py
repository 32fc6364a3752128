"""The OpenAPI document, made from the calls and the models they name.

Source: OpenAPI Specification 3.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from services.api.description.schemas import TEMPLATE, Model, Object, bounded, reference_to, schemas
from services.api.history.run_history import RunDeleted
from services.api.http.addresses import ForeignOrigin, OriginMissing
from services.api.http.calls import Call, Described
from services.api.http.problems import (
    TITLES,
    BadParameter,
    Forbidden,
    InvalidRequest,
    NotJson,
    Unauthorized,
    UnsupportedMediaType,
)
from services.api.identity.cookie import NAME as SESSION_COOKIE
from services.api.identity.standing import WorkspaceNeeded
from shared.credentials.names import NAME
from shared.errors import NotFound, PenstockError, TooLarge, Unavailable
from shared.flow import JSON
from shared.runtime.model_providers import NAME as PROVIDER_NAME

ABOUT = (
    "Runs of pipelines of AI agents. Everything is JSON in snake_case; times are RFC 3339 in UTC. "
    "Errors are problem details (RFC 9457) with a stable `code`; what is not there, or is another "
    "workspace's, is 404. Say `Authorization: Bearer TOKEN`; a browser that has logged in sends "
    "its cookie, and where its user works in several workspaces, says in which it asks: in "
    "`X-Penstock-Workspace` or `?workspace=`."
)
TAGS = {
    "Runs": "Started, read, followed, stopped.",
    "Agents": "Named sets of instructions, to be used in pipelines.",
    "Tools": "What workers call for agents, by the names that agents have them under.",
    "Pipelines": "Named, versioned flows.",
    "Keys and secrets": "Keys to call models by, and secrets, of a workspace: sealed, never told.",
    "People": "Who they are, where they work, and what lets them in.",
    "Service": "What the service says of itself.",
    "Administration": "All workspaces, and the system at one look; for tokens of admins.",
    "Aliases": "Runs under other paths and in other shapes, for clients of other pipeline tools.",
}
IN_PATH: Mapping[str, JSON] = {
    "n": {"type": "integer", "minimum": 0},
    "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    "slug": {"type": "string", "pattern": "^[a-z0-9-]{1,63}$"},
    "provider": {"type": "string", "pattern": PROVIDER_NAME},
    "name": {"type": "string", "pattern": NAME},
    "number": {"type": "integer", "minimum": 1},
    "version": {"type": "string", "pattern": "^([1-9][0-9]{0,8}|[0-9a-f]{64})$"},
    "alias": {"type": "string", "pattern": "^[a-z][a-z0-9_-]{0,62}$"},
}
UUID: JSON = {"type": "string", "format": "uuid"}
_PARAM = re.compile(r"\{(\w+)\}")


def document(calls: Iterable[Call]) -> Object:
    """The description of the calls that are to be described."""
    shown = [call for call in calls if call.described]
    paths: dict[str, Object] = {}
    for call in shown:
        paths.setdefault(call.path, {})[call.method.lower()] = _operation(call)
    bearer: Object = {"type": "http", "scheme": "bearer"}
    ticket: Object = {"type": "apiKey", "in": "query", "name": "ticket"}
    session: Object = {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Penstock", "version": "1", "description": ABOUT},
        "tags": [{"name": name, "description": words} for name, words in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": schemas(*_models(shown)),
            "securitySchemes": {"token": bearer, "ticket": ticket, "session": session},
        },
    }


def refusals(call: Call) -> dict[int, list[str]]:
    """The codes a call may refuse with, by status."""
    found: set[type[PenstockError]] = set(call.refusals)
    if call.access != "open":
        found |= {Unauthorized, Unavailable}
        if call.method != "GET":
            found |= {OriginMissing, ForeignOrigin}
    if call.access not in ("open", "ticket", "self", "viewer"):
        found.add(Forbidden)
    if call.access in ("ticket", "viewer", "member", "admin"):
        found |= {WorkspaceNeeded, NotFound}
    if call.query or call.headers:
        found.add(BadParameter)
    if _PARAM.search(call.path):
        found.add(NotFound)
    if "{run_id}" in call.path:
        found.add(RunDeleted)
    if call.body is not None:
        found |= {NotJson, InvalidRequest, TooLarge, UnsupportedMediaType}
    codes: dict[int, list[str]] = {}
    for error in sorted(found, key=lambda error: (error.status, error.code)):
        codes.setdefault(error.status, []).append(error.code)
    return codes


def _operation(call: Call) -> Object:
    responses: Object = {}
    for answered in call.answers:
        _add_answer(responses, answered)
    for status, codes in refusals(call).items():
        responses[str(status)] = _refusal(call, status, codes)
    operation: Object = {
        "summary": call.summary,
        "description": call.description,
        "operationId": call.name,
        "tags": [call.tag],
        "parameters": [*_path_parameters(call.path), *_parameters(call)],
        "responses": responses,
        "security": _security(call),
    }
    if call.body is not None:
        operation["requestBody"] = _body(call, call.body)
    return operation


def _body(call: Call, body: Model) -> Object:
    content: Object = {"application/json": _media(body)}
    if call.form is not None:
        content |= dict.fromkeys(call.forms, _media(call.form))
    needs = "body" in call.takes or "required" in body.model_json_schema()
    return {"content": content, "required": needs and not call.is_body_optional}


def _security(call: Call) -> list[JSON]:
    if call.access == "open":
        return []
    ways: list[JSON] = [{"token": []}, {"session": []}]
    return [*ways, {"ticket": []}] if call.access == "ticket" else ways


def _add_answer(responses: Object, answered: Described) -> None:
    """Two answers of one status are one response with two media types."""
    key = str(answered.status)
    response = responses.setdefault(key, {"description": answered.description})
    assert isinstance(response, dict)
    if answered.headers:
        text: Object = {"schema": {"type": "string"}}
        response["headers"] = dict.fromkeys(answered.headers, text)
    if answered.status == 204:
        return
    content = response.setdefault("content", {})
    assert isinstance(content, dict)
    if answered.model is not None:
        content[answered.media_type] = _media(answered.model)
    else:
        content[answered.media_type] = {"schema": {"type": "string"}}


def _refusal(call: Call, status: int, codes: Sequence[str]) -> Object:
    refusing = call.refusing
    schema: Object = {"type": "string"} if refusing.model is None else reference_to(refusing.model)
    content: Object = {refusing.media_type: {"schema": schema}}
    words = ", ".join(f"`{code}`" for code in codes)
    return {"description": f"{TITLES[status]}: {words}", "content": content}


def _media(model: Model) -> Object:
    return {"schema": reference_to(model), "example": example_of(model)}


def _path_parameters(path: str) -> list[JSON]:
    return [
        {"name": name, "in": "path", "required": True, "schema": IN_PATH.get(name, UUID)}
        for name in _PARAM.findall(path)
    ]


def _parameters(call: Call) -> Iterator[Object]:
    """What a call takes in its query and its headers."""
    for model, place in ((call.query, "query"), (call.headers, "header")):
        if model is not None:
            schema = model.model_json_schema(ref_template=TEMPLATE)
            needed = schema.get("required", ())
            for name, described in schema["properties"].items():
                yield _parameter(name, place, described, required=name in needed)


def _parameter(name: str, place: str, described: Object, *, required: bool) -> Object:
    """One of them; that it may be left out is said by `required`, not by null."""
    schema = {key: value for key, value in described.items() if key not in ("title", "description")}
    options = schema.pop("anyOf", None)
    if isinstance(options, list):
        schema = {**next(each for each in options if each != {"type": "null"}), **schema}
    if schema.get("default") is None or schema.keys() & {"pattern", "enum"}:
        schema.pop("default", None)
    shown: Object = {
        "name": name,
        "in": place,
        "description": described.get("description", ""),
        "required": required,
        "schema": bounded(schema),
    }
    if schema.get("type") == "array":
        shown |= {"style": "form", "explode": False}
    return shown


def _models(calls: Iterable[Call]) -> tuple[list[Model], list[Model]]:
    """What the calls take, and what they answer; each once, in the order of the calls."""
    taken: dict[Model, None] = {}
    answered: dict[Model, None] = {}
    for call in calls:
        taken |= dict.fromkeys(model for model in (call.body, call.form) if model)
        shapes = (call.refusing.model, *(each.model for each in call.answers))
        answered |= dict.fromkeys(model for model in shapes if model)
    return list(taken), list(answered)


def example_of(model: Model) -> JSON:
    """The model's own example. Raises: LookupError, if it has none."""
    found: JSON = vars(model)["EXAMPLE"]
    return found
