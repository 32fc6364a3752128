"""The description of the api, and the calls and models it describes."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from services.api.calls import CALLS
from services.api.description.openapi import document
from services.api.http.calls import Call

DESCRIBED = [call for call in CALLS if call.described]
DOCUMENT: Any = document(CALLS)
BODIES: dict[str, type[BaseModel]] = {
    model.__name__: model
    for call in DESCRIBED
    for model in (call.body, call.form)
    if model is not None
}
ANSWERS: dict[str, type[BaseModel]] = {
    described.model.__name__: described.model
    for call in DESCRIBED
    for described in call.answers
    if described.model is not None
}


def named(call: Call) -> str:
    """What a test about the call is called."""
    return f"{call.method} {call.path}"


def within(value: object) -> Iterator[dict[str, Any]]:
    """Every object in a piece of the document."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from within(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from within(inner)
