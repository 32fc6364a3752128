"""What `penstock run` tells of an agent's tools, and of a model that failed."""

from __future__ import annotations

from tests.unit.cli.command import penstock
from tests.unit.cli.script import (
    BEGINNING,
    COMPLETED,
    ERROR,
    Script,
    called,
    fact,
    output,
    returned,
    words,
)
from tests.unit.cli.test_run import in_a_terminal

LARGE = {"blob": "b" * 64, "size_bytes": 19_800, "url": "/blobs/b"}
CALLS = [
    called(7, 0, '{"id": "7", "deep": [1]}'),
    called(8, 0, LARGE, index=1),
    returned(
        9, 0, "no\nsuch item", index=1, outcome="error", error={"code": "gone", "message": "m"}
    ),
    returned(10, 0, '{"name": "A red bicycle"}'),
    returned(11, 0, "It is not known.", index=2, outcome="unknown", seconds=0),
]


async def test_calls_of_tools_are_told_as_they_return_beside_the_text(script: Script) -> None:
    script.play(BEGINNING, CALLS, [output(15, 0, "Found."), output(16, 1, "No.")], COMPLETED)
    ended = await penstock("run", "flow.json", directory=script.directory)
    assert ended.out == "## Optimist\n\nFound.\n\n## Pessimist\n\nNo.\n\n"
    assert ended.err.splitlines()[1:4] == [
        "Optimist called find_item(19,800 bytes) (0.4 s): gone: m",
        'Optimist called find_item(id: 7, deep: [1]) (0.4 s): {"name": "A red bicycle"}',
        "Optimist called find_item(): it is not known whether this was done",
    ]


async def test_in_a_terminal_calls_stand_where_they_were_made(script: Script) -> None:
    thought = fact(7, "step.thinking", 0, offset=0, text="What is it?")
    begun = called(9, 0, '{"id": "%s"}' % ("7" * 100))
    again = called(11, 0, '{"id": "8"}', index=1, execution=2)
    speech = [
        words(8, 0, 0, "Let me look."),
        begun,
        called(10, 0, '{"id": "8"}', index=1),
        again,
        returned(12, 0, "A red bicycle", index=1),
        returned(13, 0, "", outcome="error", error={"code": "gone", "message": "not there"}),
        words(14, 0, 12, "\n\nIt is red.", execution=2),
        output(15, 0, "Let me look.\n\nIt is red."),
        output(16, 1, "No."),
    ]
    script.play(BEGINNING, [thought], speech, COMPLETED)
    shown, code = await in_a_terminal(script, "run", "flow.json")
    assert code == 0
    place = 0
    for text in (
        "● Optimist", "Let me look.", "→ find_item(id: 777", "…", "→ find_item(id: 8)",
        "→ find_item(id: 8) once more", "← find_item (0.4 s): A red bicycle",
        "✗ find_item (0.4 s): gone: not there", "It is red.", "● Pessimist",
    ):  # fmt: skip
        place = shown.index(text, place) + len(text)


async def test_in_a_terminal_a_call_that_is_under_way_is_told_below(script: Script) -> None:
    speech = [
        words(10, 0, 0, "Yes, "),
        called(11, 1, "{}"),
        words(12, 0, 5, "\nyou may.\n"),
        output(13, 0, "Yes, \nyou may.\n"),
        returned(14, 1, "ok"),
        output(15, 1, "No."),
    ]
    script.play(BEGINNING, speech, COMPLETED)
    shown, _ = await in_a_terminal(script, "run", "flow.json")
    assert "Pessimist: calls find_item" in shown


async def test_it_is_told_which_model_takes_the_place_of_one_that_failed(script: Script) -> None:
    fallback = [
        fact(7, "step.failed", 0, error=ERROR),
        fact(8, "step.ready", 0, kind="agent", attempt=2, model="claude-opus"),
        fact(9, "step.failed", 0, attempt=2, error=ERROR),
        fact(10, "step.ready", 0, kind="agent", attempt=3, model="claude-haiku"),
        fact(11, "step.completed", 0, attempt=3, output="Yes.", usage={}),
    ]
    script.play(BEGINNING, fallback, [output(15, 1, "No.")], COMPLETED)
    ended = await penstock("run", "flow.json", directory=script.directory)
    assert "Optimist asks claude-haiku in its place" in ended.err.splitlines()
    shown, _ = await in_a_terminal(script, "run", "flow.json")
    assert "Optimist asks claude-haiku in its place" in shown
