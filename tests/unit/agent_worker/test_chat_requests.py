"""What Chat Completions is asked, and what its refusals mean."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx2
import openai
import pytest

from services.agent_worker.providers.openai.allowance import exhausted_seconds
from services.agent_worker.providers.openai.classify import CODES, classify
from services.agent_worker.providers.openai.request import parameters_of
from services.agent_worker.providers.provider import (
    Request,
    Said,
    ToolAnswer,
    ToolSpec,
)
from services.agent_worker.providers.transport import ErrorEvent, NoStream
from shared.errors import AttemptFailed, Corrupt
from shared.flow import AgentWork
from shared.models import capabilities, named

REQUEST = httpx2.Request("POST", "http://model/v1/chat/completions")


def refused(status: int, said: Any, headers: dict[str, str] | None = None) -> Any:
    response = httpx2.Response(status, request=REQUEST, headers=headers)
    error = openai.APIStatusError("raised", response=response, body=said)
    return classify(error, attempt=1, setting="its base_url")


@pytest.mark.parametrize(
    ("status", "said", "code", "is_retryable"),
    [
        (429, {"code": "rate_limit_exceeded", "type": "requests"}, "rate_limited", True),
        (429, {"code": "insufficient_quota", "type": "insufficient_quota"}, "billing", False),
        (400, {"code": "context_length_exceeded"}, "context_overflow", False),
        (400, {"message": "This model's maximum context length is 4096 tokens"},
         "context_overflow", False),
        (400, {"code": "content_filter"}, "refusal", False),
        (400, {"message": "no"}, "invalid_request", False),
        (401, {"code": "invalid_api_key"}, "authentication", False),
        (404, {"error": "model 'x' not found, try pulling it first"}, "model_not_found", False),
        (404, {"code": "DeploymentNotFound"}, "model_not_found", False),
        (500, {"type": "server_error"}, "provider_error", True),
        (503, None, "overloaded", True),
        (502, "<html>", "provider_error", True),
        (307, None, "redirected", False),
        (413, {"code": 413, "message": "too large"}, "request_too_large", False),
    ],
)  # fmt: skip
def test_what_a_server_answers_has_a_code_of_ours(
    status: int, said: Any, code: str, is_retryable: bool
) -> None:
    cause = refused(status, said)
    assert (cause.code, cause.retryable) == (code, is_retryable)


def test_each_code_of_theirs_is_known_by_code_or_type() -> None:
    for code, kind in CODES.items():
        for member in ("code", "type"):
            assert refused(400, {member: code}).code == kind.code


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"error": {"code": 429, "message": "slow down"}}, "rate_limited"),
        ({"error": {"code": 503, "message": "busy"}}, "overloaded"),
        ({"error": {"type": "server_error"}}, "provider_error"),
        ({"error": "it broke"}, "provider_error"),
        ({"error": {"code": True}}, "provider_error"),
    ],
)
def test_an_error_in_a_stream_has_a_code_of_ours(said: Any, code: str) -> None:
    cause = classify(ErrorEvent(said), attempt=1, setting="x")
    assert (cause.code, cause.retryable) == (code, True)


def test_what_is_no_stream_is_tried_once_more() -> None:
    told = [classify(NoStream(), attempt=n, setting="x").retryable for n in (1, 2)]
    assert told == [True, False]


def test_a_limit_ends_when_the_headers_say_so() -> None:
    headers = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s"}
    assert exhausted_seconds(headers) == 300
    headers["x-ratelimit-reset-requests"] = "1m2.5s"
    assert exhausted_seconds(headers) == 62.5
    assert refused(429, {"code": "rate_limit_exceeded"}, headers).retry_after_seconds == 62.5
    for odd in ("", "soon", "1x", "-1s", "9" * 50 + "s", "1s2"):
        headers["x-ratelimit-reset-requests"] = odd
        assert exhausted_seconds(headers) is None
    tokens = {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "20ms"}
    assert exhausted_seconds(tokens) == 0.02


def asked(work: AgentWork, *said: Said, model: str = "openai/gpt-5.1") -> dict[str, Any]:
    request = Request(
        asked=named(model), max_tokens=900, system="Help.", prompt="Hi", work=work, said=said
    )
    known = capabilities(request.whole, datetime(2026, 11, 20, tzinfo=UTC))
    found: Any = parameters_of(request, known, "max_completion_tokens")
    return dict(found)


def test_a_request_has_what_was_said_and_what_bounds_it() -> None:
    turn = Said('{"role":"assistant","content":"So far"}', then="Go on.")
    found = asked(AgentWork(), turn)
    assert found["messages"] == [
        {"role": "system", "content": "Help."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "So far"},
        {"role": "user", "content": "Go on."},
    ]
    assert (found["model"], found["max_completion_tokens"]) == ("gpt-5.1", 900)
    assert found["stream_options"] == {"include_usage": True}
    assert "reasoning_effort" not in found


@pytest.mark.parametrize(
    ("work", "model", "effort"),
    [
        (AgentWork(thinking="off"), "openai/gpt-5.1", "none"),
        (AgentWork(thinking="off"), "vllm/mine", "none"),
        (AgentWork(thinking="off"), "openai/gpt-4.1", None),
        (AgentWork(thinking="adaptive", effort="high"), "openai/gpt-5.1", "high"),
        (AgentWork(thinking="adaptive"), "openai/gpt-5.1", None),
    ],
)
def test_how_much_to_reason_is_an_effort(work: AgentWork, model: str, effort: str | None) -> None:
    assert asked(work, model=model).get("reasoning_effort") == effort


def test_tools_that_another_provider_runs_are_refused() -> None:
    with pytest.raises(AttemptFailed, match="no tools that the provider runs"):
        asked(AgentWork(tools=("web_search",)))


def test_a_turn_that_is_none_is_corrupt() -> None:
    with pytest.raises(Corrupt):
        asked(AgentWork(), Said("{"))


SCHEMA: dict[str, Any] = {"type": "object", "properties": {"score": {"type": "number"}}}


@pytest.mark.parametrize(("model", "is_asked"), [("openai/gpt-4.1", True), ("vllm/mine", False)])
def test_a_schema_is_asked_for_of_a_model_that_takes_one(model: str, is_asked: bool) -> None:
    found = asked(AgentWork(output_schema=SCHEMA), model=model).get("response_format")
    form = {"name": "answer", "schema": SCHEMA, "strict": False}
    assert found == ({"type": "json_schema", "json_schema": form} if is_asked else None)


def test_tools_results_and_what_is_passed_on_have_their_form() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    said = {"role": "assistant", "content": "", "tool_calls": [call]}
    answers = (ToolAnswer("c1", "found"), ToolAnswer("c2", "no", is_error=True))
    request = Request(
        asked=named("openai/gpt-4.1"),
        max_tokens=9_000,
        system="",
        prompt="Hi",
        work=AgentWork(service_tier="flex", metadata={"team": "a"}),
        said=[Said(json.dumps(said), None, answers)],
        tools=[ToolSpec("look", "Looks.", {"type": "object"})],
    )
    asked: Any = parameters_of(request, None, "max_tokens")
    [tool] = asked["tools"]
    assert (tool["type"], tool["function"]["name"]) == ("function", "look")
    assert asked["messages"][2:] == [
        {"role": "tool", "tool_call_id": "c1", "content": "found"},
        {"role": "tool", "tool_call_id": "c2", "content": "Error: no"},
    ]
    assert (asked["service_tier"], asked["metadata"]) == ("flex", {"team": "a"})
