"""The description of the api: whole, true to the models, and readable without a network."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from pydantic import BaseModel

from services.api.calls import CALLS
from services.api.description.openapi import document, example_of, refusals
from services.api.description.page import page
from services.api.http.calls import Call
from services.api.http.problems import TITLES

DESCRIBED = [call for call in CALLS if call.described]
DOCUMENT: Any = document(CALLS)
MODELS = {
    model.__name__: model
    for call in DESCRIBED
    for model in (call.body, *(described.model for described in call.answers))
    if model is not None
}


def named(call: Call) -> str:
    return f"{call.method} {call.path}"


def within(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from within(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from within(inner)


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


def test_operations_have_names_of_their_own() -> None:
    names = [each["operationId"] for each in within(DOCUMENT["paths"]) if "operationId" in each]
    assert len(names) == len(set(names)) == len(DESCRIBED)


def test_the_page_tells_every_call_and_needs_nothing_from_elsewhere() -> None:
    html = page(DOCUMENT)
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    for call in DESCRIBED:
        assert f"<code>{call.path}</code>" in html
    assert {"script", "link", "img", "iframe"}.isdisjoint(reader.tags)
    assert {link for link in reader.links if not link.startswith("#")} == {"/openapi.json"}
    assert {link[1:] for link in reader.links if link.startswith("#")} <= reader.ids


class _Reader(HTMLParser):
    """What a page holds, and which of its elements are not closed."""

    CLOSED_BY_THEMSELVES = ("meta", "br")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: set[str] = set()
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        given = dict(attrs)
        self.links.update(filter(None, (given.get("href"), given.get("src"))))
        self.ids.update(filter(None, (given.get("id"),)))
        if tag not in self.CLOSED_BY_THEMSELVES:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
