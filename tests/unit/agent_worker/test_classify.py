import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import anthropic
import httpx2
import pytest

from services.agent_worker.interrupt import Reason
from services.agent_worker.providers.anthropic.classify import TYPES, classify
from services.agent_worker.providers.causes import (
    CONTEXT_OVERFLOW,
    INTERRUPTIONS,
    SPEND_LIMIT,
    interrupted,
    retry_after_seconds,
)
from services.agent_worker.providers.transport import REDIRECTED, ErrorEvent, NoStream
from shared.flow.work import LONGEST_SECONDS

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "agents.md"
NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
REQUEST = httpx2.Request("POST", "http://model/v1/messages")


def answered(
    status: int,
    kind: str | None = None,
    code: str | None = None,
    headers: Mapping[str, str] | None = None,
    message: str = "why",
) -> anthropic.APIStatusError:
    """What the SDK raises for an answer of this status, made as the SDK makes it."""
    details = {"error_code": code} if code else None
    body = {"type": "error", "error": {"type": kind, "message": message, "details": details}}
    response = httpx2.Response(status, request=REQUEST, headers=headers, json=body)
    return anthropic.APIStatusError("raised", response=response, body=body)


STATUSES = [
    (400, "invalid_request_error", "invalid_request", False),
    (401, "authentication_error", "authentication", False),
    (402, "billing_error", "billing", False),
    (403, "permission_error", "permission", False),
    (404, "not_found_error", "model_not_found", False),
    (408, "timeout_error", "provider_timeout", True),
    (409, "conflict_error", "conflict", True),
    (413, "request_too_large", "request_too_large", False),
    (418, "invalid_request_error", "invalid_request", False),
    (422, "invalid_request_error", "invalid_request", False),
    (429, "rate_limit_error", "rate_limited", True),
    (499, None, "provider_timeout", True),
    (500, "api_error", "provider_error", True),
    (502, None, "provider_error", True),
    (503, None, "provider_error", True),
    (504, "timeout_error", "provider_timeout", True),
    (529, "overloaded_error", "overloaded", True),
    # What the body says is finer than the status, where both agree on a retry.
    (500, "overloaded_error", "overloaded", True),
    (429, "billing_error", "rate_limited", True),
    (418, None, "invalid_request", False),
    # Inside a stream the status is 200.
    (200, "overloaded_error", "overloaded", True),
    (200, "api_error", "provider_error", True),
    (200, "rate_limit_error", "rate_limited", True),
    (200, "timeout_error", "provider_timeout", True),
    (200, "invalid_request_error", "invalid_request", False),
    (200, "authentication_error", "authentication", False),
    (200, "permission_error", "permission", False),
    (200, "billing_error", "billing", False),
    (200, "not_found_error", "model_not_found", False),
    (200, "never_heard_of_error", "provider_error", True),
    (200, None, "provider_error", True),
]


@pytest.mark.parametrize(("status", "kind", "code", "retryable"), STATUSES)
def test_an_answer_is_classified_by_its_body_and_its_status(
    status: int, kind: str | None, code: str, retryable: bool
) -> None:
    cause = classify(answered(status, kind), attempt=1, now=NOW)
    assert (cause.code, cause.retryable) == (code, retryable)
    assert "why" in cause.message


@pytest.mark.parametrize(
    "code",
    [
        "enforced_spend_limit_reached",
        "contract_spend_limit_reached",
        "linked_organization_spend_limit_reached",
    ],
)
def test_a_spend_limit_is_final_whatever_else_is_said(code: str) -> None:
    error = answered(429, "rate_limit_error", code, {"x-should-retry": "true", "retry-after": "9"})
    cause = classify(error, attempt=1, now=NOW)
    assert (cause.code, cause.retryable, cause.retry_after_seconds) == ("spend_limit", False, None)


@pytest.mark.parametrize(
    ("status", "said", "retryable"),
    [(529, "false", False), (400, "true", True), (402, "true", False), (529, "perhaps", True)],
)
def test_the_provider_may_say_itself_whether_to_retry(
    status: int, said: str, retryable: bool
) -> None:
    error = answered(status, headers={"x-should-retry": said})
    assert classify(error, attempt=1, now=NOW).retryable is retryable


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "7"}, 7.0),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Sun, 22 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "later"}, None),
        ({"retry-after": "1e300"}, LONGEST_SECONDS),
        ({"retry-after": "Sun, 22 Nov 99999 12:00:30 GMT"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
    ],
)
def test_the_time_to_wait_is_read_from_the_headers(
    headers: Mapping[str, str], seconds: float | None
) -> None:
    assert retry_after_seconds(headers, NOW) == seconds
    assert (
        classify(answered(529, headers=headers), attempt=1, now=NOW).retry_after_seconds == seconds
    )


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("prompt is too long: 205000 tokens > 200000 maximum", "context_overflow"),
        ("input length and `max_tokens` exceed context limit: 1 + 2 > 2", "context_overflow"),
        ("messages.0: the prompt is long", "invalid_request"),
    ],
)
def test_an_input_too_long_for_the_model_is_named_and_final(message: str, code: str) -> None:
    cause = classify(answered(400, "invalid_request_error", message=message), attempt=1, now=NOW)
    assert (cause.code, cause.retryable) == (code, False)


BROKEN = [
    (anthropic.APITimeoutError(REQUEST), "connection_failed", True),
    (anthropic.APIConnectionError(request=REQUEST), "connection_failed", True),
    (httpx2.ConnectTimeout("slow"), "connection_failed", True),
    (httpx2.PoolTimeout("full"), "connection_failed", True),
    (httpx2.ReadError("reset"), "connection_lost", True),
    (httpx2.RemoteProtocolError("peer closed"), "connection_lost", True),
    (httpx2.ReadTimeout("silent"), "connection_lost", True),
    (httpx2.StreamClosed(), "connection_lost", True),
    (httpx2.DecodingError("gzip"), "bad_stream", True),
    (json.JSONDecodeError("expected", "{", 1), "bad_stream", True),
    (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), "bad_stream", True),
    (AssertionError(), "bad_response", True),
    (NoStream(), "bad_response", True),
    (httpx2.InvalidURL("no host"), "misconfigured", False),
    (httpx2.UnsupportedProtocol("ftp"), "misconfigured", False),
    (httpx2.LocalProtocolError("bad header"), "misconfigured", False),
    (anthropic.CredentialsError("none"), "misconfigured", False),
]


@pytest.mark.parametrize(("error", "code", "retryable"), BROKEN)
def test_a_connection_that_breaks_is_classified_by_how(
    error: Exception, code: str, retryable: bool
) -> None:
    cause = classify(error, attempt=1)
    assert (cause.code, cause.retryable) == (code, retryable)


@pytest.mark.parametrize(
    "error",
    [
        {"type": ["a"], "message": {"b": 1}, "details": 7},
        {"type": "x\ud83d", "message": "\0\ud83d", "details": {"error_code": [1]}},
        5,
        None,
    ],
)
def test_an_error_may_say_anything_of_itself(error: object) -> None:
    body = {"type": "error", "error": error}
    response = httpx2.Response(500, request=REQUEST, json={})
    raised = anthropic.APIStatusError("raised", response=response, body=body)
    for each in (raised, ErrorEvent(body), ErrorEvent("text"), ErrorEvent(5)):
        cause = classify(each, attempt=1)
        assert (cause.code, cause.retryable) == ("provider_error", True)
        assert "\0" not in cause.message
        cause.message.encode()


@pytest.mark.parametrize("status", [300, 302, 307, 308])
def test_a_redirect_is_named_and_says_where_to_without_what_is_secret(status: int) -> None:
    headers = {"location": "https://elsewhere.example/v1/messages?token=secret"}
    response = httpx2.Response(status, request=REQUEST, headers=headers)
    error = anthropic.APIStatusError("raised", response=response, body=None)
    cause = classify(error, attempt=1)
    assert (cause.code, cause.retryable) == ("redirected", False)
    assert "https://elsewhere.example/v1/messages" in cause.message
    assert "secret" not in cause.message


def test_an_answer_that_is_no_stream_is_retried_once() -> None:
    assert [classify(AssertionError(), attempt=a).retryable for a in (1, 2, 3)] == [
        True,
        False,
        False,
    ]


def test_a_message_is_bounded() -> None:
    error = json.JSONDecodeError("x" * 10_000, "{", 1)
    assert len(classify(error, attempt=1).message) == 1000


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("step_timeout", "step_timeout"),
        ("first_token", "first_token_timeout"),
        ("idle", "idle_timeout"),
        ("quiet", "quiet_timeout"),
    ],
)
def test_a_time_limit_is_a_retryable_failure_that_names_it(reason: Reason, code: str) -> None:
    cause = interrupted(reason, 2.5)
    assert (cause.code, cause.retryable) == (code, True)
    assert "2.5 s" in cause.message


def test_every_code_stands_in_the_reference_with_whether_it_is_tried_again() -> None:
    rows = re.findall(r"^\| `(\w+)` \|.*\| (yes|once|no) \|$", REFERENCE.read_text(), re.MULTILINE)
    told = dict(rows)
    kinds = [*TYPES.values(), SPEND_LIMIT, CONTEXT_OVERFLOW, REDIRECTED]
    assert {kind.code: told.get(kind.code) for kind in kinds} == {
        kind.code: "yes" if kind.retryable else "no" for kind in kinds
    }
    for error, code, retryable in BROKEN:
        assert (code, told[code] != "no") == (code, retryable), error
    assert {code for code, _ in INTERRUPTIONS.values()} <= told.keys()
