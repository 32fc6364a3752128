"""Long texts are cut out of a body and decoded in pieces, as if they had been read whole."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from services.api.compat.models import ExecutionBody, PipelineRunBody
from services.api.definitions.models import ValidateBody
from services.api.http import long_texts
from services.api.http.bodies import read_json
from services.api.http.long_texts import BadText, NotText, Span, cut_out, decoded
from services.api.http.problems import InvalidRequest, NotJson
from services.api.runs.models import RunBody
from shared.errors import TooLarge

RUN = TypeAdapter(RunBody)
EXECUTION = TypeAdapter(ExecutionBody)
LONG = '😀é"\\\n\x7f/' * 100_000

# What the text of a JSON string is made of: each is whole only if no cut goes through it.
TOKENS = ["x", "é", "€", "😀", r"\n", r"\"", r"\\", r"\/", r"\u00e9", r"\ud83d\ude00", "u", "d83d"]
WRONG = [*TOKENS, r"\ud83d", r"\ude00", r"\u12", r"\x", r"\u0000", "\x01"]
fixed = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def all_of(inner: bytes) -> bytes:
    return b"".join(decoded(inner, Span(0, len(inner), 1), ".input"))


@pytest.mark.parametrize("size", [12, 13, 17, 31])
@given(st.lists(st.sampled_from(TOKENS), max_size=60).map("".join))
@fixed
def test_a_text_in_pieces_is_the_text_read_whole(
    monkeypatch: pytest.MonkeyPatch, size: int, inner: str
) -> None:
    monkeypatch.setattr(long_texts, "_PIECE_BYTES", size)
    assert all_of(inner.encode()) == json.loads(f'"{inner}"').encode()


@pytest.mark.parametrize("size", [12, 13, 17, 31])
@given(st.lists(st.sampled_from(WRONG), max_size=40).map("".join))
@fixed
def test_a_text_in_pieces_is_refused_where_the_whole_is(
    monkeypatch: pytest.MonkeyPatch, size: int, inner: str
) -> None:
    monkeypatch.setattr(long_texts, "_PIECE_BYTES", size)
    try:
        whole = json.loads(f'"{inner}"').encode()
        is_text = b"\0" not in whole
    except ValueError:
        is_text = False
    if is_text:
        assert all_of(inner.encode()) == whole
    else:
        with pytest.raises((BadText, NotText)):
            all_of(inner.encode())


@given(st.binary(max_size=60))
@fixed
def test_bytes_that_are_no_utf8_are_refused_wherever_they_are_cut(
    monkeypatch: pytest.MonkeyPatch, inner: bytes
) -> None:
    monkeypatch.setattr(long_texts, "_PIECE_BYTES", 12)
    inner = inner.replace(b'"', b"")
    try:
        whole: bytes | None = json.loads(b'"%s"' % inner).encode()
    except (ValueError, UnicodeError):
        whole = None
    if whole is None or b"\0" in whole:
        with pytest.raises((BadText, NotText)):
            all_of(inner)
    else:
        assert all_of(inner) == whole


@pytest.mark.parametrize("ascii_only", [True, False])
def test_a_long_input_is_read_as_a_short_one(ascii_only: bool) -> None:
    run = {"flow": {"input": LONG}, "input": LONG, "metadata": {"input": "b"}}
    found = read_json(RUN, json.dumps(run, ensure_ascii=ascii_only).encode())
    assert found.input == LONG.encode()
    assert (found.flow, found.metadata) == (run["flow"], run["metadata"])
    for inputs, told in (
        (LONG, LONG.encode()),
        ({"input": LONG, "other": "x"}, {"input": LONG.encode(), "other": "x"}),
    ):
        body = json.dumps({"inputs": inputs}, ensure_ascii=ascii_only).encode()
        assert read_json(EXECUTION, body).inputs == told
    body = json.dumps({"input": LONG}, ensure_ascii=ascii_only).encode()
    assert read_json(TypeAdapter(PipelineRunBody), body).input == LONG.encode()


def test_a_text_as_long_stays_where_it_is_free_to_be() -> None:
    flow = {"input": LONG, "nodes": [{"data": {"input": LONG}}]}
    body = json.dumps({"flow": flow}).encode()
    assert read_json(TypeAdapter(ValidateBody), body).flow == flow


def test_of_an_input_that_comes_twice_the_last_counts() -> None:
    long = json.dumps(LONG).encode()
    assert read_json(RUN, b'{"input": %s, "input": "x"}' % long).input == b"x"
    assert read_json(RUN, b'{"input": "x", "input" :\n %s}' % long).input == LONG.encode()


@pytest.mark.parametrize(
    ("bad", "path"), [(rb"\u0000", ".input"), (rb"\udc00", ".input"), (rb"\\\u0000", ".input")]
)
def test_what_cannot_be_kept_of_a_long_input_is_told_by_its_place(bad: bytes, path: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_json(RUN, b'{"flow": {}, "input": "%s%s"}' % (b"x" * (2 << 20), bad))
    problems = refused.value.members["problems"]
    assert isinstance(problems, list)
    assert [(p["code"], p["path"]) for p in problems if isinstance(p, dict)] == [("bad_text", path)]


@pytest.mark.parametrize("bad", [rb"\x", b"\x01", b"\xff", rb"\u12g4"])
def test_a_long_input_that_is_no_json_is_refused(bad: bytes) -> None:
    with pytest.raises(NotJson):
        read_json(RUN, b'{"flow": {}, "input": "%s%s"}' % (b"x" * (2 << 20), bad))


def test_what_else_a_body_holds_is_bounded() -> None:
    with pytest.raises(TooLarge, match="9 MiB besides its input"):
        read_json(RUN, json.dumps({"metadata": {"a": "x" * (10 << 20)}}).encode())
    with pytest.raises(TooLarge, match="9 MiB besides its input"):
        read_json(RUN, b'{"input": "x"' + b" " * (10 << 20) + b"}")


def test_only_members_of_the_given_names_and_depths_are_cut_out() -> None:
    body = json.dumps({"a": LONG, "b": {"a": LONG}, "c": ['"a":', LONG]}).encode()
    assert list(cut_out(body, {"a": 1}).texts.values()) == [LONG.encode()]
    assert list(cut_out(body, {"a": 2}).texts.values()) == [LONG.encode()]
    assert cut_out(body, {"a": 3, "c": 1}).rest == body
