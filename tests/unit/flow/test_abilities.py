"""What agents may ask of their models, and what stands in a flow where they say nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import pytest

from shared.flow import (
    JSON,
    AgentWork,
    Flow,
    Invalid,
    Offer,
    Step,
    ThinkingBudget,
    inline_agents,
    model_warnings_of,
    parse,
    with_defaults,
)
from shared.models import Capabilities, capabilities
from tests.unit.flow.drawing import Drawn, agent, drawing, node, problem_of

MODELS = partial(capabilities, at=datetime(2026, 11, 20, tzinfo=UTC))
DEFAULT = "claude-haiku-5-5"


def whole(**data: JSON) -> JSON:
    """A drawing of one agent, as the api makes it self-contained."""
    return with_defaults(drawing([agent("a", **data)]), MODELS, DEFAULT)


def step_of(raw: JSON) -> tuple[Step, AgentWork]:
    flow = parse(raw, offer=Offer(MODELS))
    assert isinstance(flow, Flow), flow
    work = flow.steps[0].work
    assert isinstance(work, AgentWork)
    return flow.steps[0], work


def codes(raw: JSON) -> list[str]:
    judged = parse(raw, offer=Offer(MODELS))
    problems = judged.problems if isinstance(judged, Invalid) else ()
    assert all(problem.nodes == ("a",) for problem in problems)
    return [problem.code for problem in problems]


def test_an_agent_that_says_nothing_has_every_default_written_into_its_flow() -> None:
    step, work = step_of(whole())
    assert (work.model, work.max_tokens, work.cache) == (DEFAULT, 32_000, "auto")
    assert (work.thinking, work.effort, step.timeout_seconds) == ("adaptive", None, 3_600)


@pytest.mark.parametrize(
    ("data", "max_tokens", "thinking", "seconds"),
    [
        ({"model": "claude-haiku-4-5"}, 32_000, None, 600),
        ({"model": "claude-haiku-4-5", "tools": ["web_search"]}, 32_000, None, 3_600),
        ({"model": "claude-haiku-4-5", "tools": []}, 32_000, None, 600),
        ({"model": "one-of-mine"}, 8_192, None, 600),
        ({"model": "one-of-mine", "thinking": "adaptive"}, 8_192, "adaptive", 3_600),
        ({"thinking": "off"}, 32_000, "off", 600),
        ({"thinking": None, "timeout_seconds": 5, "max_tokens": 9}, 9, "adaptive", 5),
        (
            {"model": "claude-sonnet-4-6", "thinking": {"budget_tokens": 1024}},
            32_000,
            ThinkingBudget(budget_tokens=1_024),
            3_600,
        ),
    ],
)
def test_defaults_follow_from_the_model_and_from_what_is_said(
    data: Drawn, max_tokens: int, thinking: object, seconds: float
) -> None:
    step, work = step_of(whole(**data))
    found = (work.max_tokens, work.thinking, step.timeout_seconds)
    assert found == (max_tokens, thinking, seconds)


def test_what_an_agent_of_the_workspace_says_comes_before_a_default() -> None:
    spec: dict[str, JSON] = {"thinking": "off", "effort": "low", "cache": "off", "model": "m"}
    raw = inline_agents(drawing([agent("a", effort="high")]), {"agent-a": spec})
    _, work = step_of(with_defaults(raw, MODELS, DEFAULT))
    assert (work.thinking, work.effort, work.cache, work.model) == ("off", "high", "off", "m")


@pytest.mark.parametrize(
    "raw", [None, [], {}, {"nodes": 5}, {"nodes": [5, {"type": "agent", "data": 5}, node("n")]}]
)
def test_what_is_no_flow_is_left_for_parse_to_judge(raw: JSON) -> None:
    assert with_defaults(raw, MODELS, DEFAULT) == raw


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"model": "claude-haiku-4-5", "thinking": "adaptive"}, "unsupported_thinking"),
        ({"thinking": {"budget_tokens": 2048}}, "unsupported_thinking"),
        ({"model": "claude-opus-5-5", "thinking": "off"}, "thinking_always_on"),
        ({"thinking": "off", "effort": "max"}, "unsupported_effort"),
        ({"model": "claude-haiku-4-5", "effort": "low"}, "unsupported_effort"),
        ({"model": "claude-opus-4-5", "effort": "max"}, "unsupported_effort"),
        ({"model": "claude-sonnet-4-6", "effort": "xhigh"}, "unsupported_effort"),
        ({"max_tokens": 128_001}, "max_tokens_too_large"),
        (
            {"model": "claude-sonnet-4-6", "thinking": {"budget_tokens": 32_000}},
            "budget_too_large",
        ),
        ({"model": "mine", "thinking": {"budget_tokens": 9_000}}, "budget_too_large"),
    ],
)
def test_what_a_model_cannot_do_is_a_problem_that_names_the_node(data: Drawn, code: str) -> None:
    assert codes(whole(**data)) == [code]


@pytest.mark.parametrize(
    "data",
    [
        {"max_tokens": 128_000, "effort": "max"},
        {"model": "claude-sonnet-5-5", "thinking": "off"},
        {"model": "claude-sonnet-5-5", "thinking": "off", "effort": "high"},
        {"model": "claude-haiku-4-5-20251001", "thinking": {"budget_tokens": 31_999}},
        {"model": "claude-opus-5-5", "effort": "max"},
        {"model": "claude-opus-4-7", "thinking": "off", "max_tokens": 10**6},
        {"model": "mine", "thinking": "adaptive", "effort": "max", "max_tokens": 10**6},
    ],
)
def test_what_a_model_can_do_or_nobody_knows_is_no_problem(data: Drawn) -> None:
    assert codes(whole(**data)) == []


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            {"model": "claude-sonnet-4-6", "effort": "xhigh"},
            "expected one of the efforts low, medium, high, max, which is what claude-sonnet-4-6 "
            "has, got xhigh",
        ),
        (
            {"model": "claude-haiku-4-5", "effort": "low"},
            "expected no effort, which is what claude-haiku-4-5 has, got low",
        ),
        (
            {"thinking": "off", "effort": "max"},
            "expected one of the efforts low, medium, high while thinking is off, which is what "
            "claude-haiku-5-5 has, got max",
        ),
        (
            {"model": "claude-opus-5-5", "thinking": "off"},
            "expected thinking to be left on, which claude-opus-5-5 always does, got off",
        ),
        (
            {"model": "claude-haiku-4-5", "thinking": "adaptive"},
            "expected thinking of a kind that claude-haiku-4-5 has (a budget), got adaptive",
        ),
        (
            {"thinking": {"budget_tokens": 2_048}},
            "expected thinking of a kind that claude-haiku-5-5 has (adaptive), got a budget",
        ),
        (
            {"max_tokens": 128_001},
            "expected max_tokens of at most 128,000, the longest answer of claude-haiku-5-5, "
            "got 128,001",
        ),
        (
            {"model": "mine", "thinking": {"budget_tokens": 9_000}},
            "expected budget_tokens below max_tokens (8,192), which thinking counts towards, "
            "got 9,000",
        ),
    ],
)
def test_a_problem_says_what_the_model_has_and_what_was_asked_for(
    data: Drawn, message: str
) -> None:
    judged = parse(whole(**data), offer=Offer(MODELS))
    assert isinstance(judged, Invalid)
    assert judged.problems[0].message == f'node "a": {message}'


def test_a_model_that_never_thinks_has_thinking_off() -> None:
    def calm(model: str) -> Capabilities | None:
        known = MODELS(model)
        assert known is not None
        assert known.thinking is not None
        thinking = known.thinking.model_copy(update={"kinds": ()})
        return known.model_copy(update={"thinking": thinking})

    judged = parse(drawing([agent("a", model=DEFAULT, thinking="adaptive")]), offer=Offer(calm))
    assert isinstance(judged, Invalid)
    assert judged.problems[0].message.endswith(f"that {DEFAULT} has (off), got adaptive")


def test_every_agent_is_judged_and_what_is_not_said_by_what_the_model_has() -> None:
    budget: JSON = {"budget_tokens": 9_000}
    nodes = [
        node("n"),
        agent("nameless", effort="max"),
        agent("fits", model="claude-sonnet-4-6", thinking=budget),
        agent("bad", model="claude-haiku-4-5", effort="low"),
    ]
    judged = parse(drawing(nodes), offer=Offer(MODELS))
    assert isinstance(judged, Invalid)
    assert [(p.code, p.nodes) for p in judged.problems] == [("unsupported_effort", ("bad",))]


def test_a_model_that_is_no_text_is_left_for_parse_to_judge() -> None:
    assert codes(whole(model=5)) == ["bad_shape"]


def test_an_unknown_way_to_think_is_written_nowhere() -> None:
    raw = whole(model="mine")
    assert isinstance(raw, dict)
    assert isinstance(nodes := raw["nodes"], list)
    assert isinstance(first := nodes[0], dict)
    assert isinstance(data := first["data"], dict)
    assert "thinking" not in data


@pytest.mark.parametrize("cache", ["auto", "off"])
def test_a_stored_flow_has_the_settings_it_was_stored_with(cache: JSON) -> None:
    flow = parse(whole(effort="low", cache=cache), is_stored=True)
    assert isinstance(flow, Flow)
    work = flow.steps[0].work
    assert isinstance(work, AgentWork)
    assert (work.thinking, work.effort, work.cache) == ("adaptive", "low", cache)


def test_a_stored_flow_passes_on_what_it_was_stored_with() -> None:
    flow = parse(whole(metadata={"user_id": "u"}, service_tier="flex"), is_stored=True)
    assert isinstance(flow, Flow)
    work = flow.steps[0].work
    assert isinstance(work, AgentWork)
    assert (work.metadata, work.service_tier, work.max_turns) == ({"user_id": "u"}, "flex", 25)


@pytest.mark.parametrize(
    "thinking",
    ["on", 5, [], {"budget_tokens": 1023}, {"budget_tokens": "x"}, {"budget_tokens": 2048, "x": 1}],
)
def test_a_setting_of_no_known_shape_is_told_once(thinking: JSON) -> None:
    problem = problem_of(drawing([agent("a", thinking=thinking)]))
    assert (problem.code, problem.nodes) == ("bad_shape", ("a",))
    assert "nodes[0].data.thinking: expected adaptive, off or" in problem.message


@pytest.mark.parametrize(
    "data",
    [{"effort": "extreme"}, {"cache": "on"}, {"cache": True}, {"service_tier": "With blanks"},
     {"metadata": {"id": 5}}, {"metadata": {str(n): "" for n in range(17)}}, {"max_turns": 0}],
)  # fmt: skip
def test_a_setting_with_an_unknown_value_is_a_problem(data: Drawn) -> None:
    assert problem_of(drawing([agent("a", **data)])).code == "bad_shape"


def test_a_stored_flow_stays_valid_whatever_a_later_catalogue_says() -> None:
    def shrunken(model: str) -> Capabilities | None:
        known = MODELS(model)
        return known and known.model_copy(update={"output_tokens": 1, "efforts": ()})

    raw = whole(effort="high")
    assert isinstance(parse(raw, offer=Offer(shrunken)), Invalid)
    assert isinstance(parse(raw, is_stored=True), Flow)


@pytest.mark.parametrize(
    "data",
    [{"thinking": "yes"}, {"effort": 5, "cache": True}, {"metadata": "mine"},
     {"service_tier": 5, "metadata": {"x": {}}, "max_turns": "many"}],
)  # fmt: skip
def test_a_flow_stored_before_a_setting_was_known_keeps_its_meaning(data: Drawn) -> None:
    flow = parse(drawing([agent("a", **data)]), is_stored=True)
    assert isinstance(flow, Flow)
    assert flow.steps[0].work == AgentWork(agent_id="agent-a", name="a")
    assert flow.steps[0].timeout_seconds == 600


def test_a_model_of_which_nothing_is_known_is_a_warning_and_no_problem() -> None:
    raw = drawing([agent("a", model="mine"), agent("b"), agent("c", model=DEFAULT), node("d")])
    [warning] = model_warnings_of(raw, MODELS)
    assert (warning.code, warning.nodes) == ("unknown_model", ("a",))
    assert '"mine"' in warning.message


def test_a_model_that_is_no_longer_offered_is_a_warning() -> None:
    raw = drawing([agent("a", model="claude-sonnet-4-5")])
    ended = partial(capabilities, at=datetime(2026, 11, 30, tzinfo=UTC))
    assert [w.code for w in model_warnings_of(raw, ended)] == ["unknown_model"]
    assert model_warnings_of(raw, MODELS) == ()


@pytest.mark.parametrize("raw", [None, {"nodes": 5}, {"nodes": [5, {"type": "agent"}]}])
def test_what_is_no_flow_has_no_warnings(raw: JSON) -> None:
    assert model_warnings_of(raw, MODELS) == ()
