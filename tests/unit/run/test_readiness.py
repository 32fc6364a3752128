"""When a step begins, when it never will, and what it is given."""

from shared.run import facts as f
from shared.run.content import ContentRef
from tests.unit.flow.drawing import agent, drawing, edge, joined, node
from tests.unit.run.tale import BUSY, Tale

FORK = drawing(
    [
        node("ask", "condition", branches=[{"handle": "yes", "expression": "true"}]),
        node("left"),
        node("right"),
        node("after"),
        node("join", "merge"),
    ],
    [
        edge("ask", "left", "yes"),
        edge("ask", "right", "else"),
        edge("right", "after"),
        edge("left", "join"),
        edge("after", "join"),
    ],
)


def test_a_run_starts_and_its_roots_are_ready_at_once() -> None:
    tale = Tale(joined("a-c", "b-c"))
    assert tale.settle() == [
        "started",
        "step.0.1.ready.local.shared",
        "step.1.1.ready.local.shared",
    ]


def test_a_run_s_start_tells_how_many_steps_its_flow_has() -> None:
    tale = Tale(joined("a-c", "b-c"))
    tale.settle()
    told = [each.fact for each in tale.history if isinstance(each.fact, f.RunStarted)]
    assert [fact.steps for fact in told] == [3]


def test_a_step_is_ready_when_its_last_input_completed() -> None:
    tale = Tale(joined("a-c", "b-c"))
    tale.settle()
    assert tale.complete("b") == []
    assert tale.status("c") == "waiting_inputs"
    assert tale.complete("a") == ["step.2.1.ready.local.shared"]


def test_an_agent_is_ready_in_the_pool_of_model_calls_and_says_its_kind() -> None:
    tale = Tale(drawing([agent("poet")]))
    assert "step.0.1.ready.default.shared" in tale.settle()
    ready = tale.said(f.StepReady, "step.0.1.ready.default.shared")
    assert (ready.kind, ready.node, ready.pool, ready.queue) == (
        "agent",
        "poet",
        "default",
        "shared",
    )


def test_a_pool_named_by_a_node_is_where_its_step_waits() -> None:
    tale = Tale(drawing([agent("poet", pool="local")]))
    assert "step.0.1.ready.local.shared" in tale.settle()


def test_every_attempt_waits_in_the_queue_that_the_run_names() -> None:
    tale = Tale(drawing([node("a"), agent("b")], [edge("a", "b")]), queue="shared3")
    assert "step.0.1.ready.local.shared3" in tale.settle()
    tale.fail("a", BUSY)
    assert tale.due("a", "retry") == ["step.0.2.ready.local.shared3"]
    assert tale.complete("a") == ["step.1.1.ready.default.shared3"]


def test_only_the_branch_that_was_taken_goes_on() -> None:
    tale = Tale(FORK)
    tale.settle()
    told = tale.complete("ask", take=["yes"])
    ask, left, right = (tale.step(name).number for name in ("ask", "left", "right"))
    assert f"step.{left}.1.ready.local.shared" in told
    assert f"step.{right}.skipped" in told
    assert tale.status("ask") == "completed"
    assert ask == 0


def test_skipping_goes_on_to_those_that_had_no_other_input() -> None:
    tale = Tale(FORK)
    tale.settle()
    tale.complete("ask", take=["yes"])
    assert [tale.status(name) for name in ("right", "after")] == ["skipped", "skipped"]


def test_a_merge_never_waits_for_a_branch_that_was_not_taken() -> None:
    tale = Tale(FORK)
    tale.settle()
    tale.complete("ask", take=["yes"])
    told = tale.complete("left")
    join = tale.step("join").number
    assert told == [f"step.{join}.1.ready.local.shared"]
    ready = tale.said(f.StepReady, told[0])
    assert [given.node for given in ready.inputs] == ["left"]


def test_a_merge_of_branches_of_which_none_was_taken_is_skipped() -> None:
    tale = Tale(FORK)
    tale.settle()
    tale.complete("ask", take=[])
    assert tale.status("join") == "skipped"


def test_several_branches_may_be_taken() -> None:
    tale = Tale(FORK)
    tale.settle()
    tale.complete("ask", take=["yes", "else"])
    assert [tale.status(name) for name in ("left", "right")] == ["ready", "ready"]


def test_two_edges_between_the_same_steps_are_one_input_if_either_is_alive() -> None:
    nodes = [
        node("ask", "condition", branches=[{"handle": "yes", "expression": "true"}]),
        node("b"),
    ]
    tale = Tale(drawing(nodes, [edge("ask", "b", "yes"), edge("ask", "b", "else")]))
    tale.settle()
    tale.complete("ask", take=["else"])
    ready = tale.said(f.StepReady, "step.1.1.ready.local.shared")
    assert [given.step for given in ready.inputs] == [0]


def test_inputs_are_references_in_topological_order() -> None:
    tale = Tale(joined("a-b", "a-d", "b-c", "c-d"))
    tale.settle()
    for name in "abc":
        tale.complete(name)
    ready = tale.said(f.StepReady, "step.3.1.ready.local.shared")
    assert [(given.step, given.node, given.attempt) for given in ready.inputs] == [
        (0, "a", 1),
        (2, "c", 1),
    ]
    assert {given.content for given in ready.inputs} == {None}
    assert [given.sources() for given in ready.inputs] == [
        (ContentRef(step=0, attempt=1),),
        (ContentRef(step=2, attempt=1),),
    ]


def test_a_root_is_given_no_inputs_which_means_the_runs_input() -> None:
    tale = Tale(joined("a-b"))
    tale.settle()
    assert tale.said(f.StepReady, "step.0.1.ready.local.shared").inputs == ()


def test_an_input_completes_at_once_and_passes_the_runs_input_on() -> None:
    tale = Tale(drawing([node("in", "input"), node("a")], [edge("in", "a")]))
    assert "step.0.1.finished" in tale.settle()
    entered = tale.said(f.StepCompleted, "step.0.1.finished")
    assert entered.output is None
    assert entered.content == (ContentRef(step=0, attempt=1),)
    assert (entered.output_sha256, entered.size_bytes) == ("sha-of-words", 5)


def test_an_output_passes_on_by_reference_what_its_inputs_carry() -> None:
    nodes = [node("a"), node("b"), node("out", "output"), node("c")]
    tale = Tale(drawing(nodes, [edge("a", "out"), edge("b", "out"), edge("out", "c")]))
    tale.settle()
    tale.complete("a", "one")
    tale.complete("b", "three")
    out = tale.step("out").number
    passed = tale.said(f.StepCompleted, f"step.{out}.1.finished")
    assert passed.output is None
    assert passed.content == (ContentRef(step=0, attempt=1), ContentRef(step=1, attempt=1))
    assert passed.size_bytes == len("one\n\nthree")
    assert [given.node for given in passed.inputs] == ["a", "b"]
    ready = tale.said(f.StepReady, f"step.{tale.step('c').number}.1.ready.local.shared")
    assert [given.sources() for given in ready.inputs] == [passed.content]


def test_what_passes_one_text_on_passes_its_hash_on() -> None:
    tale = Tale(drawing([node("a"), node("out", "output")], [edge("a", "out")]))
    tale.settle()
    tale.complete("a", "one")
    passed = tale.said(f.StepCompleted, "step.1.1.finished")
    assert (passed.output_sha256, passed.size_bytes) == ("sha-a", 3)


def test_a_second_attempts_output_is_what_successors_are_given() -> None:
    raw = drawing(
        [node("a", retry={"initial_seconds": 0, "jitter": 0}), node("b")], [edge("a", "b")]
    )
    tale = Tale(raw)
    tale.settle()
    tale.fail("a", BUSY)
    tale.due("a", "retry")
    tale.complete("a")
    ready = tale.said(f.StepReady, "step.1.1.ready.local.shared")
    assert [given.attempt for given in ready.inputs] == [2]
