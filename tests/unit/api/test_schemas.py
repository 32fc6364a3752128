"""What generators of clients need of the description, so that they leave nothing out of a client.

Whether real ones do is asked by tests/generated.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from services.api.compat.models import EXECUTION_VARIANTS
from services.api.description.openapi import example_of
from services.api.http.calls import Call
from services.api.runs.models import RUN_VARIANTS
from tests.unit.api.described import ANSWERS, BODIES, DESCRIBED, DOCUMENT, named, within

SCHEMAS: dict[str, dict[str, Any]] = DOCUMENT["components"]["schemas"]
# What an answer may come without: what an agent was not given, and what only some problems have.
LEFT_OUT = {
    "AgentShape": {*SCHEMAS["AgentBody"]["properties"]} - {"name", "tags", "note"},
    "Exported": {"tags", "agents", "tools"},
    "ExportedAgent": {*SCHEMAS["ExportedAgent"]["properties"]} - {"id", "name"},
    "ExportedHttpTool": {"policy", "tags"},
    "ExportedMcpTool": {"listed", "policy", "tags"},
    "ListedTool": {"read_only", "idempotent"},
    "McpServer": {"headers", "timeout_seconds", "largest_bytes", "trusted"},
    "McpTool": {"listed", "policy"},
    "ExportedNatsTool": {"nats", "policy", "tags"},
    "NatsCall": {"timeout_seconds", "largest_bytes"},
    "NatsTool": {"nats", "policy"},
    "HttpCall": {*SCHEMAS["HttpCall"]["properties"]} - {"method", "url"},
    "HttpTool": {"policy"},
    "Policy": {"on_lost", "idempotent"},
    "SecretHeader": {"prefix"},
    "ToolShape": {"input_schema", "http", "mcp", "nats", "listed", "policy"},
    "Problem": {"problems"},
    "RetryBody": set(SCHEMAS["RetryBody"]["properties"]),
    "Spot": {"path", "expected", "found"},
    "Validation": {"version"},
}
TO_BE_ONE_OF = {
    "RunBody": ("RunOfPipeline", "RunOfFlow"),
    "ExecutionBody": ("ExecutionOfPipeline", "ExecutionOfTemplate"),
}

BY_KIND = {"ToolBody": {"http": "HttpToolBody", "mcp": "McpToolBody", "nats": "NatsToolBody"}}


def named_in(schema: object) -> set[str]:
    """The schemas a schema refers to."""
    found = (each.get("$ref") for each in within(schema))
    return {name.rpartition("/")[2] for name in found if isinstance(name, str)}


def reached_from(name: str) -> set[str]:
    """The schemas a schema refers to, and those that they refer to."""
    reached: set[str] = set()
    ahead = named_in(SCHEMAS[name])
    while ahead:
        reached |= ahead
        ahead = {each for known in ahead for each in named_in(SCHEMAS[known])} - reached
    return reached


def required(name: str) -> set[str]:
    return set(SCHEMAS[name].get("required", ()))


def of_answers() -> set[str]:
    """The schemas that answers are made of."""
    shapes = {
        shape.__name__
        for call in DESCRIBED
        for shape in (call.refusing.model, *(answered.model for answered in call.answers))
        if shape is not None
    }
    return shapes.union(*map(reached_from, shapes)) - {"JsonValue"}


def test_what_holds_itself_is_neither_a_union_nor_an_object() -> None:
    holding = {name for name in SCHEMAS if name in reached_from(name)}
    assert holding == {"JsonValue"}
    refused = {"type", "anyOf", "oneOf", "allOf", "properties", "additionalProperties"}
    assert refused.isdisjoint(SCHEMAS["JsonValue"])


def test_no_schema_says_what_a_value_is_not_or_what_it_is_by_default() -> None:
    assert [each for each in within(SCHEMAS) if {"not", "default"} & each.keys()] == []


def test_no_two_values_of_an_enumeration_are_one_name_in_a_client() -> None:
    for each in within(SCHEMAS):
        names = [re.sub(r"\W", "_", str(value)).upper() for value in each.get("enum", ())]
        assert len(names) == len(set(names)), names


def test_what_is_assumed_of_a_body_is_said_in_words() -> None:
    assert SCHEMAS["RunOfFlow"]["properties"]["on_disconnect"]["description"] == (
        "`continue` if left out."
    )


@pytest.mark.parametrize("name", TO_BE_ONE_OF)
def test_a_body_of_several_kinds_is_one_of_whole_objects(name: str) -> None:
    variants = [each["$ref"].rpartition("/")[2] for each in SCHEMAS[name]["oneOf"]]
    assert tuple(variants) == TO_BE_ONE_OF[name]
    for variant, other in zip(variants, reversed(variants), strict=True):
        assert SCHEMAS[variant]["type"] == "object"
        assert SCHEMAS[variant]["additionalProperties"] is False
        (needed,) = required(variant)
        assert SCHEMAS[other]["properties"][needed]["type"] == "null"


@pytest.mark.parametrize("name", BY_KIND)
def test_a_body_that_has_a_kind_is_told_apart_by_it(name: str) -> None:
    told = SCHEMAS[name]["discriminator"]
    variants = {kind: ref.rpartition("/")[2] for kind, ref in told["mapping"].items()}
    assert (told["propertyName"], variants) == ("kind", BY_KIND[name])
    assert [each["$ref"] for each in SCHEMAS[name]["oneOf"]] == [*told["mapping"].values()]
    for kind, variant in variants.items():
        assert SCHEMAS[variant]["properties"]["kind"]["const"] == kind
        assert SCHEMAS[variant]["additionalProperties"] is False


@pytest.mark.parametrize("first", ["left out", None, "given"])
@pytest.mark.parametrize("second", ["left out", None, "given"])
def test_of_two_members_the_variants_take_exactly_one(
    first: str | None, second: str | None
) -> None:
    of_runs = {"pipeline_id": "p", "flow": {}}
    of_executions = {"pipeline_id": "p", "workflow_template_id": "p"}
    for members, variants in ((of_runs, RUN_VARIANTS), (of_executions, EXECUTION_VARIANTS)):
        body = {
            name: value if said == "given" else None
            for (name, value), said in zip(members.items(), (first, second), strict=True)
            if said != "left out"
        }
        assert fits(variants, body) is ((first, second).count("given") == 1)


def fits(variants: TypeAdapter[Any], body: dict[str, Any]) -> bool:
    try:
        variants.validate_python(body)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("name", sorted(BODIES.keys() - TO_BE_ONE_OF.keys() - BY_KIND.keys()))
def test_a_body_needs_what_it_has_no_default_for(name: str) -> None:
    model: type[BaseModel] = BODIES[name]
    assert required(name) == {
        member for member, field in model.model_fields.items() if field.is_required()
    }


def test_an_answer_comes_with_all_its_members_but_these() -> None:
    optional = {
        name: left_out
        for name in of_answers()
        if (left_out := SCHEMAS[name].get("properties", {}).keys() - required(name))
    }
    assert optional == LEFT_OUT


@pytest.mark.parametrize("name", ANSWERS)
def test_the_example_of_an_answer_has_what_always_comes(name: str) -> None:
    assert list(missing(SCHEMAS[name], example_of(ANSWERS[name]))) == []


def missing(schema: dict[str, Any], value: object) -> Iterator[str]:
    """The required members that a value comes without; looks into lists and objects, not unions."""
    schema = SCHEMAS[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    if isinstance(value, list):
        for item in value:
            yield from missing(schema.get("items", {}), item)
    elif isinstance(value, dict):
        yield from set(schema.get("required", ())) - value.keys()
        for name, described in schema.get("properties", {}).items():
            yield from missing(described, value.get(name))


def test_schemas_of_bodies_and_answers_do_not_fall_apart_in_two() -> None:
    assert [name for name in SCHEMAS if "-" in name] == []


@pytest.mark.parametrize("call", DESCRIBED, ids=named)
def test_every_call_is_described_in_sentences(call: Call) -> None:
    operation = DOCUMENT["paths"][call.path][call.method.lower()]
    assert operation["summary"]
    assert "`" not in operation["summary"]
    assert operation["description"].endswith(".")
    assert "Raises:" not in operation["description"]


def test_a_json_body_and_a_form_are_not_of_one_model() -> None:
    for call in DESCRIBED:
        assert bool(call.forms) is (call.form is not None)
        assert call.form is None or call.form is not call.body
