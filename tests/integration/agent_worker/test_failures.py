"""Every way the model can break, made by the simulator, seen through the real SDK."""

import pytest

from shared.run import facts as f
from shared.run.content import Usage
from tests.integration.agent_worker.stage import Stage, agent, chain
from tests.metered import metric

FAILURES = [
    ("status=529", "overloaded", True),
    ("status=429", "rate_limited", True),
    ("status=429 code=enforced_spend_limit_reached should_retry=true", "spend_limit", False),
    ("status=402", "billing", False),
    ("status=400", "invalid_request", False),
    ("status=401", "authentication", False),
    ("status=403", "permission", False),
    ("status=404", "model_not_found", False),
    ("status=413", "request_too_large", False),
    (
        'status=400 message="prompt is too long: 205000 tokens > 200000 maximum"',
        "context_overflow",
        False,
    ),
    ("status=500", "provider_error", True),
    ("status=500 should_retry=false", "provider_error", False),
    ("status=400 should_retry=true", "invalid_request", True),
    ("error=overloaded_error after=2", "overloaded", True),
    ("error=api_error after=2", "provider_error", True),
    ("error=invalid_request_error after=2", "invalid_request", False),
    ("cut after=2", "connection_lost", True),
    ("cut=reset after=2", "connection_lost", True),
    ("cut=before", "connection_failed", True),
    ("end after=2", "truncated_stream", True),
    ("end=no_delta", "truncated_stream", True),
    ("broken_json after=2", "bad_stream", True),
    ("json_200", "bad_response", True),
    ("silent", "first_token_timeout", True),
    ("sleep=1m", "idle_timeout", True),
    ("stall after=2", "idle_timeout", True),
    ("sleep=1m ping=50ms", "quiet_timeout", True),
    ("stall after=2 ping=50ms", "quiet_timeout", True),
    ("stop_reason=refusal category=cyber empty", "refusal", False),
    ("stop_reason=tool_use tool=x", "unexpected_tool_use", False),
]


@pytest.mark.parametrize(("marker", "code", "retryable"), FAILURES)
async def test_a_broken_call_is_a_failure_with_its_name(
    stage: Stage, marker: str, code: str, retryable: bool
) -> None:
    limits = {"first_token_seconds": 0.3, "idle_seconds": 0.3, "quiet_seconds": 0.6}
    run = await stage.run(chain(agent("a", f"[[sim: {marker} rate=200/s]]", **limits)))
    counted = metric("penstock_steps_failed_total", kind="agent", code=code)
    async with stage.working():
        await run.ready("a")
        cause = await run.cause("a")
    assert (cause.code, cause.retryable) == (code, retryable), cause
    assert len(await stage.calls()) == 1, "a call is not repeated within an attempt"
    assert metric("penstock_steps_failed_total", kind="agent", code=code) == counted + 1


async def test_the_time_to_wait_is_passed_on(stage: Stage) -> None:
    run = await stage.run(
        chain(agent("a", "[[sim: status=429 retry_after=9 retry_after_ms=7300]]"))
    )
    async with stage.working():
        await run.ready("a")
        assert (await run.cause("a")).retry_after_seconds == 7.3


async def test_a_step_that_takes_too_long_fails_with_what_it_used(stage: Stage) -> None:
    node = agent("a", "[[sim: forever rate=100/s input_tokens=12]]", timeout_seconds=0.3)
    run = await stage.run(chain(node))
    async with stage.working():
        await run.ready("a")
        outcome = await run.outcome("a")
    assert isinstance(outcome, f.StepFailed)
    assert (outcome.error.code, outcome.error.retryable) == ("step_timeout", True)
    assert outcome.usage.input_tokens == 12


async def test_a_model_that_is_not_there_is_a_retryable_failure(stage: Stage) -> None:
    run = await stage.run(chain(agent("a", "Hi")))
    stage.model_url = "http://127.0.0.1:1"
    async with stage.working():
        await run.ready("a")
        cause = await run.cause("a")
    assert (cause.code, cause.retryable) == ("connection_failed", True)


@pytest.mark.parametrize(
    ("marker", "output", "truncated"),
    [
        ("empty", "", False),
        ("text=kept end=no_stop", "kept", False),
        ("text=cut stop_reason=max_tokens", "cut", True),
        ("text=full stop_reason=model_context_window_exceeded", "full", True),
        ("text=stopped stop_reason=stop_sequence", "stopped", False),
        ("text=known unknown", "known", False),
        ("text=ab blocks=2 chunk=1", "ab", False),
        (r'text="a\u0000b\ud800c"', "a\ufffdb\ufffdc", False),
    ],
)
async def test_a_strange_answer_is_an_answer(
    stage: Stage, marker: str, output: str, truncated: bool
) -> None:
    run = await stage.run(chain(agent("a", f"[[sim: {marker} rate=0]]")))
    async with stage.working():
        await run.ready("a")
        outcome = await run.outcome("a")
    assert isinstance(outcome, f.StepCompleted), outcome
    assert (outcome.output, outcome.truncated) == (output, truncated)
    assert "".join(delta.text for delta in await run.facts(f.StepDelta)) == output


async def test_every_kind_of_token_is_counted(stage: Stage) -> None:
    counts = "input_tokens=11 output_tokens=13 cache_read=17 cache_5m=19 cache_1h=23"
    marker = f"[[sim: {counts} thinking=3 thinking_tokens=5 search=rivers fetch rate=0]]"
    run = await stage.run(chain(agent("a", marker, tools=["web-search", "web_fetch"])))
    async with stage.working():
        await run.ready("a")
        outcome = await run.outcome("a")
    assert isinstance(outcome, f.StepCompleted), outcome
    assert outcome.usage.model_copy(update={"input_tokens": 11}) == Usage(
        input_tokens=11,
        output_tokens=13,
        thinking_tokens=5,
        cache_read_tokens=17,
        cache_creation_5m_tokens=19,
        cache_creation_1h_tokens=23,
        web_search_requests=1,
        web_fetch_requests=1,
    )


async def test_thinking_tools_and_citations_are_told_in_order(stage: Stage) -> None:
    marker = "[[sim: thinking=30 search=rivers words=20 rate=0]]"
    run = await stage.run(chain(agent("a", marker, tools=["web_search"])))
    async with stage.working():
        await run.ready("a")
        await run.outcome("a")
    types = [entry.recorded().fact.type for entry in await run.entries("delta.0.1.1")]
    in_order = [each for each in dict.fromkeys(types) if each != "step.progress"]
    assert in_order[0] == "step.thinking"
    assert in_order.index("step.tool") < in_order.index("step.citation")
    tools = await run.facts(f.StepTool)
    assert [tool.phase for tool in tools] == ["call", "result"]
    assert {tool.tool for tool in tools} == {"web_search"}
    assert tools[0].call == tools[1].call
    assert tools[0].detail.input == {"query": "rivers"}
    assert [page.title for page in tools[1].detail.found] == [
        "rivers (an overview)",
        "rivers (a discussion)",
    ]
    [cited] = await run.facts(f.StepCitation)
    [completed] = await run.facts(f.StepCompleted)
    assert cited.offset == len(str(completed.output))
    assert (cited.citation.kind, cited.citation.url, cited.citation.title) == (
        "web_search_result_location",
        "https://example.org/rivers",
        "rivers (an overview)",
    )
    assert cited.citation.cited_text == "What is said of rivers (an overview)."


async def test_a_tool_that_failed_is_told_and_the_answer_goes_on(stage: Stage) -> None:
    marker = "[[sim: search_error=max_uses_exceeded text=anyway rate=0]]"
    run = await stage.run(chain(agent("a", marker, tools=["web_search"])))
    async with stage.working():
        await run.ready("a")
        assert await run.output("a") == "anyway"
    errors = [tool for tool in await run.facts(f.StepTool) if tool.phase == "error"]
    assert [error.detail.error_code for error in errors] == ["max_uses_exceeded"]


async def test_the_settings_of_its_tools_reach_the_model_the_same_in_every_turn(
    stage: Stage,
) -> None:
    marker = "[[sim: search=x fetch stop_reason=pause_turn times=1 key=k]] [[sim: rate=0]]"
    tools = ["web-search", "web_fetch", "web_search"]
    node = agent("a", marker, tools=tools, max_uses=3, allowed_domains=["example.org"])
    run = await stage.run(chain(node))
    async with stage.working():
        await run.ready("a")
        assert isinstance(await run.outcome("a"), f.StepCompleted)
    bounds = {"allowed_domains": ["example.org"]}
    cited = {"citations": {"enabled": True}}
    search = {"type": "web_search_20260318", "name": "web_search", **bounds}
    fetch = {"type": "web_fetch_20260318", "name": "web_fetch", **bounds, **cited}
    first, second = await stage.calls()
    assert first["tools"] == [search | {"max_uses": 3}, fetch | {"max_uses": 3}]
    assert second["tools"] == first["tools"]
    assert second["tool_choice"] is None
    fetched = [tool.detail for tool in await run.facts(f.StepTool) if tool.tool == "web_fetch"]
    assert [detail.input for detail in fetched] == [{"url": "https://example.org/"}, {}]
    assert [page.url for page in fetched[1].found] == ["https://example.org/"]
