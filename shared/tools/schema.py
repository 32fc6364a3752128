"""JSON Schemas of what a tool takes and a model answers: draft 2020-12, bounded, whole in itself.

A schema that would fetch another, or that a validator could not end on, is refused when it is
saved. What it says of values is checked elsewhere: patterns backtrack, so that is done where it may
be killed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from shared.flow.json_value import quoted, shown, unfit

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
LARGEST_BYTES: Final = 64 * 1024
DEEPEST: Final = 32
# Each takes the draft's own check a third of a millisecond.
MOST_OBJECTS: Final = 1_000
# They point into the schema itself; what follows `$id` would be looked for elsewhere.
_REFERENCES = ("$ref", "$dynamicRef")
_ELSEWHERE = ("$id", "$vocabulary")
# What the library of references raises for a schema that is none of the draft.
_MISSHAPEN = (ValueError, LookupError, TypeError, AttributeError)
# Two lists of names, each to be there once: of what are no names each is compared with each.
_NAMES = ("required", "type")
MOST_UNLIKE: Final = 100
MOST_WIDE_SETS: Final = 50
# A set of characters beyond ASCII takes Python up to 25 ms to compile.
_WIDE = re.compile(r"[^\x00-\x7f]|\\[uUN]")


def schema_problem(schema: Mapping[str, object], *, is_of_arguments: bool = True) -> str | None:
    """What is wrong with a schema, as a sentence; None if nothing is. Arguments are an object."""
    return (
        _shape_problem(schema, is_of_arguments)
        or _costly(schema)
        or _reference_problem(schema)
        or _draft_problem(schema)
    )


def _shape_problem(schema: Mapping[str, object], is_of_arguments: bool) -> str | None:
    for spot in unfit(schema):
        return f"{spot.complaint}, at {spot.path or 'the top'}"
    size = len(json.dumps(schema, separators=(",", ":"), ensure_ascii=False).encode())
    if size > LARGEST_BYTES:
        return f"expected a schema of at most {LARGEST_BYTES:,} bytes, got {size:,}"
    if any(depth > DEEPEST for depth, _ in _objects(schema)):
        return f"expected a schema of at most {DEEPEST} levels of nesting, got more"
    if is_of_arguments and schema.get("type") != "object":
        return (
            f'expected a schema with "type": "object" at the top, got {shown(schema.get("type"))}'
        )
    draft = schema.get("$schema", DRAFT)
    if draft != DRAFT:
        return f"expected $schema to be {DRAFT}, got {shown(draft)}"
    return None


def _costly(schema: Mapping[str, object]) -> str | None:
    """What the draft's own check would take seconds for, while nothing else goes on."""
    sets = 0
    for number, (_, each) in enumerate(_objects(schema)):
        if number >= MOST_OBJECTS:
            return f"expected a schema of at most {MOST_OBJECTS:,} objects, got more"
        for word, found in _lists_of_names(each):
            if len(found) > MOST_UNLIKE and not all(isinstance(name, str) for name in found):
                return f"expected {word} to be texts, got a list of others too"
        sets += sum(text.count("[") for text in _patterns(each) if _WIDE.search(text))
    if sets > MOST_WIDE_SETS:
        most = f"at most {MOST_WIDE_SETS} sets of characters in patterns beyond ASCII"
        return f"expected {most}, got {sets:,}"
    return None


def _lists_of_names(found: Mapping[str, object]) -> Iterator[tuple[str, list[object]]]:
    for word in _NAMES:
        if isinstance(names := found.get(word), list):
            yield word, names
    dependent = found.get("dependentRequired")
    for names in dependent.values() if isinstance(dependent, dict) else ():
        if isinstance(names, list):
            yield "dependentRequired", names


def _patterns(found: Mapping[str, object]) -> Iterator[str]:
    if isinstance(pattern := found.get("pattern"), str):
        yield pattern
    if isinstance(patterns := found.get("patternProperties"), dict):
        yield from patterns


def _reference_problem(schema: Mapping[str, object]) -> str | None:
    root = DRAFT202012.create_resource(dict(schema))
    try:
        # Once: else every reference to an anchor reads the whole schema again.
        resolver = Registry().with_resource("", root).crawl().resolver()
    except _MISSHAPEN:
        return _draft_problem(schema) or "expected a schema that can be followed, got another"
    found: set[str] = set()
    for _, each in _objects(schema):
        for word in _ELSEWHERE:
            if isinstance(each.get(word), str | bool):
                return f"expected a schema without {word}, got one"
        for word, target in _references(each):
            if not target.startswith("#"):
                return f"expected {word} into the schema, as #/$defs/NAME, got {quoted(target)}"
            if target in found:
                continue
            found.add(target)
            try:
                resolver.lookup(target)
            except (Unresolvable, *_MISSHAPEN):
                return f"expected {word} to point at something, got {quoted(target)}"
    return None


def _references(found: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for word in _REFERENCES:
        target = found.get(word)
        if isinstance(target, str):  # else it is a property of that name
            yield word, target


def _draft_problem(schema: Mapping[str, object]) -> str | None:
    checker = Draft202012Validator(
        Draft202012Validator.META_SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    try:
        found = best_match(checker.iter_errors(schema))
    except RecursionError:
        return "expected a schema that a validator can follow, got one that nests too deeply"
    except OverflowError:  # of a pattern that repeats more often than can be counted
        return "expected patterns that can be read, got one that repeats too often"
    if found is None:
        return None
    path = "/".join(str(key) for key in found.absolute_path)
    return f"expected a JSON Schema of draft 2020-12, at /{path}: {found.message[:300]}"


def _objects(schema: object) -> Iterator[tuple[int, Mapping[str, object]]]:
    """Every object in it with its depth, from 1."""
    pending: list[tuple[int, object]] = [(1, schema)]
    while pending:
        depth, found = pending.pop()
        if isinstance(found, dict):
            yield depth, found
        if depth <= DEEPEST and isinstance(found, dict | list):
            members = found.values() if isinstance(found, dict) else found
            pending += [(depth + 1, member) for member in members]
