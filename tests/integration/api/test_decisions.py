"""Decisions over HTTP: the first is recorded, every other is told what was before it."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest

from services.api.history import run_history
from shared.log import Log
from shared.run import facts as f
from tests.eventually import eventually
from tests.integration.api.story import Service, Story

ASKING: dict[str, Any] = {
    "nodes": [
        {"id": "draft", "type": "template", "data": {"template": "x"}},
        {"id": "final", "type": "approval", "data": {"prompt": "Fine?", "timeout_seconds": 60}},
    ],
    "edges": [{"source": "draft", "target": "final"}],
}
APPROVE = {"decision": "approve", "comment": "well done"}


class Asked:
    """A run whose step 1 waits for a person."""

    def __init__(self, service: Service, log: Log, run: str) -> None:
        self.run = run
        self.story = Story(log, run)
        self._service = service
        self._log = log

    async def decide(self, body: Any = APPROVE, step: object = 1) -> httpx2.Response:
        path = f"/api/v1/runs/{self.run}/steps/{step}/decision"
        return await self._service.http.post(path, json=body)

    async def step(self) -> dict[str, Any]:
        answer = await self._service.http.get(f"/api/v1/runs/{self.run}/steps/1")
        found: dict[str, Any] = answer.json()
        return found

    async def decisions(self) -> list[f.StepDecided]:
        entries = (await self._log.history("default", self.run)).entries
        facts = [entry.recorded().fact for entry in entries]
        return [fact for fact in facts if isinstance(fact, f.StepDecided)]


@pytest.fixture
async def asked(service: Service, log: Log) -> Asked:
    found = Asked(service, log, await service.run(flow=ASKING))
    await found.story.begin()
    await found.story.complete(0, "draft", "x")
    await found.story.ask(1, "final", prompt="Fine?", timeout_seconds=60)
    return found


async def test_a_question_is_shown_with_its_prompt_and_its_end(asked: Asked) -> None:
    step = await asked.step()
    assert (step["status"], step["approval"]["prompt"]) == ("waiting", "Fine?")
    assert step["approval"]["expires_at"] > step["approval"]["asked_at"]
    assert (step["approval"]["decision"], step["approval"]["timed_out"]) == (None, False)


async def test_a_decision_is_recorded_and_shown_with_who_when_and_why(
    asked: Asked, service: Service
) -> None:
    answer = await asked.decide()
    assert answer.status_code == 200
    told = answer.json()
    assert (told["decision"], told["comment"]) == ("approve", "well done")
    assert (told["step"], told["node"], told["decided_by"]) == (1, "final", "settings")
    step = await asked.step()
    [attempt] = step["attempts"]
    listed = (await service.http.get(f"/api/v1/runs/{asked.run}/steps")).json()["items"][1]
    for approval in (step["approval"], attempt["approval"], listed["approval"]):
        assert {key: approval[key] for key in ("decision", "comment", "decided_by")} == {
            **APPROVE,
            "decided_by": "settings",
        }
        assert approval["decided_at"] == told["decided_at"]


async def test_the_second_is_told_who_was_first_and_when(asked: Asked) -> None:
    first = (await asked.decide()).json()
    second = await asked.decide({"decision": "reject"})
    problem = second.json()
    assert (second.status_code, problem["code"]) == (409, "already_decided")
    assert (problem["decision"], problem["comment"]) == ("approve", "well done")
    assert problem["decided_by"] == "settings"
    assert problem["decided_at"][:23] == first["decided_at"][:23]
    assert "settings was first: approve" in problem["detail"]
    assert [fact.decision for fact in await asked.decisions()] == ["approve"]


async def test_of_two_at_once_one_is_recorded_and_the_other_told_so(
    service: Service, log: Log
) -> None:
    for _ in range(20):
        asked = Asked(service, log, await service.run(flow=ASKING))
        await asked.story.ask(1, "final")
        bodies = [{"decision": "approve"}, {"decision": "reject"}] * 2
        answers = await asyncio.gather(*(asked.decide(body) for body in bodies))
        won = [answer.json() for answer in answers if answer.status_code == 200]
        lost = [answer.json() for answer in answers if answer.status_code == 409]
        assert (len(won), len(lost)) == (1, 3)
        assert {(problem["code"], problem["decision"]) for problem in lost} == {
            ("already_decided", won[0]["decision"])
        }
        assert [fact.decision for fact in await asked.decisions()] == [won[0]["decision"]]


async def test_after_the_timeout_nobody_decides(asked: Asked) -> None:
    await asked.story.time_out(1, "final")
    answer = await asked.decide()
    assert (answer.status_code, answer.json()["code"]) == (409, "approval_timed_out")
    assert await asked.decisions() == []
    approval = (await asked.step())["approval"]
    assert (approval["timed_out"], approval["decision"]) == (True, None)


async def test_a_decision_behind_a_timeout_is_void_and_not_shown(asked: Asked, log: Log) -> None:
    """Both were under way; the log had the timeout first."""
    await asked.story.time_out(1, "final")
    [waiting] = [
        fact
        for entry in (await log.history("default", asked.run)).entries
        if isinstance(fact := entry.recorded().fact, f.StepWaiting)
    ]
    ids = waiting.model_dump(include={"workspace", "run", "partition", "step", "node", "attempt"})
    await log.append(f.StepDecided(**ids, decision="approve", decided_by="late"))
    answer = await asked.decide()
    assert answer.json()["code"] == "approval_timed_out"
    assert (await asked.step())["approval"]["decided_by"] is None


@pytest.mark.parametrize("how", ["cancel", "stop", "end"])
async def test_nobody_decides_in_a_run_that_stops_or_is_over(
    asked: Asked, service: Service, how: str
) -> None:
    code = "run_stopping"
    if how == "cancel":
        await service.http.post(f"/api/v1/runs/{asked.run}/cancel")
    elif how == "stop":
        await asked.story.stop()
    else:
        await asked.story.fail("no")
        code = "run_finished"
    answer = await asked.decide()
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert await asked.decisions() == []


async def test_a_run_that_postgres_has_finished_is_answered_from_there(
    projected: Service, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_history, "YOUNG_SECONDS", 0)
    asked = Asked(projected, log, await projected.run(flow=ASKING))
    await asked.story.ask(1, "final")
    await asked.decide()
    await asked.story.fail("no")

    async def is_finished() -> bool:
        runs = (await projected.http.get("/api/v1/runs?status=failed")).json()["items"]
        return [run["run_id"] for run in runs] == [asked.run]

    await eventually(is_finished)
    entries = (await log.history("default", asked.run)).entries
    await log.delete([entry.sequence for entry in entries])
    answer = await asked.decide({"decision": "reject"})
    assert (answer.status_code, answer.json()["code"]) == (409, "already_decided")
    assert answer.json()["decision"] == "approve"
    assert (await log.history("default", asked.run)).entries == ()


async def test_only_a_step_that_asks_can_be_answered(service: Service, log: Log) -> None:
    asked = Asked(service, log, await service.run(flow=ASKING))
    for step, words in ((0, "of kind template"), (1, "has not asked yet")):
        answer = await asked.decide(step=step)
        assert (answer.status_code, answer.json()["code"]) == (409, "step_not_waiting")
        assert words in answer.json()["detail"]
    assert await asked.decisions() == []


@pytest.mark.parametrize("step", [2, -1, "x", "1.0", "９", "99999999"])
async def test_a_step_that_is_not_there_is_not_found(asked: Asked, step: object) -> None:
    answer = await asked.decide(step=step)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_run_that_is_not_there_is_not_found(service: Service, log: Log) -> None:
    for run in ("0192f5d0-0000-7000-8000-000000000000", "nonsense"):
        answer = await Asked(service, log, run).decide()
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, ".decision"),
        ({"decision": "perhaps"}, ".decision"),
        ({"decision": "approve", "comment": 1}, ".comment"),
        ({"decision": "approve", "comment": "x" * 10_001}, ".comment"),
        ({"decision": "approve", "comment": "a\0"}, ".comment"),
        ({"decision": "approve", "by": "me"}, ".by"),
    ],
)
async def test_a_body_that_does_not_fit_is_refused(
    asked: Asked, body: dict[str, object], path: str
) -> None:
    answer = await asked.decide(body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["problems"][0]["path"] == path
    assert await asked.decisions() == []
