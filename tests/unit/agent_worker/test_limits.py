"""What a worker knows of its providers' limits, whatever providers and other workers say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from services.agent_worker.limits import MOST_KEPT, MOST_TOLD, Limits, limit_name
from services.agent_worker.providers.anthropic.allowance import (
    LONGEST_RESET_SECONDS,
    exhausted_seconds,
)
from shared.run.retry import LONGEST_LIMIT_SECONDS

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
KEY = "sk-ant-api03-a-key-of-somebody"
NAME = limit_name("anthropic", KEY, "claude-haiku-5-5")


class Others:
    """What other workers say."""

    def __init__(self, ago: float = 0.0, **words: object) -> None:
        self.ago = ago
        self.words = {name: json.dumps(each).encode() for name, each in words.items()}

    def said(self) -> Mapping[str, bytes]:
        return self.words

    def seconds_ago(self, name: str) -> float:
        return self.ago


def heard_of(words: object) -> Limits:
    limits = Limits()
    limits.listen_to(Others(other=words))
    return limits


def test_a_limit_is_known_until_it_is_over() -> None:
    limits = Limits()
    assert limits.seconds_left(NAME) == 0
    limits.learn(NAME, 30)
    limits.learn(NAME, 10)
    assert 29 < limits.seconds_left(NAME) <= 30
    assert limits.seconds_left(limit_name("anthropic", KEY, "claude-opus-5-5")) == 0


def test_the_name_of_a_limit_says_nothing_of_the_key() -> None:
    assert len(NAME) == 32
    assert limit_name("anthropic", KEY + "1", "claude-haiku-5-5") != NAME
    assert limit_name("anthropic", KEY, "claude-haiku-5-5") == NAME
    limits = Limits()
    limits.learn(NAME, 30)
    assert KEY not in json.dumps(limits.said())


@pytest.mark.parametrize("seconds", [1e300, float("inf"), float("nan"), -3.0, 0.0])
def test_a_senseless_time_is_at_most_an_hour(seconds: float) -> None:
    limits = Limits()
    limits.learn(NAME, seconds)
    assert 0 <= limits.seconds_left(NAME) <= LONGEST_LIMIT_SECONDS


def test_what_one_worker_learned_another_knows_and_does_not_pass_on() -> None:
    first = Limits()
    first.learn(NAME, 30)
    second = heard_of({"pools": {}, "limits": first.said()})
    assert 29 < second.seconds_left(NAME) <= 30.1
    assert second.said() == {}
    second.listen_to(Others())
    assert second.seconds_left(NAME) > 29, "it is known when who said so has gone"


def test_what_was_said_a_while_ago_counts_from_then() -> None:
    limits = Limits()
    limits.listen_to(Others(ago=20, other={"limits": {NAME: 30}}))
    assert 9 < limits.seconds_left(NAME) <= 10


def test_what_is_new_is_said_at_once_and_what_is_known_is_not() -> None:
    limits = heard_of({"limits": {NAME: 30}})
    limits.learn(NAME, 40)
    assert not limits.news.is_set()
    limits.learn(limit_name("anthropic", KEY, "another"), 40)
    assert limits.news.is_set()


@pytest.mark.parametrize(
    "words",
    [
        "here",
        None,
        [1],
        {"pools": {}},
        {"limits": [NAME]},
        {"limits": {NAME: "30"}},
        {"limits": {NAME: True}},
        {"limits": {NAME: -30}},
        {"limits": {NAME: None}},
        {"limits": {"x" * 32: 30}},
        {"limits": {NAME: 30}, "more": "x" * 100_000},
    ],
)
def test_what_another_says_may_be_anything(words: object) -> None:
    assert heard_of(words).seconds_left(NAME) == 0


def test_what_another_says_is_bounded() -> None:
    limits = heard_of({"limits": {NAME: 1e300}})
    assert limits.seconds_left(NAME) <= LONGEST_LIMIT_SECONDS
    for n in range(MOST_KEPT + 10):
        limits.learn(limit_name("anthropic", KEY, f"model-{n}"), n + 1)
    assert len(limits.said()) == MOST_TOLD
    assert len(json.dumps(limits.said())) < 4_000


def said(allowance: str, remaining: str, reset: str) -> dict[str, str]:
    before = f"anthropic-ratelimit-{allowance}"
    return {f"{before}-limit": "50", f"{before}-remaining": remaining, f"{before}-reset": reset}


@pytest.mark.parametrize("allowance", ["requests", "tokens", "input-tokens", "output-tokens"])
def test_what_is_used_up_is_refused_until_it_is_there_again(allowance: str) -> None:
    assert exhausted_seconds(said(allowance, "0", "2026-11-28T12:00:30Z"), NOW) == 30
    assert exhausted_seconds(said(allowance, "1", "2026-11-28T12:00:30Z"), NOW) is None


def test_of_several_that_are_used_up_the_last_counts() -> None:
    headers = said("requests", "0", "2026-11-28T12:00:05Z")
    headers |= said("output-tokens", "0", "2026-11-28T13:00:40+01:00")
    assert exhausted_seconds(headers, NOW) == 40
    assert exhausted_seconds({}, NOW) is None


@pytest.mark.parametrize(
    ("remaining", "reset"),
    [
        ("0", ""),
        ("0", "soon"),
        ("0", "2026-11-28T11:59:59Z"),
        ("0", "0001-01-01T00:00:00+14:00"),
        ("0", "9" * 100_000),
        ("0", "30"),
        ("-5", "2026-11-28T12:00:30Z"),
        ("9" * 100_000, "2026-11-28T12:00:30Z"),
        ("\u0660", "2026-11-28T12:00:30Z"),
        ("", "2026-11-28T12:00:30Z"),
    ],
)
def test_headers_that_make_no_sense_say_nothing(remaining: str, reset: str) -> None:
    assert exhausted_seconds(said("requests", remaining, reset), NOW) is None


def test_a_time_years_ahead_is_believed_for_minutes() -> None:
    for ahead in (timedelta(days=1), timedelta(days=36_500)):
        headers = said("tokens", "0", (NOW + ahead).isoformat())
        assert exhausted_seconds(headers, NOW) == LONGEST_RESET_SECONDS
