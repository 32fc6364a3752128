"""The schemas of the OpenAPI document: of bodies as they may be sent, of answers as they come.

Generators of clients read them, and each has its limits: a schema states no `default` (clients in
TypeScript would have to send what has one, those in Python would send it unasked), no union that
holds itself and no `not`.

Source: JSON Schema 2020-12.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from shared.flow import JSON
from shared.flow.json_value import LARGEST

Object: TypeAlias = dict[str, JSON]
Model: TypeAlias = type[BaseModel]

NO_NUL = r"^[^\u0000]*$"
# Without a type and without a union, each keyword bounds its own kind of value. Of a union that
# holds itself generators of Python clients make nothing, and of members outside of `then` those of
# TypeScript clients make an object.
ANY_JSON: Object = {
    "description": "Any JSON with numbers up to 2^53 - 1 and texts without NUL.",
    "pattern": NO_NUL,
    "minimum": -LARGEST,
    "maximum": LARGEST,
    "items": {"$ref": "#/components/schemas/JsonValue"},
    "if": {"type": "object"},
    "then": {
        "propertyNames": {"pattern": NO_NUL},
        "additionalProperties": {"$ref": "#/components/schemas/JsonValue"},
    },
}
TEMPLATE = "#/components/schemas/{model}"


def schemas(taken: Sequence[Model], answered: Sequence[Model]) -> Object:
    """The schema of each of these models and of what they hold, by name."""
    modes: list[tuple[Model, JsonSchemaMode]] = [
        *((model, "validation") for model in taken),
        *((model, "serialization") for model in answered),
    ]
    _, schema = models_json_schema(modes, ref_template=TEMPLATE)
    definitions: dict[str, Object] = schema["$defs"]
    definitions["JsonValue"] = ANY_JSON
    return {name: bounded(_without_defaults(each)) for name, each in definitions.items()}


def reference_to(model: Model) -> Object:
    """What stands for the model's schema in the document."""
    return {"$ref": TEMPLATE.format(model=model.__name__)}


def _without_defaults(schema: Object) -> Object:
    """The schema, with the defaults of its members said in their descriptions."""
    members = schema.get("properties")
    if not isinstance(members, dict):
        return schema
    told = {name: _told(member) for name, member in members.items() if isinstance(member, dict)}
    return {**schema, "properties": told}


def _told(member: Object) -> JSON:
    default = member.get("default")
    told = {key: value for key, value in member.items() if key != "default"}
    if isinstance(default, str) and default:
        words = f"`{default}` if left out."
        told["description"] = f"{told['description']} {words}" if "description" in told else words
    return told


def bounded(schema: JSON) -> JSON:
    """The schema, with the bound that holds for every text."""
    if isinstance(schema, list):
        return [bounded(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found: Object = {key: bounded(each) for key, each in schema.items()}
    if schema.get("type") == "string" and not schema.keys() & {"format", "enum", "const"}:
        found.setdefault("pattern", NO_NUL)
    if isinstance(schema.get("additionalProperties"), dict):
        found["propertyNames"] = {"pattern": NO_NUL}
    return found
