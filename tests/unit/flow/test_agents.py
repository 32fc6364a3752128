"""Agents laid into the nodes that use them."""

import pytest

from shared.flow import JSON, AgentWork, inline_agents
from tests.unit.flow.drawing import agent, drawing, edge, flow_of, node, problem_of

AGENT: dict[str, JSON] = {
    "id": "agent-a",
    "created_at": "2026-01-01T00:00:00Z",
    "name": "Ann",
    "instructions": "Help {{who}}.",
    "model": "claude-haiku-4-5",
    "max_tokens": 100,
    "tools": ["web_search"],
    "max_uses": 2,
    "allowed_domains": ["example.org"],
    "pool": None,
    "retry": {"max_attempts": 7},
    "timeout_seconds": 20,
}


def test_an_agents_fields_go_under_the_nodes_own() -> None:
    raw = drawing([node("n", "agent", agent_id="agent-a", model="own", instructions=None)])
    step = flow_of(inline_agents(raw, {"agent-a": AGENT})).steps[0]
    assert step.work == AgentWork(
        agent_id="agent-a",
        name="Ann",
        instructions="Help {{who}}.",
        model="own",
        max_tokens=100,
        tools=("web_search",),
        max_uses=2,
        allowed_domains=("example.org",),
    )
    assert (step.retry.max_attempts, step.timeout_seconds, step.pool) == (7, 20, "default")


def test_the_variables_of_an_agent_become_those_of_the_flow() -> None:
    raw = drawing([agent("a")])
    assert flow_of(raw).variables == frozenset()
    assert flow_of(inline_agents(raw, {"agent-a": AGENT})).variables == {"who"}


@pytest.mark.parametrize("key", ["name", "agentName", "label"])
def test_a_name_on_the_node_is_kept_however_it_is_spelled(key: str) -> None:
    raw = drawing([node("n", "agent", agentId="agent-a", **{key: "Own"})])
    work = flow_of(inline_agents(raw, {"agent-a": AGENT})).steps[0].work
    assert isinstance(work, AgentWork)
    assert work.name == "Own"


def test_what_a_run_does_not_read_makes_no_new_version() -> None:
    raw = drawing([agent("a")])
    touched = {**AGENT, "created_at": "2027-01-01T00:00:00Z"}
    once, again = (flow_of(inline_agents(raw, {"agent-a": a})) for a in (AGENT, touched))
    assert once.version == again.version


def test_the_drawing_itself_is_left_alone() -> None:
    raw = drawing([agent("a")])
    inline_agents(raw, {"agent-a": AGENT})
    assert raw == drawing([agent("a")])


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        {"nodes": 1},
        {"nodes": [1, {"type": "agent"}, {"type": "agent", "data": {"agentId": ["agent-a"]}}]},
        drawing([node("t", agentId="agent-a"), agent("unknown")]),
    ],
)
def test_other_drawings_stay_as_they_are(raw: JSON) -> None:
    assert inline_agents(raw, {"agent-a": AGENT}) == raw


def test_a_tool_may_be_spelled_with_a_hyphen_and_counts_once() -> None:
    work = flow_of(drawing([agent("a", tools=["web-fetch", "web_fetch"])])).steps[0].work
    assert isinstance(work, AgentWork)
    assert work.tools == ("web_fetch",)


def test_a_tool_that_nobody_runs_is_a_problem() -> None:
    problem = problem_of(drawing([agent("a", tools=["web_search", "telescope"])]))
    assert (problem.code, problem.nodes) == ("unknown_tool", ("a",))
    assert "expected web_search, web_fetch or a tool of the workspace" in problem.message
    assert "telescope" in problem.message


@pytest.mark.parametrize("domain", ["https://example.org", "localhost", "", "a b.org", ".org"])
def test_a_domain_that_is_none_is_a_problem(domain: str) -> None:
    problem = problem_of(drawing([agent("a", tools=["web_search"], allowed_domains=[domain])]))
    assert (problem.code, problem.nodes) == ("bad_domain", ("a",))


def test_a_domain_may_have_a_path() -> None:
    domains = ["example.org", "docs.example.co.uk/a/b", "bücher.example"]
    flow_of(drawing([agent("a", tools=["web_search"], allowed_domains=domains)]))


@pytest.mark.parametrize(
    ("data", "label"),
    [
        ({"label": "Question"}, "Question"),
        ({"agentName": "Ann", "label": "Poet"}, "Ann"),
        ({"name": "Ann", "agentName": "Bob"}, "Ann"),
        ({"label": " "}, None),
        ({"label": {"text": "x"}}, None),
        ({}, None),
    ],
)
def test_a_step_of_any_kind_has_the_name_or_label_of_its_node(
    data: dict[str, JSON], label: str | None
) -> None:
    nodes = [node("a"), node("b", "input", **data), node("c", "output", **data)]
    raw = drawing(nodes, [edge("b", "c")])
    assert [step.label for step in flow_of(raw).steps] == [None, label, label]
