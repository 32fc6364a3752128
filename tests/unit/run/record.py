"""Records golden histories that are not there yet: `python -m tests.unit.run.record`.

One that is there is never written again.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta

from shared.run import KeptStep, evolve, initial
from shared.run import facts as f
from shared.run.content import Blob, KeptDecision, Limits, Usage
from tests.unit.flow.drawing import Drawn, agent, condition, drawing, edge, node
from tests.unit.run import tool_tale
from tests.unit.run.golden import FOLDER, first_line, line_of
from tests.unit.run.tale import BUSY, DAWN, IDENTITY, ForkOf, Tale

Scenario = Callable[[], tuple[Drawn, Tale]]


def three_agents() -> tuple[Drawn, Tale]:
    names = ("plan", "write", "check")
    nodes = [node("in", "input"), *(agent(name) for name in names), node("out", "output")]
    ways = [edge("in", "plan"), edge("plan", "write"), edge("plan", "check")]
    raw = drawing(nodes, [*ways, edge("write", "out"), edge("check", "out")])
    tale = Tale(raw, limits=Limits(deadline_seconds=600, max_total_tokens=10_000))
    tale.settle()
    for name in names:
        tale.start(name)
        turn = f.StepTurn(
            **tale.at(name),
            turn=1,
            execution=1,
            model="claude-haiku-4-5",
            content='[{"type":"text","text":"done"}]',
            stop_reason="end_turn",
            usage=Usage(input_tokens=20, output_tokens=3),
        )
        tale.record(turn)
        tale.complete(name, tokens=23)
    return raw, tale


def branches() -> tuple[Drawn, Tale]:
    ask = node("ask", "condition", branches=[{"handle": "yes", "expression": "json.ok"}])
    nodes = [ask, node("left"), node("right"), node("after"), node("join", "merge")]
    ways = [edge("ask", "left", "yes"), edge("ask", "right", "else"), edge("right", "after")]
    raw = drawing(nodes, [*ways, edge("left", "join"), edge("after", "join")])
    tale = Tale(raw)
    tale.settle()
    tale.complete("ask", take=["yes"])
    tale.complete("left")
    tale.complete("join")
    return raw, tale


def retries() -> tuple[Drawn, Tale]:
    raw = drawing([node("a"), node("b", on_error="continue"), node("c")], [edge("a", "c")])
    tale = Tale(raw)
    tale.settle()
    tale.start("a")
    tale.fail("a", BUSY.model_copy(update={"retry_after_seconds": 8.5}))
    tale.fail("b")
    tale.due("a", "retry")
    tale.start("a")
    tale.release("a")
    tale.start("a", execution=2)
    tale.complete("a")
    tale.complete("c")
    return raw, tale


def failure() -> tuple[Drawn, Tale]:
    raw = drawing([node("a"), node("b"), node("c")], [edge("a", "c"), edge("b", "c")])
    tale = Tale(raw)
    tale.settle()
    tale.fail("a")
    tale.stop_due()
    return raw, tale


def cancel() -> tuple[Drawn, Tale]:
    raw = drawing([agent("a"), agent("b"), node("ok", "approval")])
    tale = Tale(raw)
    tale.settle()
    tale.start("a")
    tale.cancel()
    tale.abort("a")
    tale.stop_due()
    return raw, tale


def cancel_at_once() -> tuple[Drawn, Tale]:
    raw = drawing([node("a"), node("b"), node("c")])
    tale = Tale(raw, limits=Limits(deadline_seconds=60))
    tale.settle()
    tale.start("a")
    tale.start("b")
    tale.release("b")
    tale.cancel()
    tale.start("c")
    tale.abort("a")
    return raw, tale


def approvals() -> tuple[Drawn, Tale]:
    asks = [node("one", "approval", prompt="Ship it?", timeout_seconds=60, default="reject")]
    asks.append(node("two", "approval"))
    ways = [edge("a", "one"), edge("a", "two"), edge("one", "b", "approved")]
    raw = drawing([node("a"), *asks, node("b"), node("c")], [*ways, edge("two", "c", "approved")])
    tale = Tale(raw)
    tale.settle()
    tale.complete("a")
    tale.due("one", "approval")
    tale.record(f.StepDecided(**tale.at("one"), decision="approve", decided_by="ada"))
    tale.decide("two")
    tale.complete("c")
    return raw, tale


def delayed_and_overdue() -> tuple[Drawn, Tale]:
    raw = drawing([node("a", queue_seconds=30)])
    start = DAWN + timedelta(hours=1)
    tale = Tale(raw, limits=Limits(deadline_seconds=60), start_at=start.isoformat())
    tale.settle()
    tale.now = start
    tale.record(f.RunStartDue(**IDENTITY))
    tale.settle()
    tale.deadline()
    tale.abort("a")
    return raw, tale


def no_output() -> tuple[Drawn, Tale]:
    raw = drawing([node("a", on_error="continue", queue_seconds=30), node("b")], [edge("a", "b")])
    tale = Tale(raw)
    tale.settle()
    tale.due("a", "queue")
    return raw, tale


def large_bodies() -> tuple[Drawn, Tale]:
    raw = drawing([node("a")])
    tale = Tale(raw)
    tale.settle()
    large = Blob(blob="ab" * 32, size_bytes=70_000)
    done = f.StepCompleted(**tale.at("a"), output=large, output_sha256="ab" * 32, size_bytes=70_000)
    tale.record(done)
    tale.settle()
    return raw, tale


def turns() -> tuple[Drawn, Tale]:
    raw = drawing([agent("ask")], [])
    tale = Tale(raw)
    tale.settle()
    tale.start("ask")
    for number, text in enumerate(("said", Blob(blob="cd" * 32, size_bytes=70_000)), 1):
        turn = f.StepTurn(
            **tale.at("ask"),
            turn=number,
            execution=1,
            provider="anthropic",
            model="claude-haiku-5-5",
            text=text,
            content=Blob(blob="ab" * 32, size_bytes=5_000),
            stop_reason="pause_turn",
            usage=Usage(input_tokens=20, output_tokens=3, thinking_tokens=1),
        )
        tale.record(turn)
    tale.complete("ask", tokens=46)
    return raw, tale


def fork() -> tuple[Drawn, Tale]:
    """Begun again at the step behind a condition, and ended before the last."""
    nodes = [node("in", "input"), agent("plan"), condition("if", "yes"), agent("left")]
    ways = [edge("in", "plan"), edge("plan", "if"), edge("if", "left", "yes")]
    more = [edge("if", "right", "else"), edge("left", "join"), edge("right", "join")]
    raw = drawing([*nodes, agent("right"), node("join", "merge")], [*ways, *more])
    plan = Blob(blob="ab" * 32, size_bytes=9)
    kept = (
        KeptStep(step=0, output_sha256="sha-of-words", size_bytes=5),
        KeptStep(step=1, output=plan, output_sha256="ab" * 32, size_bytes=9),
        KeptStep(step=2, output_sha256="ab" * 32, size_bytes=9, branches=("yes",)),
    )
    tale = Tale(raw, fork=ForkOf({each.step: each for each in kept}, until=(3, 4)))
    tale.settle()
    tale.start("left")
    tale.complete("left", tokens=7)
    return raw, tale


def retry() -> tuple[Drawn, Tale]:
    """What failed is tried again, and nobody is asked again what was answered."""
    raw = drawing([node("ok", "approval"), agent("a")], [edge("ok", "a", "approved")])
    ada = KeptDecision(decision="approve", decided_by="ada", comment="go on", run="run-0")
    answered = KeptStep(step=0, output_sha256="x", size_bytes=5, branches=("approved",))
    kept = {0: answered.model_copy(update={"decided": ada})}
    tale = Tale(raw, fork=ForkOf(kept))
    tale.settle()
    tale.start("a")
    tale.complete("a")
    return raw, tale


def fork_of_a_cut_answer() -> tuple[Drawn, Tale]:
    """What is kept is an answer that the model had no room to finish."""
    return _fork_of(agent("b"), stop_reason="max_tokens", truncated=True)


def fork_of_json() -> tuple[Drawn, Tale]:
    """What is kept is an answer that fits a schema."""
    return _fork_of(node("b", "merge", strategy="json"), json=True)


def _fork_of(last: Drawn, **said: object) -> tuple[Drawn, Tale]:
    """A step behind an answer that is kept, of which this is said."""
    raw = drawing([agent("a"), last], [edge("a", "b")])
    text = Blob(blob="ab" * 32, size_bytes=9)
    kept = {"step": 0, "output": text, "output_sha256": text.blob, "size_bytes": 9, **said}
    tale = Tale(raw, fork=ForkOf({0: KeptStep.model_validate(kept)}))
    tale.settle()
    tale.start("b")
    tale.complete("b")
    return raw, tale


def queued() -> tuple[Drawn, Tale]:
    """All attempts of all steps wait in the queue that the run was asked for with."""
    raw = drawing([agent("a"), node("b")], [edge("a", "b")])
    tale = Tale(raw, queue="batch2")
    tale.settle()
    tale.fail("a", BUSY)
    tale.due("a", "retry")
    tale.complete("a")
    tale.complete("b")
    return raw, tale


def limited() -> tuple[Drawn, Tale]:
    """The provider's limit is reached once, and then the one attempt there is succeeds."""
    raw = drawing([agent("a", retry={"max_attempts": 1})])
    tale = Tale(raw)
    tale.settle()
    tale.hand_back("a")
    tale.due("a", "retry")
    tale.start("a")
    tale.complete("a")
    return raw, tale


SCENARIOS: tuple[Scenario, ...] = (
    three_agents,
    tool_tale.tools,
    turns,
    branches,
    retries,
    failure,
    cancel,
    cancel_at_once,
    approvals,
    delayed_and_overdue,
    no_output,
    large_bodies,
    fork,
    retry,
    fork_of_a_cut_answer,
    fork_of_json,
    queued,
    limited,
)


def lines_of(raw: Drawn, tale: Tale) -> list[str]:
    """The lines of a golden history."""
    kept = tale.state.kept
    lines, state = [first_line(raw, kept)], initial(tale.flow, kept)
    for recorded in tale.history:
        state = evolve(state, recorded)
        lines.append(line_of(recorded, state))
    return lines


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for scenario in SCENARIOS:
        path = FOLDER / f"{scenario.__name__}.jsonl"
        if not path.exists():
            path.write_text("\n".join(lines_of(*scenario())) + "\n")
            sys.stdout.write(f"recorded {path.name}\n")


if __name__ == "__main__":
    main()
