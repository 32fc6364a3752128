"""Facts as bytes and back."""

import json
import re
from datetime import UTC, datetime

import pytest

from shared.errors import Corrupt
from shared.run import UnknownFact, decode, encode
from shared.run import facts as f
from shared.run.content import Blob, InputRef
from shared.run.spoken import spoken_in
from shared.run.wire import name_in
from tests.unit.run.tale import IDENTITY

AT = "2030-01-01T00:00:00.000000Z"
READY = f.StepReady(
    **IDENTITY,
    step=1,
    node="join",
    attempt=2,
    kind="merge",
    pool="local",
    inputs=(InputRef(step=0, node="a", attempt=1),),
)


def changed(**fields: object) -> bytes:
    return json.dumps({**json.loads(encode(READY, AT)), **fields}).encode()


def test_a_fact_is_one_object_with_its_type_version_writers_clock_and_ids() -> None:
    said = json.loads(encode(READY, AT))
    assert said["at"] == AT
    assert (said["type"], said["version"]) == ("step.ready", 1)
    assert {name: said[name] for name in IDENTITY} == IDENTITY
    assert (said["step"], said["node"], said["attempt"]) == (1, "join", 2)


def test_a_fact_survives_the_wire() -> None:
    again = decode(encode(READY, AT))
    assert again.at == AT
    assert again.model_copy(update={"at": ""}) == READY


def test_fields_of_newer_writers_are_passed_over() -> None:
    inputs = [{"step": 0, "node": "a", "attempt": 1, "shine": True}]
    again = decode(changed(colour="blue", inputs=inputs))
    assert again.model_copy(update={"at": ""}) == READY


def test_fields_with_defaults_may_be_missing() -> None:
    short = {"type": "step.completed", **IDENTITY, "step": 0, "node": "a", "attempt": 1}
    fact = decode(json.dumps(short).encode())
    assert isinstance(fact, f.StepCompleted)
    assert (fact.version, fact.output, fact.branches) == (1, None, None)


@pytest.mark.parametrize(
    "data",
    [
        changed(type="step.levitated"),
        changed(version=2),
        changed(step="one"),
        changed(step=None),
        b"{}",
        b"[]",
        b"not json",
        b"",
        b"\xff\xfe",
    ],
)
def test_what_is_no_known_fact_is_refused_and_never_guessed(data: bytes) -> None:
    with pytest.raises(UnknownFact, match="expected a fact of a type and version known here"):
        decode(data)


@pytest.mark.parametrize(
    ("data", "where"),
    [(changed(step="one"), "step.ready.step: Input should be"), (b"x" * 99, "the whole: Invalid")],
)
def test_the_message_names_the_spot_and_shows_how_the_bytes_begin(data: bytes, where: str) -> None:
    with pytest.raises(UnknownFact, match=re.escape(f"({where}")) as refused:
        decode(data)
    assert f"found {data[:80]!r}... (" in str(refused.value)


def test_an_unknown_fact_is_corrupt_parked_and_not_retried() -> None:
    assert issubclass(UnknownFact, Corrupt)
    assert (UnknownFact.code, UnknownFact.retry) == ("unknown_fact", False)


def test_large_bodies_are_references_and_texts_are_texts() -> None:
    blob = Blob(blob="0" * 64, size_bytes=70_000)
    large = f.RunRequested(**IDENTITY, flow="x", input=blob)
    looks_alike = f.RunRequested(**IDENTITY, flow="x", input='{"blob":"0","size_bytes":1}')
    for fact in (large, looks_alike):
        again = decode(encode(fact, AT))
        assert isinstance(again, f.RunRequested)
        assert again.input == fact.input


def test_a_run_asked_for_before_there_were_queues_waits_in_the_shared_one() -> None:
    said = json.loads(encode(f.RunRequested(**IDENTITY, flow="x", queue="batch"), AT))
    assert said.pop("queue") == "batch"
    asked = decode(json.dumps(said).encode())
    assert isinstance(asked, f.RunRequested)
    assert asked.queue == "shared"


@pytest.mark.parametrize("queue", ["", "a.b", "*", ">", "x" * 64, "Upper", "a b"])
def test_a_queue_that_would_not_be_one_word_of_a_subject_is_refused(queue: str) -> None:
    said = json.loads(encode(f.RunRequested(**IDENTITY, flow="x"), AT)) | {"queue": queue}
    with pytest.raises(UnknownFact, match="queue"):
        decode(json.dumps(said).encode())


def test_texts_keep_every_character() -> None:
    text = 'quotes " and \\, Grüße, \N{SNOWMAN}, \U0001f600, \u2028, tab\t, nul \x00'
    fact = f.RunRequested(**IDENTITY, flow="x", input=text)
    again = decode(encode(fact, AT))
    assert isinstance(again, f.RunRequested)
    assert again.input == text


def test_one_line_of_json_is_one_line() -> None:
    fact = f.RunRequested(**IDENTITY, flow="x", input="two\nlines\r\n")
    assert b"\n" not in encode(fact, AT)
    assert b"\r" not in encode(fact, AT)


def test_what_it_says_does_not_depend_on_when() -> None:
    later = datetime(2031, 1, 1, tzinfo=UTC).isoformat()
    one, other = decode(encode(READY, AT)), decode(encode(READY, later))
    assert one.at != other.at
    assert encode(one, AT) == encode(other, AT)


def test_a_turn_of_version_1_is_read_as_the_newest_without_a_text() -> None:
    turn = f.StepTurn(
        **IDENTITY, step=0, node="a", attempt=1, turn=1, execution=1, model="m", content="[]"
    )
    said = json.loads(encode(turn, AT))
    assert said["version"] == 2
    before = {key: said[key] for key in said.keys() - {"provider", "text"}} | {"version": 1}
    again = decode(json.dumps(before).encode())
    assert isinstance(again, f.StepTurn)
    assert (again.version, again.provider, again.text) == (2, "anthropic", None)
    with pytest.raises(UnknownFact):
        decode(json.dumps(said | {"version": 3}).encode())


def test_the_text_of_a_turn_is_its_text_blocks() -> None:
    blocks = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "a"},
              {"type": "tool_use", "text": "no"}, 5, {"type": "text", "text": "b"}]  # fmt: skip
    assert spoken_in(json.dumps(blocks)) == "ab"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("words " * 20, "the JSON of a model turn"),
        (json.dumps({"text": "x" * 100}), "the blocks of a model turn"),
        ("5", "the blocks of a model turn"),
    ],
)
def test_content_that_is_no_list_of_blocks_is_corrupt_and_its_beginning_shown(
    content: str, expected: str
) -> None:
    with pytest.raises(Corrupt) as refused:
        spoken_in(content)
    assert str(refused.value) == f"expected {expected}, found {content[:80]!r}"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'{"type": "run.moved", "version": 3}', ("run.moved", 3)),
        (b'{"version": 3}', (None, 3)),
        (b'{"type": "run.moved"}', ("run.moved", None)),
        (b'{"type": ["run"], "version": "3"}', (None, None)),
        (b'{"type": "run.moved", "version": true}', ("run.moved", None)),
        (b'{"type": "' + b"x" * 65 + b'", "version": 1}', ("x" * 64, 1)),
        (b'["type", "version"]', (None, None)),
        (b'"type"', (None, None)),
        (b'{"type": "run.mo', (None, None)),
        (b"", (None, None)),
        (b'"\xff"', (None, None)),
        (b"{" * 1000, (None, None)),
    ],
)
def test_what_bytes_say_they_are_is_read_as_far_as_they_do(
    data: bytes, said: tuple[str | None, int | None]
) -> None:
    assert name_in(data) == said
    unknown = UnknownFact("no fact")
    unknown.says(7, data)
    assert (unknown.sequence, unknown.type, unknown.version) == (7, *said)
