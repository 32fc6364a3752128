"""Values made from a JSON Schema: the input of a tool, an answer in the form that was asked for.

They fit what models are usually given (types, properties, enums, bounds, formats, references inside
the schema); a schema that asks for more, a pattern say, gets the nearest of these.
"""

import json
from typing import Literal

DEEPEST = 16
MOST_VALUES = 10_000
FORMATS = {
    "date": "2026-10-21",
    "time": "12:00:00Z",
    "date-time": "2026-10-21T12:00:00Z",
    "duration": "PT1H",
    "email": "someone@example.org",
    "hostname": "example.org",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.org/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def fitting(schema: object, subject: str, misfit: Literal["value", "text"] | None) -> str:
    """An answer in the form of the schema, about the subject; or one that does not fit it."""
    if misfit == "text":
        return f"I would rather say something about {subject}."
    value = example(schema, subject)
    return json.dumps(_spoiled(value) if misfit else value, ensure_ascii=False)


def example(schema: object, subject: str) -> object:
    """A value that fits the schema."""
    return _Maker(schema, subject).value(schema, 0)


def _spoiled(value: object) -> object:
    """The value with its first part of another type; an empty one as a whole."""
    if isinstance(value, dict) and value:
        first, *_ = value
        return value | {first: _spoiled(value[first])}
    return {"unfit": True} if not isinstance(value, dict) else "unfit"


class _Maker:
    """Makes values for the parts of one schema."""

    def __init__(self, root: object, subject: str) -> None:
        self._root, self._subject = root, subject
        self._left = MOST_VALUES

    def value(self, schema: object, depth: int) -> object:
        self._left -= 1
        if not isinstance(schema, dict) or depth > DEEPEST or self._left < 0:
            return self._subject
        schema = self._resolved(schema)
        for name in ("const", "default"):
            if name in schema:
                return schema[name]
        for name in ("enum", "examples"):
            if isinstance(listed := schema.get(name), list) and listed:
                return listed[0]
        for name in ("anyOf", "oneOf"):
            if isinstance(listed := schema.get(name), list) and listed:
                return self.value(listed[0], depth + 1)
        return self._of_kind(schema, depth)

    def _resolved(self, schema: dict[str, object]) -> dict[str, object]:
        """The schema with its reference and all its parts in one."""
        whole = dict(schema)
        reference = whole.pop("$ref", None)
        parts = whole.pop("allOf", None)
        every = [self._target(reference)] if isinstance(reference, str) else []
        every += parts if isinstance(parts, list) else []
        for part in every:
            if isinstance(part, dict):
                whole = {name: v for name, v in part.items() if name != "$ref"} | whole
        return whole

    def _target(self, reference: str) -> object:
        found = self._root
        for name in reference.lstrip("#").strip("/").split("/"):
            found = found.get(name) if isinstance(found, dict) and name else found
        return found

    def _of_kind(self, schema: dict[str, object], depth: int) -> object:
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = next((each for each in kind if each != "null"), "null")
        if kind == "object" or (kind is None and "properties" in schema):
            return self._object(schema, depth)
        if kind == "array":
            least = schema.get("minItems", 1)
            count = least if isinstance(least, int) and 0 <= least <= 100 else 1
            return [self.value(schema.get("items"), depth + 1) for _ in range(count)]
        plain = {"boolean": True, "null": None}
        if kind in ("integer", "number"):
            return _number(schema, 1 if kind == "integer" else 1.5)
        return plain[str(kind)] if kind in plain else self._text(schema)

    def _object(self, schema: dict[str, object], depth: int) -> object:
        properties = schema.get("properties")
        required = schema.get("required")
        named = properties if isinstance(properties, dict) else {}
        wanted = (
            [name for name in required if isinstance(name, str)]
            if isinstance(required, list)
            else []
        )
        if depth > DEEPEST // 2:  # a schema that holds itself ends where it may
            named = {name: part for name, part in named.items() if name in wanted}
        missing = {name: None for name in wanted if name not in named}
        return {n: self.value(part, depth + 1) for n, part in (named | missing).items()}

    def _text(self, schema: dict[str, object]) -> str:
        form = schema.get("format")
        if isinstance(form, str) and form in FORMATS:
            return FORMATS[form]
        least, most = schema.get("minLength"), schema.get("maxLength")
        text = self._subject
        if isinstance(least, int) and len(text) < least <= 10_000:
            text = text.ljust(least, ".")
        return text[:most] if isinstance(most, int) and most >= 0 else text


def _number(schema: dict[str, object], usual: float) -> object:
    """The usual number, or the nearest within the bounds."""
    step = 1 if isinstance(usual, int) else 0.5
    lows = [(schema.get("minimum"), 0.0), (schema.get("exclusiveMinimum"), step)]
    highs = [(schema.get("maximum"), 0.0), (schema.get("exclusiveMaximum"), -step)]
    number = usual
    for bound, beside in lows:
        if isinstance(bound, int | float) and number < bound + beside:
            number = bound + beside
    for bound, beside in highs:
        if isinstance(bound, int | float) and number > bound + beside:
            number = bound + beside
    return int(number) if isinstance(usual, int) else number
