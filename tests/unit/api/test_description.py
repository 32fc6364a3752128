"""The description of the api: whole, true to the models, and readable without a network."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from pydantic import BaseModel

from services.api.description.examples import EXAMPLES
from services.api.description.openapi import document, refusals
from services.api.description.page import page
from services.api.http.call import Route
from services.api.http.problems import TITLES
from services.api.routes import ROUTES

DESCRIBED = [route for route in ROUTES if route.described]
DOCUMENT: Any = document(ROUTES)
MODELS = {
    model.__name__: model
    for route in DESCRIBED
    for model in (route.body, *(answered.shape for answered in route.answers))
    if model is not None
}


def named(route: Route) -> str:
    return f"{route.method} {route.path}"


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
    model.model_validate_json(json.dumps(EXAMPLES[name]))


def test_no_example_is_of_nothing() -> None:
    assert EXAMPLES.keys() == MODELS.keys()


@pytest.mark.parametrize("route", DESCRIBED, ids=named)
def test_every_call_tells_its_parameters_answers_and_refusals(route: Route) -> None:
    operation = DOCUMENT["paths"][route.path][route.method.lower()]
    told = {(each["in"], each["name"]) for each in operation["parameters"]}
    in_path = {("path", name) for name in re.findall(r"\{(\w+)\}", route.path)}
    assert told == in_path | {(each.where, each.name) for each in route.parameters}
    assert ("requestBody" in operation) is (route.body is not None)
    statuses = {str(answered.status) for answered in route.answers}
    assert statuses
    assert operation["responses"].keys() == statuses | {str(key) for key in refusals(route)}
    assert refusals(route).keys() <= TITLES.keys()
    assert operation["security"] or route.access == "open"


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
    for route in DESCRIBED:
        assert f"<code>{route.path}</code>" in html
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
