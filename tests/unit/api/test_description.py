"""The description of the api: whole, and true to the models."""

import json
import re
from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from services.api.description.openapi import example_of, refusals
from services.api.http.calls import Call
from services.api.http.problems import TITLES
from tests.unit.api.described import ANSWERS, BODIES, DESCRIBED, DOCUMENT, named, within

MODELS = {**BODIES, **ANSWERS}


@pytest.mark.parametrize("name", MODELS)
def test_every_body_and_answer_has_an_example_that_fits(name: str) -> None:
    model: type[BaseModel] = MODELS[name]
    model.model_validate_json(json.dumps(example_of(model)))


@pytest.mark.parametrize("call", DESCRIBED, ids=named)
def test_every_call_tells_its_parameters_answers_and_refusals(call: Call) -> None:
    operation = DOCUMENT["paths"][call.path][call.method.lower()]
    told = {(each["in"], each["name"]) for each in operation["parameters"]}
    in_path = {("path", name) for name in re.findall(r"\{(\w+)\}", call.path)}
    assert told == in_path | set(_parameters(call))
    assert ("requestBody" in operation) is (call.body is not None)
    statuses = {str(described.status) for described in call.answers}
    assert statuses
    assert operation["responses"].keys() == statuses | {str(key) for key in refusals(call)}
    assert refusals(call).keys() <= TITLES.keys()
    assert operation["security"] or call.access == "open"


def _parameters(call: Call) -> Iterator[tuple[str, str]]:
    for place, model in (("query", call.query), ("header", call.headers)):
        for name, field in model.model_fields.items() if model else ():
            yield place, field.alias or name


@pytest.mark.parametrize("call", DESCRIBED, ids=named)
def test_every_call_and_every_parameter_is_described_in_words(call: Call) -> None:
    operation = DOCUMENT["paths"][call.path][call.method.lower()]
    assert operation["summary"]
    assert len(operation["description"].split()) > 4
    for each in operation["parameters"]:
        assert each["in"] == "path" or each["description"], each["name"]


def test_every_reference_leads_somewhere() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    for each in within(DOCUMENT):
        if isinstance(reference := each.get("$ref"), str):
            assert reference.removeprefix("#/components/schemas/") in schemas


def test_bounds_are_said_as_json_schema_says_them() -> None:
    """Pydantic writes its own words where a validator stands before them."""
    assert not [each for each in within(DOCUMENT) if each.keys() & {"ge", "gt", "le", "lt"}]


@pytest.mark.parametrize("call", [call for call in DESCRIBED if call.body], ids=named)
def test_a_body_with_what_is_required_is_required(call: Call) -> None:
    body = DOCUMENT["paths"][call.path][call.method.lower()]["requestBody"]
    needs = "required" in BODIES[call.body.__name__].model_json_schema() if call.body else False
    assert body["required"] or not needs or call.is_body_optional


def test_operations_have_names_of_their_own() -> None:
    names = [each["operationId"] for each in within(DOCUMENT["paths"]) if "operationId" in each]
    assert len(names) == len(set(names)) == len(DESCRIBED)
