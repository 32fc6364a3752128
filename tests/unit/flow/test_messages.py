"""What a problem says, word for word: what was expected, what came, what to do."""

import pytest

from shared.flow import JSON, Invalid, parse
from tests.unit.flow.drawing import agent, condition, drawing, edge, joined, node, problem_of


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (drawing([]), "expected at least one node to execute, such as an agent, came none"),
        (drawing([node("a"), node("a")]), 'expected each node id once, came "a" 2 times'),
        (
            drawing([node("a")], [edge("a", "ghost")]),
            'the edge from "a" to "ghost" expects a node "ghost", which is not there; '
            "add it or remove the edge",
        ),
        (drawing([node("a")], [edge("a", "a")]), 'node "a" has an edge to itself; remove it'),
        (
            drawing([node("a"), node("g", "group")], [edge("a", "g"), edge("g", "a")]),
            'group "g" passes nothing on; lead edges around it',
        ),
        (
            drawing([node("a"), node("x", "webhook")], [edge("x", "a")]),
            'node "x": expected agent, merge, template, condition, approval, input or output as '
            'the type of a connected node, came "webhook"',
        ),
        (
            drawing([node("a"), node("out", "output")]),
            'output "out" is reached by no edge; connect or remove it',
        ),
        (
            drawing([node("a", "agent")]),
            'node "a": expected an agent_id or instructions, came neither',
        ),
        (
            drawing([agent("a", tools=["telescope"])]),
            'node "a": expected web_search, web_fetch or a tool of the workspace, came "telescope"',
        ),
        (
            drawing([agent("a", allowed_domains=["https://x.org"])]),
            'node "a": expected a domain like example.org or example.org/docs, without https://, '
            'came "https://x.org"',
        ),
        (
            drawing([agent("a", pool="gpu")]),
            'node "a": expected one of the pools default, local, came "gpu"',
        ),
        (
            drawing([node("ok", "approval", approvers=["ada"])]),
            "nodes[0].data.approvers[0]: expected an e-mail, the id of a user, or member or admin "
            'for all of a role, came the text "ada"',
        ),
        (
            drawing([node("ok", "approval", approvers=[])]),
            "nodes[0].data.approvers: expected a list of 1 to 50 approvers, came a list",
        ),
        (drawing([condition("if")]), 'node "if": expected 1 to 100 branches, came 0'),
        (
            drawing([condition("if", "yes", "yes")]),
            'node "if", branch "yes": expected a handle that is not empty, used before, or else',
        ),
        (
            drawing([condition("if", "yes"), node("z")], [edge("if", "z")]),
            'the edge from "if" to "z": expected one of "else", "yes" as sourceHandle, came none',
        ),
        (
            drawing([node("ok", "approval"), node("z")], [edge("ok", "z", "no")]),
            'the edge from "ok" to "z": expected one of "approved", "rejected" as sourceHandle, '
            'came "no"',
        ),
        (
            drawing([node("m", "merge", strategy="template")]),
            'node "m": expected a template for this strategy, came none',
        ),
        (
            joined("a-b", "b-c", "c-d", "d-e", "e-a"),
            'these nodes wait for each other: "a", "b", "c", "d", "e"; remove an edge among them',
        ),
        (
            joined("a-b", "b-c", "c-d", "d-e", "e-f", "f-a"),
            'these nodes wait for each other: "a", "b", "c", "d", "e" and 1 more; '
            "remove an edge among them",
        ),
        (
            drawing([node("t", template="{{topic}}")]),
            'node "t": expected {{input}}, {{variables.NAME}}, {{nodes.ID.output}} or '
            '{{nodes.ID.json.PATH}} in the template, came "{{topic}}"',
        ),
        (
            drawing([node("t", template="{{nodes.ghost.output}}")]),
            'node "t": expected the id of a step in the template, came "ghost"',
        ),
        (
            drawing([node("t", template="{{nodes.a.output}}"), node("a")]),
            'node "t": it uses the output of "a", which need not have finished by then; '
            "lead a path from that node to this one",
        ),
        (
            {"nodes": [None] * 20_001},
            "expected at most 20,000 nodes, came 20,001",
        ),
    ],
)
def test_a_problem_says_in_full_what_was_expected_and_what_came(raw: JSON, message: str) -> None:
    assert problem_of(raw).message == message


def test_an_agent_that_is_not_there_is_named() -> None:
    invalid = parse(drawing([agent("a")]), known_agents=[])
    assert isinstance(invalid, Invalid)
    assert [p.message for p in invalid.problems] == ['node "a": there is no agent "agent-a"']
