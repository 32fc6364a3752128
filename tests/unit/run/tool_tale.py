"""The history of an agent that has a tool called."""

from __future__ import annotations

from shared.run import facts as f
from shared.run.content import ToolFault, Usage
from tests.unit.flow.drawing import Drawn, agent, drawing
from tests.unit.run.tale import Tale


def tools() -> tuple[Drawn, Tale]:
    raw = drawing([agent("plan")], [])
    tale = Tale(raw)
    tale.settle()
    tale.start("plan")
    call = {"turn": 1, "index": 0, "execution": 1, "tool": "lookup", "call_id": "toolu_1"}
    said = {"execution": 1, "model": "claude-haiku-4-5", "usage": Usage(output_tokens=3)}
    tale.record(
        f.StepTurn(**tale.at("plan"), turn=1, text="", content="[]", stop_reason="tool_use", **said)
    )
    key = "r.0.1.1.0"
    tale.record(f.ToolCalled(**tale.at("plan"), **call, input='{"id":7}', idempotency_key=key))
    fault = ToolFault(code="http_status", message="expected a status from 200 to 299, got 404")
    tale.record(
        f.ToolReturned(
            **tale.at("plan"), **call, outcome="error", output="none", error=fault, seconds=0.2
        )
    )
    tale.complete("plan", tokens=3)
    return raw, tale
