"""Tools of MCP servers in a flow: it says all that its models are told."""

from __future__ import annotations

from shared.flow import Flow, parse
from shared.tools import McpTool
from tests.unit.flow.drawing import agent, drawing, problem_of
from tests.unit.tools.mcp_tools import find, mcp_tool


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
