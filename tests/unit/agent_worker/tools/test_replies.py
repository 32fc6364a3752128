"""What a program answered to a call of its tool, as the model is told it."""

from __future__ import annotations

import json

import pytest

from services.agent_worker.tools.answers import LARGEST_OUTPUT
from services.agent_worker.tools.replies import result_of_reply

LARGEST = 4 << 20


@pytest.mark.parametrize(
    ("reply", "output"),
    [
        ({"output": "21 degrees"}, "21 degrees"),
        ({"output": ""}, ""),
        ({"output": None}, "null"),
        ({"output": 0}, "0"),
        ({"output": False}, "false"),
        ({"output": {"celsius": 21, "sky": "klar, blå"}}, '{"celsius":21,"sky":"klar, blå"}'),
        ({"output": ["a", 1]}, '["a",1]'),
        ({"output": "x", "error": None}, "x"),
        ({"output": "x", "took": 3}, "x"),
        ({"output": "a\0b\ud800"}, "a\ufffdb\ufffd"),
    ],
)
def test_an_output_is_told(reply: object, output: str) -> None:
    result = result_of_reply(json.dumps(reply).encode(), LARGEST)
    assert (result.outcome, result.output, result.error) == ("ok", output, None)


@pytest.mark.parametrize("beside", [{}, {"output": None}])
def test_an_error_of_the_tool_is_told_with_its_code(beside: dict[str, object]) -> None:
    error = {"code": "not_found", "message": "no city of that name: X\ud800"}
    reply = {"error": error, **beside}
    result = result_of_reply(json.dumps(reply).encode(), LARGEST)
    assert result.error is not None
    assert (result.outcome, result.error.code) == ("error", "not_found")
    assert result.output == result.error.message == "no city of that name: X\ufffd"


@pytest.mark.parametrize(
    ("data", "code", "found"),
    [
        (b"", "not_json", "got nothing"),
        (b"hello", "not_json", "got something else"),
        (b"\xff\xfe\xfd", "not_json", "got something else"),
        (b'{"output": NaN}', "not_json", "got something else"),
        (b'{"output": 1e999}', "not_json", "got something else"),
        (b"[" * 100_000, "not_json", "got something else"),
        (b"9" * 10_000, "not_json", "got something else"),
        (b"[]", "bad_answer", "got a list"),
        (b'"x"', "bad_answer", 'got the text "x"'),
        (b"null", "bad_answer", "got null"),
        (b"{}", "bad_answer", "with neither"),
        (b'{"result": 1}', "bad_answer", "with neither"),
        (b'{"error": null}', "bad_answer", "with neither"),
        (b'{"output": 1, "error": {"code": "a", "message": "b"}}', "bad_answer", "got both"),
        (b'{"error": "broken"}', "bad_answer", 'got the text "broken"'),
        (b'{"error": {"message": "b"}}', "bad_answer", "got null"),
        (b'{"error": {"code": "Not Found", "message": "b"}}', "bad_answer", "Not Found"),
        (b'{"error": {"code": 404, "message": "b"}}', "bad_answer", "the number 404"),
        (b'{"error": {"code": "a\\n", "message": "b"}}', "bad_answer", "expected an error"),
        (b'{"error": {"code": "a"}}', "bad_answer", '"a" alone'),
        (b'{"error": {"code": "a", "message": " "}}', "bad_answer", '"a" alone'),
        (b'{"error": {"code": "a", "message": 1}}', "bad_answer", '"a" alone'),
        (b'{"output": "x"}' + b" " * LARGEST, "answer_too_large", "got 4,194,319"),
    ],
)
def test_anything_else_is_an_error_with_a_code(data: bytes, code: str, found: str) -> None:
    result = result_of_reply(data, LARGEST)
    assert result.error is not None
    assert (result.outcome, result.error.code) == ("error", code)
    assert found in result.output
    assert len(result.output) < 300


def test_a_long_output_is_cut_and_a_long_message_too() -> None:
    long = result_of_reply(json.dumps({"output": "é" * LARGEST_OUTPUT}).encode(), 8 << 20)
    assert long.cut
    assert len(long.output.encode()) < LARGEST_OUTPUT + 100
    error = {"error": {"code": "a", "message": "x" * 10_000}}
    assert len(result_of_reply(json.dumps(error).encode(), LARGEST).output) == 2000
