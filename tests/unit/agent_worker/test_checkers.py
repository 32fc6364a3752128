"""Answers checked against schemas: what fits, what does not and where, and what harms nobody."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.agent_worker.checker import JSON_BYTES, MOST_COMPLAINTS
from services.agent_worker.checkers import Checkers, Fits, Unchecked, Unfit
from tests.eventually import PATIENCE_SECONDS

WHOSE = ("w", "r")
SCORE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "score": {"type": "number", "minimum": 0},
        "verdict": {"enum": ["yes", "no"]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "note": {"type": ["string", "null"]},
        "a/b": {"type": "integer"},
    },
    "required": ["score", "verdict"],
    "additionalProperties": False,
}
TREE = {"type": "object", "properties": {"kids": {"type": "array", "items": {"$ref": "#"}}}}


@pytest.fixture
async def checkers(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Checkers]:
    monkeypatch.setattr("services.agent_worker.checkers.LONGEST_SECONDS", PATIENCE_SECONDS)
    found = Checkers(most=2)
    yield found
    await found.close()


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ('{"score": 1, "verdict": "yes"}', None),
        (' \n{"score": 0.5, "verdict": "no", "note": null}\n', None),
        ('```json\n{"score": 1, "verdict": "yes"}\n```', '{"score": 1, "verdict": "yes"}'),
        ('```\n{"score": 1, "verdict": "yes"}```\n', '{"score": 1, "verdict": "yes"}'),
        ('{"score": 1, "verdict": "yes", "note": "```é```"}', None),
    ],
)
async def test_an_answer_that_fits_is_its_json_alone(
    checkers: Checkers, text: str, alone: str | None
) -> None:
    assert await checkers.check(SCORE, text, WHOSE) == Fits(alone or text.strip())


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (r'{"\ud800": "a"}', "/?"),
        (r'{"a\u0000": "a"}', "/a\ufffd"),
        (f'{{"{"a" * 100_000}": "a"}}', f"/{'a' * 499}…"),
    ],
)
async def test_a_key_that_is_told_is_short_and_can_be_kept(
    checkers: Checkers, text: str, place: str
) -> None:
    numbers = {"type": "object", "additionalProperties": {"type": "integer"}}
    found = await checkers.check(numbers, text, WHOSE)
    assert found == Unfit((f'expected integer at {place}, got "a"',))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "expected JSON and nothing else, got nothing at character 0"),
        ("The score is 1.", "expected JSON and nothing else, got The score is 1. at character 0"),
        ('Here: {"score": 1}', 'got Here: {"score": 1} at character 0'),
        ('{"score": NaN, "verdict": "yes"}', "expected JSON and nothing else"),
        ('{"score": 1e999, "verdict": "yes"}', "expected JSON and nothing else"),
        ("[" * 100_000, "nests less deeply"),
        ("[]", "expected object at /, got []"),
        ('{"verdict": "yes"}', "expected a value at /score, got none"),
        ('{"score": "1", "verdict": "yes"}', 'expected number at /score, got "1"'),
        ('{"score": -1, "verdict": "yes"}', "expected minimum 0 at /score, got -1"),
        ('{"score": 1, "verdict": "maybe"}', 'expected one of ["yes", "no"] at /verdict'),
        ('{"score": 1, "verdict": "no", "tags": ["a", 2]}', "expected string at /tags/1, got 2"),
        ('{"score": 1, "verdict": "no", "note": 3}', "expected string or null at /note, got 3"),
        ('{"score": 1, "verdict": "no", "a/b": 1.5}', "expected integer at /a~1b, got 1.5"),
        ('{"score": 1, "verdict": "no", "x": 1}', "expected additionalProperties false at /"),
        ("```json\n{}\n```\n```json\n{}\n```", "expected JSON and nothing else"),
    ],
)
async def test_an_answer_that_does_not_fit_is_told_where(
    checkers: Checkers, text: str, complaint: str
) -> None:
    found = await checkers.check(SCORE, text, WHOSE)
    assert isinstance(found, Unfit)
    assert re.search(re.escape(complaint), "\n".join(found.complaints))
    assert await checkers.check(SCORE, text, WHOSE) == found


async def test_of_many_complaints_some_are_told(checkers: Checkers) -> None:
    found = await checkers.check({"items": {"type": "string"}}, str([0] * 1_000), WHOSE)
    assert isinstance(found, Unfit)
    assert len(found.complaints) == MOST_COMPLAINTS


async def test_an_answer_larger_than_is_read_does_not_fit(checkers: Checkers) -> None:
    found = await checkers.check({}, f'"{"x" * JSON_BYTES}"', WHOSE)
    assert found == Unfit((f"expected JSON of at most 8 MiB, got {JSON_BYTES + 2:,} bytes",))


async def test_a_schema_that_refers_to_itself_is_followed(checkers: Checkers) -> None:
    assert isinstance(await checkers.check(TREE, '{"kids": [{"kids": []}]}', WHOSE), Fits)
    found = await checkers.check(TREE, '{"kids": [{"kids": [3]}]}', WHOSE)
    assert found == Unfit(("expected object at /kids/0/kids/0, got 3",))


async def test_a_schema_elsewhere_is_not_fetched(checkers: Checkers) -> None:
    calls: list[str] = []

    async def called(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.append("called")
        writer.close()

    async with await asyncio.start_server(called, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        schema = {"$ref": f"http://127.0.0.1:{port}/schema.json"}
        found = await checkers.check(schema, "1", WHOSE)
    assert isinstance(found, Unchecked)
    assert (found.code, calls) == ("schema_failed", [])


async def test_half_a_character_of_an_answer_is_told_as_a_question_mark(
    checkers: Checkers,
) -> None:
    found = await checkers.check({"type": "integer"}, r'"\ud800"', WHOSE)
    assert found == Unfit(('expected integer at /, got "?"',))


async def test_a_million_faults_are_no_fault_of_the_schema(checkers: Checkers) -> None:
    found = await checkers.check({"items": {"type": "string"}}, str([0] * 1_000_000), WHOSE)
    assert isinstance(found, Unfit)


@pytest.mark.parametrize("schema", [{"$ref": "#"}, {"$ref": "#/$defs/none"}, {"pattern": "("}])
async def test_a_schema_that_cannot_be_followed_is_told(
    checkers: Checkers, schema: dict[str, Any]
) -> None:
    found = await checkers.check(schema, '"1"', WHOSE)
    assert isinstance(found, Unchecked)
    assert found.code == "schema_failed"


async def test_a_pattern_that_backtracks_is_cut_off_and_the_next_answer_checked(
    checkers: Checkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(await checkers.check({}, "1", WHOSE), Fits)  # it has started by now
    monkeypatch.setattr("services.agent_worker.checkers.LONGEST_SECONDS", 0.5)
    found = await checkers.check({"pattern": "^(a+)+$"}, f'"{"a" * 64}!"', WHOSE)
    assert isinstance(found, Unchecked)
    assert found.code == "schema_timeout"
    monkeypatch.setattr("services.agent_worker.checkers.LONGEST_SECONDS", PATIENCE_SECONDS)
    assert await checkers.check({"pattern": "^a+$"}, '"aaa"', WHOSE) == Fits('"aaa"')
