"""One-time links over HTTP: made with a token, used once without one, and told apart after that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs

from services.api.runs.decision_links import MOST_BYTES
from shared.log import Log
from shared.run.content import InputRef
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.integration.api.people import made as made_token
from tests.integration.api.people import revoke, somebody
from tests.integration.api.story import Service, Story
from tests.integration.api.test_decisions import ASKING, Asked

APPROVE = {"decision": "approve", "comment": "from the train"}


@pytest.fixture
async def asked(service: Service, log: Log) -> Asked:
    found = Asked(service, log, await service.run(flow=ASKING))
    await found.story.begin()
    await found.story.complete(0, "draft", "a draft")
    given = (InputRef(step=0, node="draft", attempt=1),)
    await found.story.ask(1, "final", prompt="Fine?", timeout_seconds=60, inputs=given)
    return found


@pytest.fixture
async def stranger(service: Service) -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody without a token, like a person with a phone."""
    async with httpx2.AsyncClient(base_url=service.url, timeout=PATIENCE_SECONDS) as http:
        yield http


async def made(service: Service, run: str, step: object = 1, **body: object) -> dict[str, Any]:
    answer = await service.http.post(f"/api/v1/runs/{run}/steps/{step}/link", json=body)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


def secret_of(link: Mapping[str, Any]) -> str:
    return str(link["url"]).partition("#link=")[2]


async def asks(stranger: httpx2.AsyncClient, secret: str) -> httpx2.Response:
    return await stranger.post("/api/v1/links/question", json={"link": secret})


async def decides(stranger: httpx2.AsyncClient, secret: str, **body: str) -> httpx2.Response:
    return await stranger.post("/api/v1/links/decision", json={"link": secret, **APPROVE, **body})


def code_of(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_link_is_made_with_a_token_and_its_secret_stands_behind_the_hash(
    service: Service, asked: Asked, stranger: httpx2.AsyncClient
) -> None:
    link = await made(service, asked.run, given_to="Ada")
    assert (link["run_id"], link["step"], link["node"]) == (asked.run, 1, "final")
    assert (link["made_by"], link["given_to"]) == ("settings", "Ada")
    assert link["url"].startswith(f"{service.url}/answer#link=")
    refused = await stranger.post(f"/api/v1/runs/{asked.run}/steps/1/link")
    assert code_of(refused) == (401, "unauthorized")
    bare = await service.http.post(f"/api/v1/runs/{asked.run}/steps/1/link")
    assert (bare.status_code, bare.json()["given_to"]) == (201, None)


async def test_who_has_a_link_reads_the_question_and_its_texts_without_a_token(
    service: Service, asked: Asked, stranger: httpx2.AsyncClient
) -> None:
    secret = secret_of(await made(service, asked.run, given_to="Ada"))
    for _ in range(2):
        told = (await asks(stranger, secret)).json()
        assert (told["prompt"], told["node"], told["made_by"]) == ("Fine?", "final", "settings")
        assert told["given"] == [
            {"node": "draft", "label": None, "text": "a draft", "size_bytes": 7}
        ]
    assert await asked.decisions() == []


async def test_opening_the_link_decides_nothing(
    service: Service, asked: Asked, stranger: httpx2.AsyncClient
) -> None:
    link = await made(service, asked.run)
    for method in ("GET", "HEAD", "OPTIONS"):
        await stranger.request(method, link["url"])
        for path in ("/api/v1/links/question", "/api/v1/links/decision"):
            await stranger.request(method, path, params={"link": secret_of(link)})
    assert await asked.decisions() == []
    assert (await asked.step())["status"] == "waiting"


async def test_a_decision_by_a_link_is_recorded_with_who_made_it_and_the_name_of_the_link(
    service: Service, asked: Asked, stranger: httpx2.AsyncClient
) -> None:
    link = await made(service, asked.run, given_to="Ada")
    answer = await decides(stranger, secret_of(link))
    assert (answer.status_code, answer.json()["decision"]) == (200, "approve")
    [decided] = await asked.decisions()
    assert (decided.decided_by, decided.comment) == (
        "Ada, by a link of settings",
        "from the train",
    )
    assert decided.link == link["link"]
    assert secret_of(link) not in decided.model_dump_json()


async def test_a_second_use_is_told_what_the_first_one_said(
    service: Service, asked: Asked, stranger: httpx2.AsyncClient
) -> None:
    secret = secret_of(await made(service, asked.run))
    first = (await decides(stranger, secret)).json()
    for again in (await decides(stranger, secret, decision="reject"), await asks(stranger, secret)):
        problem = again.json()
        assert code_of(again) == (410, "link_used")
        assert problem["decision"] == "approve"
        assert "from the train" not in again.text  # what was remarked is not for who finds a link
        assert problem["decided_at"][:23] == first["decided_at"][:23]
    assert [each.decision for each in await asked.decisions()] == ["approve"]


async def test_a_stranger_may_not_send_more_than_a_link_and_a_comment_take(
    stranger: httpx2.AsyncClient,
) -> None:
    for path in ("/api/v1/links/question", "/api/v1/links/decision"):
        answer = await stranger.post(path, json={"link": "x" * MOST_BYTES})
        assert code_of(answer) == (413, "too_large")
    longest = {"link": "x" * 2000, "decision": "approve", "comment": "\N{GRINNING FACE}" * 10_000}
    answer = await stranger.post("/api/v1/links/decision", json=longest)
    assert code_of(answer) == (403, "bad_link")


async def test_of_many_uses_at_once_one_is_recorded(
    service: Service, log: Log, stranger: httpx2.AsyncClient
) -> None:
    for _ in range(10):
        asked = Asked(service, log, await service.run(flow=ASKING))
        await asked.story.ask(1, "final")
        secret = secret_of(await made(service, asked.run))
        bodies = ("approve", "reject") * 2
        answers = await asyncio.gather(
            *(decides(stranger, secret, decision=each) for each in bodies)
        )
        won = [each.json() for each in answers if each.status_code == 200]
        assert len(won) == 1
        lost = {code_of(each) for each in answers if each.status_code != 200}
        assert lost == {(410, "link_used")}
        assert [each.decision for each in await asked.decisions()] == [won[0]["decision"]]


async def test_a_question_that_somebody_else_answered_is_told_as_that(
    service: Service, asked: Asked, stranger: httpx2.AsyncClient
) -> None:
    secret, other = [secret_of(await made(service, asked.run)) for _ in range(2)]
    await decides(stranger, other)
    for late in (await decides(stranger, secret), await asks(stranger, secret)):
        assert code_of(late) == (409, "already_decided")


async def test_a_link_whose_time_is_over_decides_nothing(
    service: Service,
    asked: Asked,
    stranger: httpx2.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    link = await made(service, asked.run, expires_in_seconds=60)
    over = datetime.fromisoformat(link["expires_at"]).timestamp() + 1
    monkeypatch.setattr("services.api.identity.decision_links.time", lambda: over)
    for late in (await decides(stranger, secret_of(link)), await asks(stranger, secret_of(link))):
        assert code_of(late) == (410, "link_expired")
        assert late.json()["made_by"] == "settings"
    assert await asked.decisions() == []


async def test_a_forged_link_is_refused_before_anything_is_read(
    service: Service, asked: Asked, stranger: httpx2.AsyncClient
) -> None:
    secret = secret_of(await made(service, asked.run))
    forged = (secret[:-1], secret.swapcase(), "x.y", "", "é")
    for each in forged:
        assert code_of(await decides(stranger, each)) == (403, "bad_link")
        assert code_of(await asks(stranger, each)) == (403, "bad_link")
    assert code_of(await decides(stranger, "x" * 2_001)) == (422, "invalid_request")
    assert await asked.decisions() == []


async def test_a_link_opens_nothing_else(
    service: Service, asked: Asked, stranger: httpx2.AsyncClient
) -> None:
    secret = secret_of(await made(service, asked.run))
    for path in ("", "/steps", "/events", "/usage", "/outline", "/waiting-for"):
        address = f"/api/v1/runs/{asked.run}{path}"
        bearer = await stranger.get(address, headers={"Authorization": f"Bearer {secret}"})
        assert code_of(bearer) == (401, "unauthorized")
        ticket = await stranger.get(address, params={"ticket": secret})
        assert ticket.status_code == 401


async def test_a_link_is_made_only_for_a_question_that_waits(
    service: Service, asked: Asked, log: Log, stranger: httpx2.AsyncClient
) -> None:
    path = f"/api/v1/runs/{asked.run}/steps/{{}}/link"
    assert code_of(await service.http.post(path.format(0))) == (409, "step_not_waiting")
    assert code_of(await service.http.post(path.format(9))) == (404, "not_found")
    for seconds in (59, 604_801, "60"):
        body = {"expires_in_seconds": seconds}
        refused = await service.http.post(path.format(1), json=body)
        assert code_of(refused) == (422, "invalid_request")
    secret = secret_of(await made(service, asked.run))
    await Story(log, asked.run).time_out(1, "final")
    assert code_of(await service.http.post(path.format(1))) == (409, "approval_timed_out")
    assert code_of(await asks(stranger, secret)) == (409, "approval_timed_out")


async def test_of_a_long_text_the_size_is_told(
    service: Service, log: Log, stranger: httpx2.AsyncClient
) -> None:
    asked = Asked(service, log, await service.run(flow=ASKING))
    await asked.story.begin()
    await asked.story.complete_large(0, "draft", "long " * 20_000)
    given = (InputRef(step=0, node="draft", attempt=1),)
    await asked.story.ask(1, "final", inputs=given)
    [text] = (await asks(stranger, secret_of(await made(service, asked.run)))).json()["given"]
    assert (text["text"], text["size_bytes"]) == (None, 100_000)


async def test_a_question_nothing_leads_to_is_about_the_input_of_the_run(
    service: Service, log: Log, stranger: httpx2.AsyncClient
) -> None:
    alone = {"nodes": [{"id": "ok", "type": "approval", "data": {}}], "edges": []}
    run = await service.run(flow=alone, input="all of it")
    await Story(log, run).ask(0, "ok")
    told = (await asks(stranger, secret_of(await made(service, run, 0)))).json()
    assert [each["text"] for each in told["given"]] == ["all of it"]


async def test_making_and_using_a_link_is_logged_and_its_secret_is_not(
    service: Service, asked: Asked, stranger: httpx2.AsyncClient
) -> None:
    with capture_logs() as logged:
        link = await made(service, asked.run)
        await decides(stranger, secret_of(link))
        await decides(stranger, secret_of(link))
    said = [each for each in logged if each["event"].startswith("link.")]
    assert [each["event"] for each in said] == ["link.made", "link.used", "link.used_again"]
    assert {each["link"] for each in said} == {link["link"]}
    assert said[0]["made_by"] == "settings"
    assert secret_of(link) not in str(logged)


async def test_a_link_ends_with_the_token_it_was_made_by(
    service: Service, asked: Asked, stranger: httpx2.AsyncClient
) -> None:
    token = await made_token(service, "member")
    async with somebody(service.url, token) as client:
        answer = await client.post(f"/api/v1/runs/{asked.run}/steps/1/link")
    secret = secret_of(answer.json())
    assert (await asks(stranger, secret)).status_code == 200
    await revoke(service, token)

    async def is_over() -> bool:
        return (await asks(stranger, secret)).status_code == 410

    await eventually(is_over)
    assert code_of(await decides(stranger, secret)) == (410, "link_expired")
