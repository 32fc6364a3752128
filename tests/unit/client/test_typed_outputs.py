"""Outputs that are JSON, read as such."""

from __future__ import annotations

import pytest
from penstock_client import Run, Step

BLOB = {"blob": "ab" * 32, "size_bytes": 70_000, "url": "/api/v1/runs/r1/output"}


@pytest.mark.parametrize("text", ['{"score": 0.9}', "[1]", "null", '"é"'])
def test_an_output_that_says_so_is_parsed(text: str) -> None:
    run = Run.model_validate({"run_id": "r1", "status": "completed", "output": text, "json": True})
    step = Step.model_validate(
        {"step": 0, "node": "a", "status": "completed", "output": text, "json": True}
    )
    assert run.is_json
    assert run.output_json == step.output_json
    assert run.output == text


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"output": "{}", "json": False}, "got a text that need not be JSON"),
        ({"output": "{}"}, "got a text that need not be JSON"),
        ({"output": None, "json": True}, "got none, or where to read it"),
        ({"output": BLOB, "json": True}, "got none, or where to read it"),
    ],
)
def test_any_other_is_not(said: dict[str, object], found: str) -> None:
    run = Run.model_validate({"run_id": "r1", "status": "completed", **said})
    with pytest.raises(ValueError, match=found):
        _ = run.output_json
