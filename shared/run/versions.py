"""In which versions a fact is written: one number, or several, and what those mean."""

from __future__ import annotations

from pydantic import BeforeValidator, Field, WithJsonSchema

FORKED = 2
"""The version of `run.requested` of forks: who does not know it must not run everything anew."""

KEEPS_JSON = 3
"""The version of `run.requested` of forks that keep JSON: who does not know it would make texts of
it."""

OF_A_CHAIN = 2
"""The version of `step.ready` that says which model: who does not know it would ask another."""

UNCOUNTED = 2
"""The version of `step.failed` that counts for nothing: who does not know it would count it."""


def exactly(version: int) -> tuple[object, ...]:
    """A version is one number; an `int` to the checker, so that a fact may have one of its own."""
    schema: dict[str, object] = {"const": version, "title": "Version", "type": "integer"}
    return Field(strict=True, ge=version, le=version), WithJsonSchema(schema)


def up_to(version: int) -> tuple[object, ...]:
    """The same of a fact that is written in several versions."""
    known = list(range(1, version + 1))
    schema: dict[str, object] = {"enum": known, "title": "Version", "type": "integer"}
    return Field(strict=True, ge=1, le=version), WithJsonSchema(schema)


def upcast_to(version: int) -> BeforeValidator:
    """A fact of the version before is read as one of this: the defaults of its fields say so."""
    return BeforeValidator(lambda found: version if found == version - 1 else found)
