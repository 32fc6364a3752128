"""The work a body asks for, counted before anything is made of it."""

from __future__ import annotations

import json
import random

import pytest
from pydantic import TypeAdapter

from services.api.compat.forms import URLENCODED, form_fields
from services.api.definitions.models import ValidateBody
from services.api.http import work
from services.api.http.bodies import read_json, read_json_aside
from services.api.http.problems import InvalidRequest, NotForm, NotJson
from services.api.http.work import LIGHT_WORK, MOST_WORK, Weight, has_at_most, is_small, load, weigh
from services.api.runs.models import RunBody
from shared.errors import TooLarge
from shared.flow import JSON

MARK = b"\xef\xbb\xbf"
RUN = TypeAdapter(RunBody)
VALIDATE = TypeAdapter(ValidateBody)
FULL = MOST_WORK // 2 - 10


def flow_of(items: str, count: int) -> bytes:
    return b'{"flow": {"nodes": [%s]}}' % ",".join([items] * count).encode()


@pytest.mark.parametrize(
    ("body", "counted"),
    [
        (b"", 0),
        (b"1", 0),
        (b"[1, 2]", 2),
        (b'{"a": [{}, {}], "b": 2}', 8),
        (b'{"a,:[{": ",:[{"}', 2),
        (rb'["\",[", 1]', 2),
        (rb'["\\", 1, "\\\"", [2]]', 5),
    ],
)
def test_keys_and_values_are_counted_outside_strings(body: bytes, counted: int) -> None:
    assert weigh(body).work == counted


def test_where_a_body_is_cut_into_pieces_makes_no_difference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chance = random.Random(5)
    alphabet = '\\"\\",:[]{}aNf\\u0000é'
    for _ in range(300):
        texts = ["".join(chance.choices(alphabet, k=chance.randrange(30))) for _ in range(5)]
        body = json.dumps([texts, {texts[0]: [1, {}]}], ensure_ascii=chance.random() < 0.5).encode()
        weights = set()
        for size in (1 << 18, 7, 3, 1):
            monkeypatch.setattr(work, "_PIECE_BYTES", size)
            weights.add((weigh(body).work, weigh(body).stretch))
        assert len(weights) == 1
        assert weights.pop()[0] == len(texts) + 7  # commas, colons and openings of this shape


@pytest.mark.parametrize("items", ["{}", '""', "1", "[]", "[[", '{"a":1}'])
def test_a_body_of_too_many_keys_and_values_is_refused_before_it_is_read(items: str) -> None:
    with pytest.raises(TooLarge, match="600,000 keys and values"):
        read_json(VALIDATE, flow_of(items, MOST_WORK))


def test_a_text_is_no_work_whatever_is_in_it() -> None:
    text = ',:[{"\\' * 50_000
    assert read_json(RUN, json.dumps({"input": text}).encode()).input == text.encode()


@pytest.mark.parametrize("items", ["{}", '{"a":"x"}', "[1.5]", "null", "-7"])
def test_a_heavy_flow_is_read_as_a_light_one_is(items: str) -> None:
    body = flow_of(items, LIGHT_WORK + 1)
    assert not weigh(body).is_light
    assert read_json(VALIDATE, body).flow == VALIDATE.validate_json(body).flow
    again = read_json(RUN, b'{"input": "x", ' + body[1:])
    assert (again.input, again.flow) == (b"x", VALIDATE.validate_json(body).flow)


@pytest.mark.parametrize("items", ['{"a":1}', "1"])
def test_what_is_wrong_with_a_heavy_body_is_told_by_its_spot(items: str) -> None:
    body = b'{"input": 5, "more": 1, ' + flow_of(items, LIGHT_WORK + 1)[1:]
    with pytest.raises(InvalidRequest) as refused:
        read_json(RUN, body)
    told = [(p["code"], p["path"]) for p in problems_of(refused.value)]
    assert told == [("bad_value", ".input"), ("unknown_field", ".more")]


def test_a_member_other_than_the_flow_has_its_own_bound() -> None:
    many = {f"k{n}": "" for n in range(60_000)}
    with pytest.raises(TooLarge, match=r"\.metadata: expected at most 40,000 keys"):
        read_json(RUN, json.dumps({"flow": {}, "metadata": many}).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 300_000,
        b'{"flow":' * 150_000,
        b"{" + b'"a":1,' * 30_000 + b"}",
        b'["' + b"1," * 30_000,
    ],
)
def test_a_heavy_body_that_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(NotJson):
        read_json(VALIDATE, body)


@pytest.mark.parametrize(("word", "told"), [("NaN", "NaN"), ("-Infinity", "Infinity")])
@pytest.mark.parametrize("count", [1, LIGHT_WORK + 1])
def test_numbers_that_json_does_not_have_are_refused(word: str, told: str, count: int) -> None:
    with pytest.raises(NotJson, match=f"got {told}, which"):
        read_json(VALIDATE, flow_of(word, count))
    assert (
        read_json(RUN, json.dumps({"input": f": {word},"}).encode()).input == f": {word},".encode()
    )


@pytest.mark.parametrize("bad", [rb"a\u0000b", rb"\ud800", rb"\ud83d\\"])
@pytest.mark.parametrize("length", [10, 2 << 20])
def test_a_text_that_cannot_be_kept_is_refused_whatever_its_length(bad: bytes, length: int) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_json(RUN, b'{"flow": {}, "input": "%s%s"}' % (b"x" * length, bad))
    [problem] = problems_of(refused.value)
    assert problem["code"] == "bad_text"
    assert problem["path"] == ".input"


def test_a_body_with_a_byte_order_mark_is_read_without_it() -> None:
    assert read_json(RUN, MARK + b'{"input": "x"}').input == b"x"
    with pytest.raises(NotJson, match="expected UTF-8, got UTF-16"):
        read_json(RUN, '{"input": "x"}'.encode("utf-16"))
    with pytest.raises(NotJson, match="expected UTF-8, got the byte 0xff"):
        read_json(RUN, b'{"input": "\xff"}')


async def test_a_large_body_is_read_beside_the_loop_and_the_same() -> None:
    body = json.dumps({"input": "x" * 100_000}).encode()
    assert await read_json_aside(RUN, body) == read_json(RUN, body)


async def test_a_form_is_read_in_pieces_and_without_its_mark() -> None:
    text = "".join(chr(33 + n % 90) for n in range(70_000)) + "é+ %"
    escaped = "".join(f"%{byte:02X}" for byte in text.encode())
    fields = await form_fields(URLENCODED, MARK + b"input=%s&a+b=c+d&&x" % escaped.encode())
    assert fields == {"input": text, "a b": "c d", "x": ""}
    assert await form_fields(URLENCODED, b"a=%zz%&b=%") == {"a": "%zz%", "b": "%"}
    with pytest.raises(NotForm):
        await form_fields(URLENCODED, b"a=1&" * 100)


def test_numbers_of_any_length_are_read_in_a_moment() -> None:
    value = load("[" + "9" * 100_000 + ", 3, 2.5, 1e999]", Weight(0))
    assert value == [float("inf"), 3, 2.5, float("inf")]


@pytest.mark.parametrize(
    ("value", "small"),
    [({}, True), ({"a": ["x"] * 100}, True), ("x" * 20_000, False), ([None] * 3_000, False),
     ({"x" * 20_000: 1}, False), ([[["x" * 9_000]], ["y" * 9_000]], False)],
)  # fmt: skip
def test_a_value_is_small_by_all_that_is_in_it(value: JSON, small: bool) -> None:
    assert is_small(value) is small


def test_values_are_counted_no_further_than_asked() -> None:
    assert has_at_most(4, {"a": [1, 2]})
    assert not has_at_most(3, {"a": [1, 2]})


def problems_of(refusal: InvalidRequest) -> list[dict[str, JSON]]:
    problems = refusal.members["problems"]
    assert isinstance(problems, list)
    return problems
