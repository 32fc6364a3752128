"""Processes of several versions in one test: what is begun in a block lacks some types of facts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import pytest

from services.projector import batch
from shared.log import deliveries
from shared.run import facts as f
from shared.run.wire import UnknownFact, decode

_LACKS: ContextVar[set[str]] = ContextVar("_LACKS")


def tell_versions_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on facts are read as the version of the process knows them."""
    for module in (deliveries, batch):
        monkeypatch.setattr(module, "decode", _decoded)


@contextmanager
def lacking(*types: str) -> Iterator[set[str]]:
    """What is begun in the block is of a version without these types, or versions (`type/2`).

    It learns those that are taken from the set later, as a repaired process would.
    """
    lacks = set(types)
    token = _LACKS.set(lacks)
    try:
        yield lacks
    finally:
        _LACKS.reset(token)


def _decoded(data: bytes) -> f.Lifecycle | f.Stream:
    """The fact, to a process of a version that has its type."""
    fact = decode(data)
    if {fact.type, f"{fact.type}/{fact.version}"} & _LACKS.get(set()):
        raise UnknownFact(f"expected a type known here, found {fact.type}")
    return fact
