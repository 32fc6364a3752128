"""Tools of MCP servers in a flow: it says all that its models are told."""

from __future__ import annotations

from shared.flow import JSON, Flow, parse
from shared.flow.work import AgentWork
from shared.tools import McpTool
from shared.tools.offered import offered_by
from tests.unit.flow.drawing import agent, drawing, problem_of
from tests.unit.tools.mcp_tools import find, mcp_tool

HTTP: dict[str, JSON] = {
    "description": "Finds.",
    "kind": "http",
    "input_schema": {"type": "object"},
    "http": {"method": "GET", "url": "https://example.com/"},
}


def with_tools(*tools: McpTool) -> object:
    return drawing([agent("a", tools=[each.model_dump(mode="json") for each in tools])])


def test_a_tool_with_its_listing_is_as_it_should_be() -> None:
    assert isinstance(parse(with_tools(mcp_tool(listed=(find(),)))), Flow)


def test_a_tool_without_its_listing_is_a_problem_that_names_it() -> None:
    problem = problem_of(with_tools(mcp_tool()))
    assert (problem.code, problem.nodes) == ("bad_tool", ("a",))
    assert problem.message == (
        'node "a", tool "notes", listed: expected what its server lists, got none'
    )


def test_two_servers_tools_of_one_name_are_a_problem() -> None:
    first = mcp_tool(tools=("b.c",), listed=(find("b.c"),))
    second = mcp_tool(tools=("c",), listed=(find("c"),)).model_copy(update={"name": "notes_b"})
    problem = problem_of(with_tools(first, second))
    assert problem.code == "duplicate_tool"
    assert '"notes_b_c" 2 times' in problem.message


def test_a_tool_that_a_model_would_take_for_one_of_the_providers_is_a_problem() -> None:
    server = mcp_tool(tools=("search",), listed=(find("search"),))
    drawn = server.model_copy(update={"name": "web"})
    problem = problem_of(with_tools(drawn))
    assert problem.code == "bad_tool"
    assert "a name that no tool of a provider has, got web_search" in problem.message
    named = problem_of(drawing([agent("a", tools=[{**HTTP, "name": "code_execution"}])]))
    assert "got code_execution" in named.message


def test_a_flow_that_was_stored_before_a_name_was_taken_is_still_read() -> None:
    drawn = with_tools(
        mcp_tool(tools=("search",), listed=(find("search"),)).model_copy(update={"name": "web"})
    )
    flow = parse(drawn, is_stored=True)
    assert isinstance(flow, Flow)
    [work] = [step.work for step in flow.steps]
    assert isinstance(work, AgentWork)
    assert [each.name for each in offered_by(work.own_tools, is_saved=True)] == ["web_search"]
