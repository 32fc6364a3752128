"""What is read of texts that are JSON, or should be."""

from __future__ import annotations

import pytest

from services.agent_worker.typed_texts import JSON_BYTES, typed_texts
from shared.errors import AttemptFailed
from shared.flow.template import Piece

WHOLE = Piece("node", "a", ())
SCORE = Piece("node", "a", ("score",))
GIVEN = Piece("input", "input", ("score",))
TEXT = Piece("node", "a")


def test_only_pieces_with_a_path_are_read() -> None:
    texts = {"a": '{"score": 1}', "b": "no JSON"}
    found = typed_texts([TEXT, SCORE, GIVEN, SCORE, WHOLE], texts, '{"score": 2}')
    assert found == {SCORE: "1", GIVEN: "2", WHOLE: '{"score":1}'}


def test_a_node_without_output_is_an_empty_text() -> None:
    assert typed_texts([WHOLE, SCORE], {"a": ""}, "no JSON") == {WHOLE: "", SCORE: ""}


@pytest.mark.parametrize(
    "text", ["no JSON", '{"a": NaN}', "[" * 100_000, "1" * 5_000, "{} {}", " "]
)
def test_what_is_no_json_fails_the_step(text: str) -> None:
    with pytest.raises(AttemptFailed) as failed:
        typed_texts([SCORE], {"a": text}, "")
    assert (failed.value.code, failed.value.retry) == ("not_json", False)
    assert str(failed.value).startswith('expected the output of node "a" to be JSON, came ')
    assert len(str(failed.value)) < 200


@pytest.mark.parametrize("letter", ["x", "é"])
def test_json_over_the_bound_is_not_read(letter: str) -> None:
    room = (JSON_BYTES - 2) // len(letter.encode())
    fits = f'"{letter * room}"'
    assert typed_texts([WHOLE], {"a": fits}, "") == {WHOLE: letter * room}
    with pytest.raises(AttemptFailed) as failed:
        typed_texts([WHOLE], {"a": fits + " " * 3}, "")
    assert (failed.value.code, "at most 8 MiB" in str(failed.value)) == ("too_large", True)
