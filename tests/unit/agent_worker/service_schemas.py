"""Schemas as descriptions of public services hold them, with answers and paths of either kind."""

from __future__ import annotations

from typing import Any, NamedTuple


class Case(NamedTuple):
    """A schema, an answer that fits, one that does not, what is said of it, a path it has.

    `unknown` is a path that it does not have; none where it depends on a pattern.
    """

    name: str
    schema: dict[str, Any]
    fits: str
    unfit: str
    complaint: str
    path: str
    unknown: str


def closed(**properties: Any) -> dict[str, Any]:
    """An object of exactly these members."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
MONEY = closed(amount=WHOLE, currency={"type": "string", "pattern": "^[A-Z]{3}$"})

CASES = [
    Case(
        "payment",
        closed(total={"$ref": "#/$defs/money"}, state={"enum": ["open", "paid"]})
        | {"$defs": {"money": MONEY}},
        '{"total": {"amount": 999, "currency": "EUR"}, "state": "paid"}',
        '{"total": {"amount": 999, "currency": "euro"}, "state": "paid"}',
        'expected pattern "^[A-Z]{3}$" at /total/currency, got "euro"',
        "total.currency",
        "total.amout",
    ),
    Case(
        "repository with a null",
        closed(name=TEXT, license={"anyOf": [closed(key=TEXT), {"type": "null"}]}),
        '{"name": "penstock", "license": null}',
        '{"name": "penstock", "license": "MIT"}',
        'expected what fits one of 2 schemas at /license, got "MIT"',
        "license.key",
        "license.name",
    ),
    Case(
        "issue with labels of two kinds",
        closed(labels={"type": "array", "items": {"oneOf": [TEXT, closed(name=TEXT)]}}),
        '{"labels": ["bug", {"name": "new"}]}',
        '{"labels": ["bug", 3]}',
        "expected what fits exactly one of 2 schemas at /labels/1, got 3",
        "labels.1.name",
        "labels.1.color",
    ),
    Case(
        "thread of comments",
        {"$ref": "#/$defs/comment"}
        | {
            "$defs": {
                "comment": closed(
                    text=TEXT, replies={"type": "array", "items": {"$ref": "#/$defs/comment"}}
                )
            }
        },
        '{"text": "a", "replies": [{"text": "b", "replies": []}]}',
        '{"text": "a", "replies": [{"text": "b"}]}',
        "expected a value at /replies/0/replies, got none",
        "replies.0.replies.3.text",
        "replies.0.reply",
    ),
    Case(
        "place on a map",
        closed(
            type={"const": "Point"},
            coordinates={
                "type": "array",
                "prefixItems": [{"type": "number", "maximum": 180}, {"type": "number"}],
                "items": False,
                "minItems": 2,
            },
        ),
        '{"type": "Point", "coordinates": [13.4, 52.5]}',
        '{"type": "Point", "coordinates": [200, 52.5]}',
        "expected maximum 180 at /coordinates/0, got 200",
        "coordinates.1",
        "coordinates.2",
    ),
    Case(
        "a word per language",
        {
            "type": "object",
            "propertyNames": {"pattern": "^[a-z]{2}$"},
            "additionalProperties": TEXT,
        },
        '{"de": "Haus", "fr": "maison"}',
        '{"de": 3}',
        "expected string at /de, got 3",
        "fr",
        "de.text",
    ),
    Case(
        "an event, by its type",
        {
            "oneOf": [
                closed(type={"const": "push"}, commits=WHOLE),
                closed(type={"const": "fork"}, forkee=closed(id=WHOLE)),
            ]
        },
        '{"type": "fork", "forkee": {"id": 1}}',
        '{"type": "star", "commits": 1}',
        "expected what fits exactly one of 2 schemas at /",
        "forkee.id",
        "forkee.name",
    ),
    Case(
        "a person who extends another",
        {
            "allOf": [
                {"type": "object", "properties": {"id": WHOLE}, "required": ["id"]},
                {"type": "object", "properties": {"mail": {"type": "string", "format": "email"}}},
            ]
        },
        '{"id": 1, "mail": "a@example.org"}',
        '{"mail": "a@example.org"}',
        "expected a value at /id, got none",
        "mail",
        "phone",
    ),
    Case(
        "an order whose delivery needs an address",
        {
            "type": "object",
            "properties": {"delivered": {"type": "boolean"}, "address": TEXT},
            "if": {"properties": {"delivered": {"const": True}}, "required": ["delivered"]},
            "then": {"required": ["address"]},
        },
        '{"delivered": false}',
        '{"delivered": true}',
        "expected a value at /address, got none",
        "address",
        "adress",
    ),
    Case(
        "headers by a pattern",
        {
            "type": "object",
            "patternProperties": {"^x-": TEXT},
            "additionalProperties": False,
        },
        '{"x-request-id": "1"}',
        '{"x-request-id": 1}',
        "expected string at /x-request-id, got 1",
        "x-request-id",
        "",
    ),
    Case(
        "a list without doubles",
        closed(tags={"type": "array", "items": TEXT, "uniqueItems": True, "maxItems": 3}),
        '{"tags": ["a", "b"]}',
        '{"tags": ["a", "a"]}',
        'expected uniqueItems true at /tags, got ["a", "a"]',
        "tags.2",
        "tags.first",
    ),
    Case(
        "a type that is a list",
        closed(rating={"type": ["number", "null"], "multipleOf": 0.5}),
        '{"rating": 4.5}',
        '{"rating": "good"}',
        'expected number or null at /rating, got "good"',
        "rating",
        "rating.value",
    ),
    Case(
        "dependent members",
        {
            "type": "object",
            "properties": {"card": TEXT, "billing": TEXT},
            "dependentRequired": {"card": ["billing"]},
        },
        '{"card": "1", "billing": "Berlin"}',
        '{"card": "1"}',
        'expected dependentRequired {"card": ["billing"]} at /, got {"card": "1"}',
        "billing",
        "cards",
    ),
    Case(
        "members that no part names",
        {
            "allOf": [{"properties": {"a": WHOLE}}],
            "type": "object",
            "unevaluatedProperties": False,
        },
        '{"a": 1}',
        '{"b": 1}',
        'expected unevaluatedProperties false at /, got {"b": 1}',
        "a",
        "b",
    ),
    Case(
        "a list that has one of a kind",
        {"type": "array", "contains": {"properties": {"main": {"const": True}}}, "items": True},
        '[{"main": true}]',
        '[{"main": false}]',
        'expected contains {"properties": {"main": {"const": true}}} at /, got [{"main": false}]',
        "0.main",
        "main",
    ),
    Case(
        "a text that is not empty",
        closed(title={"type": "string", "minLength": 1, "maxLength": 5}),
        '{"title": "Größe"}',
        '{"title": ""}',
        'expected minLength 1 at /title, got ""',
        "title",
        "title.0",
    ),
    Case(
        "an anchor",
        closed(at={"$ref": "#moment"})
        | {"$defs": {"m": {"$anchor": "moment", "type": "string", "format": "date-time"}}},
        '{"at": "2024-06-01T12:00:00Z"}',
        '{"at": 1717243200}',
        "expected string at /at, got 1717243200",
        "at",
        "on",
    ),
    Case(
        "what may not be",
        {"type": "object", "properties": {"a": WHOLE, "b": WHOLE}, "not": {"required": ["a", "b"]}},
        '{"a": 1}',
        '{"a": 1, "b": 2}',
        'expected not {"required": ["a", "b"]} at /, got {"a": 1, "b": 2}',
        "b",
        "c",
    ),
    Case(
        "a name with a slash",
        closed(**{"application/json": closed(size=WHOLE)}),
        '{"application/json": {"size": 1}}',
        '{"application/json": {"size": "1"}}',
        'expected integer at /application~1json/size, got "1"',
        "application/json.size",
        "application/json.sizes",
    ),
    Case(
        "invoice, three levels deep",
        closed(lines={"type": "array", "minItems": 1, "items": closed(text=TEXT, price=MONEY)}),
        '{"lines": [{"text": "a", "price": {"amount": 1, "currency": "USD"}}]}',
        '{"lines": [{"text": "a", "price": {"amount": 1.5, "currency": "USD"}}]}',
        "expected integer at /lines/0/price/amount, got 1.5",
        "lines.0.price.amount",
        "lines.0.price.currency.code",
    ),
]
