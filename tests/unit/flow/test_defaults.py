"""What is written into a flow for agents that say nothing can be taken out of it again."""

from __future__ import annotations

import pytest

from shared.flow import JSON, without_defaults
from tests.unit.flow.drawing import Drawn
from tests.unit.flow.test_abilities import DEFAULT, MODELS, whole


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"model": "claude-haiku-4-5"},
        {"model": "claude-haiku-4-5", "tools": ["web_search"]},
        {"model": "one-of-mine", "thinking": "adaptive"},
        {"thinking": "off", "effort": "low"},
        {"max_tokens": 9, "timeout_seconds": 5, "cache": "off"},
    ],
)
def test_defaults_can_be_taken_back_out_of_an_agent_and_what_was_said_stays(said: Drawn) -> None:
    data = _data_of(whole(**said))
    left = without_defaults(data, MODELS, DEFAULT)
    drawn = {"agentId": "agent-a", "agentName": "a", "model": DEFAULT}
    assert left == {**drawn, **said}
    assert _data_of(whole(**left)) == data


def _data_of(raw: JSON) -> Drawn:
    assert isinstance(raw, dict)
    nodes = raw["nodes"]
    assert isinstance(nodes, list)
    data = nodes[0]["data"]
    assert isinstance(data, dict)
    return data
