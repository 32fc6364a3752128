"""What a valid drawing becomes."""

import pytest

from shared.flow import (
    AgentWork,
    ApprovalWork,
    Branch,
    ConditionWork,
    Edge,
    InputWork,
    MergeWork,
    OutputWork,
    RetryPolicy,
    TemplateWork,
    version_of,
)
from tests.unit.flow.drawing import agent, drawing, edge, flow_of, joined, node, problem_of


def test_steps_are_numbered_in_topological_order_with_ties_by_place_in_the_array() -> None:
    flow = flow_of(joined("c-d", "a-d", "b-d", "d-e"))
    assert [step.node for step in flow.steps] == ["c", "a", "b", "d", "e"]
    assert [step.number for step in flow.steps] == [0, 1, 2, 3, 4]


def test_a_step_knows_its_edges_in_the_order_of_their_other_ends() -> None:
    flow = flow_of(joined("b-d", "c-d", "a-b", "a-c"))
    assert [step.node for step in flow.steps] == ["a", "b", "c", "d"]
    assert flow.steps[3].inputs == (Edge(1, 3), Edge(2, 3))
    assert flow.steps[0].outputs == (Edge(0, 1), Edge(0, 2))


def test_a_repeated_edge_counts_once_but_each_handle_counts() -> None:
    edges = [edge("a", "b"), edge("a", "b"), edge("a", "b", "x"), {**edge("a", "b"), "id": "e9"}]
    flow = flow_of(drawing([node("a"), node("b")], edges))
    assert flow.steps[1].inputs == (Edge(0, 1), Edge(0, 1, "x"))


def test_edges_between_the_same_two_steps_are_in_the_order_of_their_handles() -> None:
    edges = [edge("a", "b", "y"), edge("a", "b", "A"), edge("a", "b")]
    flow = flow_of(drawing([node("a"), node("b")], edges))
    assert flow.steps[1].inputs == (Edge(0, 1), Edge(0, 1, "A"), Edge(0, 1, "y"))
    assert flow.steps[0].outputs == flow.steps[1].inputs


def test_a_flow_is_named_by_the_version_of_its_drawing() -> None:
    raw = joined("a-b")
    assert flow_of(raw).version == version_of(raw)


def test_without_output_nodes_the_sinks_are_the_result_in_topological_order() -> None:
    assert flow_of(joined("a-d", "a-c", "d-e")).sinks == (2, 3)


def test_output_nodes_are_the_result_if_there_are_any() -> None:
    nodes = [node("a"), node("b"), node("out", "output")]
    assert flow_of(drawing(nodes, [edge("a", "b"), edge("a", "out")])).sinks == (2,)


def test_a_step_is_found_by_its_node_id() -> None:
    flow = flow_of(joined("a-b"))
    assert flow.step_of("b").number == 1
    with pytest.raises(KeyError):
        flow.step_of("c")


def test_every_kind_of_node_becomes_its_kind_of_work() -> None:
    nodes = [
        node("in", "input"),
        agent("ask", instructions="Be brief.", model="m", max_tokens=9, tools=["web_search"]),
        node("all", "merge"),
        node("text", template="x"),
        node("if", "condition", branches=[{"handle": "yes", "expression": "output == 'x'"}]),
        node(
            "ok",
            "approval",
            prompt="Fine?",
            timeout_seconds=60,
            default="reject",
            approvers=["Ada@Example.org", "admin"],
        ),
        node("out", "output"),
    ]
    chain = [edge("in", "ask"), edge("ask", "all"), edge("all", "text"), edge("text", "if")]
    ways = [edge("if", "ok", "yes"), edge("ok", "out", "approved"), edge("if", "out", "else")]
    assert [step.work for step in flow_of(drawing(nodes, chain + ways)).steps] == [
        InputWork(),
        AgentWork(
            agent_id="agent-ask",
            name="ask",
            instructions="Be brief.",
            model="m",
            max_tokens=9,
            tools=("web_search",),
        ),
        MergeWork(strategy="concat"),
        TemplateWork(template="x"),
        ConditionWork(branches=(Branch(handle="yes", expression="output == 'x'"),)),
        ApprovalWork(
            prompt="Fine?",
            timeout_seconds=60,
            default="reject",
            approvers=("ada@example.org", "admin"),
        ),
        OutputWork(),
    ]


def test_limits_have_the_documented_defaults() -> None:
    step = flow_of(drawing([agent("a")])).steps[0]
    assert step.retry == RetryPolicy(
        max_attempts=3, initial_seconds=5, factor=1, max_seconds=60, jitter=0.1
    )
    times = (step.timeout_seconds, step.first_token_seconds, step.idle_seconds, step.queue_seconds)
    assert times == (600, 120, 60, None)
    assert step.quiet_seconds == 600
    assert (step.pool, step.on_error) == ("default", "fail")
    assert flow_of(joined("a-b")).steps[0].pool == "local"


def test_a_node_sets_its_own_limits_and_null_sets_nothing() -> None:
    raw = agent("a", pool="local", retry={"max_attempts": 5}, timeout_seconds=30.5)
    own = flow_of(drawing([raw])).steps[0]
    assert (own.pool, own.retry.max_attempts, own.timeout_seconds) == ("local", 5, 30.5)
    nulls = agent("a", pool=None, retry=None, timeout_seconds=None, tools=None, name=None)
    assert flow_of(drawing([nulls])).steps[0] == flow_of(drawing([agent("a")])).steps[0]


def test_every_limit_of_a_node_is_its_steps() -> None:
    raw = agent(
        "a",
        pool="local",
        retry={"max_attempts": 9, "factor": 2},
        timeout_seconds=1,
        queue_seconds=2,
        first_token_seconds=3,
        idle_seconds=4,
        quiet_seconds=5,
        on_error="continue",
    )
    step = flow_of(drawing([raw])).steps[0]
    assert step.retry == RetryPolicy(max_attempts=9, factor=2)
    times = (step.timeout_seconds, step.queue_seconds, step.first_token_seconds, step.idle_seconds)
    assert times == (1, 2, 3, 4)
    assert step.quiet_seconds == 5
    assert (step.pool, step.on_error) == ("local", "continue")


def test_a_whole_number_is_one_however_it_is_written() -> None:
    raw = drawing([agent("a", max_tokens=200.0, max_uses=3.0, retry={"max_attempts": 2.0})])
    written = flow_of(raw).steps[0]
    assert isinstance(written.work, AgentWork)
    assert (written.work.max_tokens, written.work.max_uses) == (200, 3)
    assert written.retry.max_attempts == 2
    assert problem_of(drawing([agent("a", max_uses=3.5)])).nodes == ("a",)


def test_decoration_is_left_out() -> None:
    nodes = [node("n", "note"), node("g", "group"), node("sticky", "sticky"), node("a")]
    flow = flow_of(drawing(nodes, [edge("n", "a"), edge("a", "g")]))
    assert [step.node for step in flow.steps] == ["a"]
    assert flow.steps[0].inputs == ()
    assert flow.sinks == (0,)


def test_variables_are_those_of_instructions_and_templates() -> None:
    nodes = [
        agent("a", instructions="For {{audience}} on {{ topic }}."),
        node("t", template="{{variables.tone}} {{input}}"),
        node("m", "merge", strategy="template", template="{{variables.end}}"),
        node("unused", "merge", template="{{variables.never}}"),
    ]
    assert flow_of(drawing(nodes)).variables == {"audience", "topic", "tone", "end"}


@pytest.mark.parametrize(
    "strange",
    ["a.b", "*", ">", "two words", "a/b", "是否重复", "🦊", "On clicking 'x'", "x" * 10_000],
)
def test_any_text_is_a_node_id(strange: str) -> None:
    last = node("last", template=f"{{{{nodes.{strange}.output}}}}")
    flow = flow_of(drawing([node(strange), last], [edge(strange, "last")]))
    assert flow.step_of(strange).outputs == (Edge(0, 1),)


def test_a_drawing_may_have_no_edges_at_all() -> None:
    assert len(flow_of({"nodes": [node("a")]}).steps) == 1


def test_a_template_may_use_all_that_meet_in_it() -> None:
    text = "{{nodes.a.output}}{{nodes.b.output}}{{nodes.c.output}}"
    nodes = [node("a"), node("b"), node("c"), node("d", template=text)]
    edges = [edge("a", "d"), edge("b", "d"), edge("c", "d")]
    assert len(flow_of(drawing(nodes, edges)).steps) == 4


def test_a_template_may_use_any_step_upstream() -> None:
    raw = joined("a-b", "b-c")
    nodes = [node("a"), node("b"), node("c", template="{{nodes.a.output}}{{nodes.b.output}}")]
    assert len(flow_of({**raw, "nodes": nodes}).steps) == 3
