"""In which versions a fact is written: one number, or several."""

from __future__ import annotations

from pydantic import BeforeValidator, Field, WithJsonSchema


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
