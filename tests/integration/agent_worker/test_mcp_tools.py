"""Tools of an MCP server that an agent has its worker call: `examples/notebook/server.py`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from services.agent_worker.egress import EgressClient
from services.agent_worker.tools.mcp import call_mcp_tool, list_mcp_tools
from shared.flow.json_value import JSON
from shared.run import facts as f
from shared.runtime.settings import load
from shared.tools import TOOL, McpTool
from shared.tools.offered import Offered, offers_of
from tests.integration.agent_worker.notebook import notebook
from tests.integration.agent_worker.stage import Stage, chain
from tests.integration.agent_worker.tooling import MODELS, done, last_messages, told, using

CHOSEN = ["find_notes", "add_note"]
LOOPBACK = load("agent-worker", {"PENSTOCK_EGRESS_ALLOW": "127.0.0.1"})
NONE = dict[str, str]().__getitem__


async def saved(url: str) -> dict[str, Any]:
    """The tool with what the server lists, as it would be saved."""
    given = {
        "name": "notes",
        "description": "A notebook.",
        "kind": "mcp",
        "mcp": {"url": url, "tools": CHOSEN},
    }
    tool = TOOL.validate_python(given)
    assert isinstance(tool, McpTool)
    async with EgressClient.of(LOOPBACK) as client:
        listed = await list_mcp_tools(tool, client=client, secret=NONE)
    assert isinstance(listed, tuple), listed
    return {**given, "listed": [each.model_dump(mode="json") for each in listed]}


@pytest.mark.parametrize("model", MODELS)
async def test_a_call_is_made_told_to_the_model_and_recorded(
    stage: Stage, model: str, tmp_path: Path
) -> None:
    async with notebook(tmp_path) as url:
        says = 'tool=notes_add_note tool_input=\'{"text":"a red bicycle"}\' results'
        run = await stage.run(chain(using(says, await saved(url), model=model)))
        outcome = await done(stage, run)
    assert isinstance(outcome, f.StepCompleted), outcome
    assert outcome.output == "The note is written."
    [called], [returned] = await told(run)
    key = f"{run.address.run}.0.1.1.0"
    assert (called.tool, called.idempotency_key) == ("notes_add_note", key)
    assert (returned.outcome, returned.output) == ("ok", "The note is written.")
    [note] = (tmp_path / "notes.jsonl").read_text().splitlines()
    assert json.loads(note) == {"key": key, "text": "a red bicycle"}
    first, second = await stage.calls()
    offered = json.dumps(first["tools"])
    assert "notes_find_notes" in offered
    assert "Writes a note into the notebook." in offered
    assert "The note is written." in last_messages(second)


async def test_a_call_that_is_made_again_writes_nothing_and_what_was_written_is_found(
    tmp_path: Path,
) -> None:
    async with notebook(tmp_path) as url, EgressClient.of(LOOPBACK) as client:
        find, add = offers_of(TOOL.validate_python(await saved(url)))

        async def call(offered: Offered, key: str, **arguments: JSON) -> str:
            assert isinstance(offered.tool, McpTool)
            result = await call_mcp_tool(
                offered.tool, arguments, client=client, secret=NONE, idempotency_key=key
            )
            return result.output

        said = [await call(add, key, text="A red bicycle") for key in ("one", "one", "two")]
        found = await call(find, "three", words="RED bicycle")
    assert said == ["The note is written.", "The note was written already.", "The note is written."]
    assert found == "A red bicycle\nA red bicycle"


async def test_arguments_that_do_not_fit_are_told_and_a_server_that_is_down_too(
    stage: Stage, tmp_path: Path
) -> None:
    async with notebook(tmp_path) as url:
        tool = await saved(url)
        run = await stage.run(chain(using("tool=notes_add_note tool_input='{}' results", tool)))
        await done(stage, run)
    _, [wrong] = await told(run)
    assert wrong.error is not None
    assert wrong.error.code == "bad_arguments"
    run = await stage.run(
        chain(using('tool=notes_find_notes tool_input=\'{"words":"a"}\' results', tool))
    )
    outcome = await done(stage, run)
    assert isinstance(outcome, f.StepCompleted), outcome
    _, [down] = await told(run)
    assert down.error is not None
    assert (down.outcome, down.error.code) == ("error", "unreachable")
    assert "expected a connection, got none" in str(outcome.output)
