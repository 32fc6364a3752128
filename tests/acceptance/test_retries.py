"""Every way the model can fail, twice: a retry mends it, the retries run out. All runs at once.

Each failure is made by the simulated model and told by the api: the run, its attempts, its
history, and the model's own log of what it was asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

import httpx2
import pytest
from penstock_client import Penstock, RunView

from tests.stack import RunningStack

# What a provider asks for is kept to by whoever asks it for the same model.
OTHER_MODEL = {"model": "claude-opus-5-5"}
BRIEFLY = {"first_token_seconds": 1.5, "idle_seconds": 1.5, "quiet_seconds": 2}
DELAY_SECONDS = 0.05
CLOCK_SECONDS = 0.002  # the api shows microseconds, a timer is set in milliseconds


class Row(NamedTuple):
    """A failure as the simulator makes it, its code, and the agent's settings if it needs any."""

    marker: str
    code: str
    settings: Mapping[str, object] = MappingProxyType({})
    delay_seconds: float = DELAY_SECONDS


PASSING = (
    Row("cut after=2", "connection_lost"),
    Row("cut=reset after=2", "connection_lost"),
    Row("cut=before", "connection_failed"),
    Row("silent", "first_token_timeout", BRIEFLY),
    Row("stall after=2", "idle_timeout", BRIEFLY),
    Row("sleep=1m ping=100ms", "quiet_timeout", BRIEFLY),
    Row("stall after=2 ping=100ms", "quiet_timeout", BRIEFLY),
    Row("odd=null_text", "bad_stream"),
    Row("odd=number", "bad_stream"),
    Row("end after=2", "truncated_stream"),
    Row("end=no_delta", "truncated_stream"),
    Row("error=overloaded_error after=2", "overloaded"),
    Row("error=api_error after=2", "provider_error"),
    Row("broken_json after=2", "bad_stream"),
    Row("json_200", "bad_response"),
    Row("status=408", "provider_timeout"),
    Row("status=409", "conflict"),
    Row("status=429", "rate_limited"),
    Row("status=500", "provider_error"),
    Row("status=504", "provider_timeout"),
    Row("status=529", "overloaded"),
    Row("status=529 retry_after_ms=600", "overloaded", OTHER_MODEL, delay_seconds=0.6),
    Row("status=400 should_retry=true", "invalid_request"),
)
FINAL = (
    Row("status=400", "invalid_request"),
    Row('status=400 message="prompt is too long: 9 tokens > 8 maximum"', "context_overflow"),
    Row("status=401", "authentication"),
    Row("status=402", "billing"),
    Row("status=403", "permission"),
    Row("status=404", "model_not_found"),
    Row("status=413", "request_too_large"),
    Row("status=302 location=http://elsewhere.example/", "redirected"),
    Row("status=429 code=enforced_spend_limit_reached retry_after=1", "spend_limit"),
    Row("status=529 should_retry=false", "overloaded"),
    Row("error=invalid_request_error after=2", "invalid_request"),
    Row("stop_reason=refusal category=cyber empty", "refusal"),
    Row("text=Well stop_reason=refusal", "refusal"),
    Row("stop_reason=tool_use tool=x", "unexpected_tool_use"),
)
FAILED = ["step.failed"]
RETRIED = ["step.failed", "step.retry_scheduled", "step.due"]
BEGUN = ["run.requested", "run.started"]
TRIED = ["step.ready", "step.started"]


@dataclass
class Told:
    """What is to be seen of one run: `delays` are between attempts, asked for and kept."""

    status: str
    attempts: list[tuple[str, str | None]]
    text: str
    calls: int
    types: list[str]
    delays: list[float | None] = field(default_factory=list)


async def test_a_retry_mends_what_passes(stack: RunningStack) -> None:
    told = await _told(stack, PASSING, "mends", times=1)
    for row in PASSING:
        assert told[row.marker] == Told(
            status="completed",
            attempts=[("failed", row.code), ("completed", None)],
            text="ok",
            calls=2,
            types=[*BEGUN, *TRIED, *RETRIED, *TRIED, *_turned(), "run.completed"],
            delays=[row.delay_seconds],
        ), row


async def test_what_does_not_pass_fails_the_run_when_the_retries_run_out(
    stack: RunningStack,
) -> None:
    told = await _told(stack, PASSING, "runs out")
    ending = ["run.stopping", "run.failed"]
    for row in PASSING:
        assert told[row.marker] == Told(
            status=f"failed {row.code}",
            attempts=[("failed", row.code)] * 2,
            text="",
            calls=2,
            types=[*BEGUN, *TRIED, *RETRIED, *TRIED, *FAILED, *ending],
            delays=[row.delay_seconds],
        ), row


async def test_what_no_retry_can_mend_is_not_tried_again(stack: RunningStack) -> None:
    told = await _told(stack, FINAL, "final", times=1)
    for row in FINAL:
        turn = ["step.turn"] if "stop_reason" in row.marker else []
        assert told[row.marker] == Told(
            status=f"failed {row.code}",
            attempts=[("failed", row.code)],
            text="",
            calls=1,
            types=[*BEGUN, *TRIED, *turn, *FAILED, "run.stopping", "run.failed"],
        ), row


@pytest.mark.parametrize(
    ("marker", "output", "stop_reason", "truncated"),
    [
        ("text=kept end=no_stop", "kept", "end_turn", False),
        ("text=cut stop_reason=max_tokens", "cut", "max_tokens", True),
        ("text=full stop_reason=model_context_window_exceeded", "full",
         "model_context_window_exceeded", True),
        ("text=so stop_reason=stop_sequence", "so", "stop_sequence", False),
        ("empty", "", "end_turn", False),
        ("text=held hold", "held", "end_turn", False),
        ("odd=twice", "first second", "end_turn", False),
        ("odd=cut_input", "kept", "max_tokens", True),
        ("odd=halves", "a\U0001f600b", "end_turn", False),
        ("odd=huge_count] [sim: text=big".replace("] [", "]] [["), "big", "end_turn", False),
        ("text=A stop_reason=pause_turn times=1 key=A]] [[sim: text=B", "AB", "end_turn", False),
    ],
)  # fmt: skip
async def test_an_answer_that_only_looks_like_a_failure_is_an_answer(
    stack: RunningStack, marker: str, output: str, stop_reason: str, truncated: bool
) -> None:
    async with stack.client() as client, stack.http() as http:
        run = await _started(client, Row(marker, ""), "strange", None)
        [attempt] = (await http.get(f"runs/{run}/steps/0")).json()["attempts"]
        told = await client.runs.get(run)
    assert (told.status, told.output) == ("completed", output)
    assert (attempt["outcome"], attempt["error"]) == ("completed", None)
    assert (attempt["stop_reason"], attempt["truncated"]) == (stop_reason, truncated)


def _turned() -> list[str]:
    return ["step.turn", "step.completed"]


async def _told(
    stack: RunningStack, rows: tuple[Row, ...], name: str, times: int | None = None
) -> dict[str, Told]:
    """What is told of a run of each row, by marker."""
    async with stack.client() as client, stack.http() as http:
        runs = await asyncio.gather(*(_started(client, row, name, times) for row in rows))
        told = await asyncio.gather(*(_told_of(stack, client, http, run) for run in runs))
    return {row.marker: each for row, each in zip(rows, told, strict=True)}


async def _started(client: Penstock, row: Row, name: str, times: int | None) -> str:
    """A run that has ended; the model is asked with its name, so that its calls can be found."""
    scope = "" if times is None else f" times={times} key={_name(row, name)}"
    data = {
        "instructions": f"Answer. [[sim: {row.marker}{scope}]] [[sim: text=ok rate=0]]",
        "retry": {"max_attempts": 2, "initial_seconds": DELAY_SECONDS, "jitter": 0},
        "tools": ["web_search"],
        **row.settings,
    }
    drawn = {"nodes": [{"id": "only", "type": "agent", "data": data}], "edges": []}
    accepted = await client.runs.create(flow=drawn, input=_name(row, name), wait=60)
    return accepted.run_id


def _name(row: Row, name: str) -> str:
    """Whose call it is: part of no other run's name, and no marker."""
    return f"{name}-{row.marker}.".translate({ord(c): "-" for c in ' "=:[]'})


async def _told_of(
    stack: RunningStack, client: Penstock, http: httpx2.AsyncClient, run: str
) -> Told:
    found = await client.runs.get(run)
    step = (await http.get(f"runs/{run}/steps/0")).raise_for_status().json()
    page = await http.get(f"runs/{run}/events", headers={"Accept": "application/json"})
    view = RunView()
    async for _, seen in client.runs.watch(run):
        view = seen
    error = found.error["code"] if found.error else ""
    codes = [a["error"] and a["error"]["code"] for a in step["attempts"]]
    return Told(
        status=f"{found.status} {error}".strip(),
        attempts=list(zip([a["outcome"] for a in step["attempts"]], codes, strict=True)),
        text=view.steps[0].text,
        calls=len(await stack.calls(str(found.input))),
        types=[item["event"] for item in page.json()["items"]],
        delays=_delays(step["attempts"]),
    )


def _delays(attempts: list[dict[str, str]]) -> list[float | None]:
    """The delay before each retry as it was announced; None where it was not kept."""
    found: list[float | None] = []
    for before, after in pairwise(attempts):
        announced = float(before["retry_delay_seconds"])
        waited = datetime.fromisoformat(after["ready_at"]) - datetime.fromisoformat(
            before["finished_at"]
        )
        kept = announced - CLOCK_SECONDS <= waited.total_seconds()
        found.append(announced if kept else None)
    return found
