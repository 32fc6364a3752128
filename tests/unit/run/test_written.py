"""What a run writes is counted, and one that writes too much ends."""

from shared.run import facts as f
from shared.run.content import Cause, Limits
from tests.unit.flow.drawing import drawing, edge, joined, node
from tests.unit.run.tale import Tale

INPUT_BYTES = 5  # what every tale begins with
AT_MOST = Limits(max_written_bytes=25)
SPENT = Cause(code="run_too_large", message="no more")


def begun(*pairs: str, limits: Limits = AT_MOST) -> Tale:
    """A run of templates with its first steps ready."""
    tale = Tale(joined(*pairs), limits=limits)
    tale.settle()
    return tale


def test_a_ready_step_says_what_was_written_before_it() -> None:
    tale = begun("a-b", "b-c")
    tale.complete("a", "x" * 7)
    tale.complete("b", "x" * 8)
    ready = [tale.said(f.StepReady, f"step.{n}.1.ready.local.shared") for n in range(3)]
    assert [each.written_bytes for each in ready] == [INPUT_BYTES, 12, 20]


def test_a_run_that_writes_more_than_it_may_ends() -> None:
    tale = begun("a-b", "b-c")
    tale.complete("a", "x" * 10)
    assert tale.complete("b", "x" * 11) == ["stopping", "finished"]
    error = tale.said(f.RunFailed, "finished").error
    assert error.code == "run_too_large"
    assert error.message == "the run wrote 26 bytes of at most 25"
    assert tale.status("c") == "cancelled"


def test_a_run_that_writes_just_what_it_may_goes_on() -> None:
    tale = begun("a-b")
    tale.complete("a", "x" * 20)
    assert tale.complete("b", "") == ["finished"]
    tale.said(f.RunCompleted, "finished")


def test_what_only_passes_texts_on_writes_nothing() -> None:
    raw = drawing(
        [node("in", "input"), node("a", "template"), node("out", "output")],
        [edge("in", "a"), edge("a", "out")],
    )
    tale = Tale(raw, limits=AT_MOST)
    tale.settle()
    tale.complete("a", "x" * 20)
    tale.said(f.RunCompleted, "finished")
    assert tale.state.written_bytes == 25


def test_a_run_without_such_a_limit_writes_what_it_likes() -> None:
    tale = begun("a-b", limits=Limits())
    tale.complete("a", "x" * 1_000)
    tale.complete("b", "x" * 1_000)
    tale.said(f.RunCompleted, "finished")


def test_a_step_that_may_write_no_more_ends_the_run_also_where_failures_are_survived() -> None:
    raw = drawing(
        [node("a", "template", on_error="continue"), node("b", "template")], [edge("a", "b")]
    )
    tale = Tale(raw)
    tale.settle()
    assert tale.fail("a", SPENT) == ["stopping", "finished"]
    assert tale.said(f.RunFailed, "finished").error == SPENT.model_copy(
        update={"step": 0, "node": "a"}
    )
