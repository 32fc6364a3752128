"""Which paths a value has that fits a JSON Schema (draft 2020-12), as far as the schema tells.

    Known     the member is there, or may be: these schemas speak of it
    OPEN      whatever it is called, it may be there
    SILENT    nothing is said of members; alone that allows all
    ABSENT    there is no such member

A member that is allowed only because nothing forbids it (`properties` without
`additionalProperties`) counts as absent: who names it has most likely misspelled it. Nothing is
evaluated here: where it depends on a pattern, the member may be there. Each part of the schema is
looked at once a step, so a schema that refers to itself, or to one part many times, costs no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias
from urllib.parse import unquote

from shared.flow.json_path import is_position
from shared.flow.json_value import JSON

DEEPEST: Final = 64
"""Schemas within and behind each other that are followed; beyond, anything may be there."""
_OPEN: Final = "open"
_SILENT: Final = "silent"
_ABSENT: Final = "absent"


class Known(NamedTuple):
    """The schemas of a member; it fits some or all of them."""

    schemas: tuple[JSON, ...]


_Told: TypeAlias = Known | Literal["open", "silent", "absent"]


def first_unknown(schema: JSON, path: Sequence[str]) -> int | None:
    """The index in `path` of the first step that the schema does not have; None if it has all.

    Names of members and, in arrays, positions in digits. `schema` may be any JSON: of what is no
    schema nothing is known.
    """
    here = Known((schema,))
    for index, name in enumerate(path):
        step = _Step(schema, name)
        told = _either(step.told(each, 0) for each in _distinct(here.schemas))
        if told == _ABSENT:
            return index
        if not isinstance(told, Known):
            return None
        here = told
    return None


class _Step:
    """What a schema and those it refers to tell of one member."""

    def __init__(self, root: JSON, name: str) -> None:
        self._root = root
        self._name = name
        self._told: dict[int, _Told] = {}

    def told(self, schema: JSON, depth: int) -> _Told:
        if schema is False:
            return _ABSENT
        if not isinstance(schema, dict):
            return _SILENT
        if depth > DEEPEST:
            return _OPEN
        if id(schema) not in self._told:
            self._told[id(schema)] = _SILENT  # met again within itself it adds nothing
            self._told[id(schema)] = _both(self._all(schema, depth + 1))
        return self._told[id(schema)]

    def _all(self, schema: Mapping[str, JSON], depth: int) -> Iterator[_Told]:
        """What each keyword tells that a value must fit."""
        yield _own(schema, self._name)
        for word in ("$ref", "$dynamicRef"):
            if word in schema:
                yield self._referred(schema[word], depth)
        for each in _list(schema.get("allOf")):
            yield self.told(each, depth)
        for group in (schema.get("anyOf"), schema.get("oneOf")):
            if some := _list(group):
                yield _either([self.told(each, depth) for each in some])
        for word in ("then", "else"):
            if word in schema:
                yield self.told(schema[word], depth)

    def _referred(self, target: JSON, depth: int) -> _Told:
        if not isinstance(target, str) or not (target == "#" or target.startswith("#/")):
            return _OPEN  # an anchor: it is not looked for
        found = self._root
        for part in unquote(target[1:]).split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            if isinstance(found, dict) and key in found:
                found = found[key]
            elif isinstance(found, list) and key.isdecimal() and int(key) < len(found):
                found = found[int(key)]
            else:
                return _OPEN  # it points nowhere, which is a problem of the schema
        return self.told(found, depth)


def _own(schema: Mapping[str, JSON], name: str) -> _Told:
    """What the schema's own keywords tell, those apart that hold further schemas for it."""
    kinds = _kinds(schema)
    told: list[_Told] = []
    if "object" in kinds:
        told.append(_of_object(schema, name))
    if "array" in kinds:
        told.append(_of_array(schema, name))
    return _either(told) if told else (_SILENT if kinds == {"any"} else _ABSENT)


def _kinds(schema: Mapping[str, JSON]) -> set[str]:
    """The types that are said, or follow from what is said; any where nothing is."""
    types = schema.get("type")
    if isinstance(types, str):
        return {types}
    if isinstance(types, list):
        return {kind for kind in types if isinstance(kind, str)}
    for values in (schema.get("enum"), [schema["const"]] if "const" in schema else None):
        if isinstance(values, list) and not any(isinstance(v, dict | list) for v in values):
            return {"scalar"}
    words: dict[str, tuple[str, ...]] = {
        "object": ("properties", "patternProperties", "additionalProperties")
    }
    words["array"] = ("items", "prefixItems")
    return {kind for kind, some in words.items() if any(w in schema for w in some)} or {"any"}


def _of_object(schema: Mapping[str, JSON], name: str) -> _Told:
    properties = schema.get("properties")
    if isinstance(properties, dict) and name in properties:
        return _schema(properties[name])
    if schema.get("patternProperties"):
        return _OPEN
    if "additionalProperties" in schema:
        return _schema(schema["additionalProperties"])
    return _ABSENT if isinstance(properties, dict) else _SILENT


def _of_array(schema: Mapping[str, JSON], name: str) -> _Told:
    if not is_position(name):
        return _ABSENT
    first = _list(schema.get("prefixItems"))
    if len(name) <= len(str(len(first))) and int(name) < len(first):
        return _schema(first[int(name)])
    return _schema(schema["items"]) if "items" in schema else _SILENT


def _schema(schema: JSON) -> _Told:
    if schema is False:
        return _ABSENT
    return Known((schema,)) if isinstance(schema, dict) and schema else _OPEN


def _both(told: Iterable[_Told]) -> _Told:
    """What follows where a value fits all of them."""
    return _first(list(told), (_OPEN, _ABSENT, _SILENT))


def _either(told: Iterable[_Told]) -> _Told:
    """What follows where a value fits one of them."""
    return _first(list(told), (_OPEN, _SILENT, _ABSENT))


def _first(told: Sequence[_Told], order: Sequence[Literal["open", "silent", "absent"]]) -> _Told:
    known = [each for one in told if isinstance(one, Known) for each in one.schemas]
    if known:
        return Known(tuple(_distinct(known)))
    return next((each for each in order if each in told), _SILENT)


def _distinct(schemas: Iterable[JSON]) -> list[JSON]:
    return list({id(schema): schema for schema in schemas}.values())


def _list(value: JSON) -> Sequence[JSON]:
    return value if isinstance(value, list) else ()
