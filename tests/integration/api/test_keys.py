"""Keys of model providers and secrets: set, masked, tested, recorded, and given to workers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from cli.up.port import free_port
from services.api.keys.models import LONGEST_KEY, LONGEST_SECRET
from shared.credentials.published import Published
from shared.credentials.sealer import NotOpened, Sealer
from shared.log import Log
from shared.log.provision import provision
from simulator.server import running
from tests.eventually import eventually
from tests.integration.api.conftest import PARTITIONS, started
from tests.integration.api.keyed import (
    AUDIT,
    GOOD,
    KEY,
    KEYS,
    NAME,
    OTHER,
    SECRET_KEY,
    SECRETS,
    is_published,
    published,
    put,
    raw,
    rows,
)
from tests.integration.api.people import made, somebody
from tests.integration.api.story import Service


@pytest.fixture
async def service(nats_url: str, database_url: str) -> AsyncIterator[Service]:
    """An api that tests keys by a simulated provider."""
    await provision(nats_url, partitions=PARTITIONS, pools=("default", "local"))
    async with (
        running() as url,
        started(nats_url, database_url, ANTHROPIC_BASE_URL=url) as api,
    ):
        yield api


async def test_a_key_is_kept_sealed_shown_masked_and_given_to_workers(
    service: Service, log: Log, database_url: str
) -> None:
    answer = await put(service, default_model="claude-opus-5-5")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["provider"], told["key"]) == ("anthropic", "...0001")
    assert (told["default_model"], told["updated_by"]) == ("claude-opus-5-5", "settings")
    assert (await service.http.get(KEY)).json() == told
    assert (await service.http.get(KEYS)).json() == {"items": [told], "next_cursor": None}
    assert await published(log) == GOOD
    (row,) = await rows(database_url)
    assert GOOD not in str(row)
    assert Sealer(SECRET_KEY).open(NAME, row["sealed"]) == GOOD
    assert row["published"] == row["revision"]


async def test_a_row_that_is_moved_to_another_workspace_or_name_does_not_open(
    service: Service, database_url: str
) -> None:
    await put(service)
    (row,) = await rows(database_url)
    moved = (NAME._replace(workspace="acme"), NAME._replace(kind="secret"))
    for name in moved:
        with pytest.raises(NotOpened):
            Sealer(SECRET_KEY).open(name, row["sealed"])


async def test_a_change_takes_the_place_of_what_was_there(service: Service, log: Log) -> None:
    await put(service)
    before = await log.credentials.latest(NAME)
    await put(service, OTHER)
    after = await log.credentials.latest(NAME)
    assert before is not None
    assert after is not None
    assert after.revision > before.revision
    assert await published(log) == OTHER


async def test_a_deleted_key_is_nowhere_and_may_be_set_again(
    service: Service, log: Log, database_url: str
) -> None:
    await put(service)
    assert (await service.http.delete(KEY)).status_code == 204
    for answer in (await service.http.get(KEY), await service.http.delete(KEY)):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (await service.http.get(KEYS)).json()["items"] == []
    found = await log.credentials.latest(NAME)
    assert found is not None
    assert found.sealed is None
    (row,) = await rows(database_url)
    assert (row["sealed"], row["hint"], row["default_model"]) == (None, "", None)
    await put(service, OTHER)
    assert await published(log) == OTHER


async def test_a_key_that_the_provider_refuses_is_not_kept(
    service: Service, database_url: str
) -> None:
    refused = "sk-ant-a-refused-key-0003"
    answer = await put(service, refused)
    assert (answer.status_code, answer.json()["code"]) == (422, "provider_key_refused")
    assert "copy it whole" in answer.json()["detail"]
    assert refused not in answer.text
    assert await rows(database_url) == []
    untested = await put(service, refused, f"{KEY}?test=false")
    assert untested.status_code == 200


async def test_a_provider_that_is_away_is_told_and_nothing_is_kept(
    nats_url: str, database_url: str
) -> None:
    await provision(nats_url, partitions=PARTITIONS, pools=("default", "local"))
    nowhere = f"http://127.0.0.1:{free_port()}"
    async with started(nats_url, database_url, ANTHROPIC_BASE_URL=nowhere) as service:
        answer = await put(service)
        assert (answer.status_code, answer.json()["code"]) == (503, "provider_unavailable")
        assert "?test=false" in answer.json()["detail"]
        assert await rows(database_url) == []
        assert (await put(service, path=f"{KEY}?test=false")).status_code == 200


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"key": "short"}, ".key"),
        ({"key": "with space inside it"}, ".key"),
        ({"key": "line\r\nx-injected: 1 and more"}, ".key"),
        ({"key": "x" * (LONGEST_KEY + 1)}, ".key"),
        ({"key": ["sk-ant-in-a-list"]}, ".key"),
        ({"key": GOOD, "default_model": ""}, ".default_model"),
        ({"key": GOOD, "more": "x"}, ".more"),
        ({}, ".key"),
        ("sk-ant-instead-of-an-object", ""),
    ],
)
async def test_a_body_that_does_not_fit_is_refused_without_showing_the_key(
    service: Service, body: Any, path: str
) -> None:
    answer = await service.http.put(KEY, json=body)
    assert answer.status_code == 422
    (problem,) = answer.json()["problems"]
    assert problem["path"] == path
    for secret in ("with space", "injected", "xxxxxxxx", "sk-ant"):
        assert secret not in answer.text


async def test_a_body_of_any_size_is_bounded(service: Service) -> None:
    answer = await put(service, "x" * 10_000)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    long = "x" * (LONGEST_SECRET + 1)
    answer = await service.http.put(f"{SECRETS}/LONG", json={"value": long})
    assert answer.status_code == 422
    assert "xxxx" not in answer.text


@pytest.mark.parametrize("provider", ["nobody", "Anthropic", "anthropic%00", "%2e%2e"])
async def test_a_provider_that_is_not_known_is_refused(service: Service, provider: str) -> None:
    for method in ("PUT", "GET", "DELETE"):
        body = {"key": GOOD} if method == "PUT" else None
        answer = await raw(service, method, f"{KEYS}/{provider}", body)
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_name"), answer.text


async def test_another_workspace_s_keys_are_not_there(service: Service) -> None:
    await service.http.post("/api/v1/workspaces", json={"slug": "acme", "name": "Acme"})
    await put(service)
    await service.http.put(f"{SECRETS}/OURS", json={"value": "x"})
    theirs = await made(service, "admin", workspace="acme")
    async with somebody(service.url, theirs) as client:
        for page in (KEYS, SECRETS):
            assert (await client.get(page)).json()["items"] == []
        for path in (KEY, f"{SECRETS}/OURS"):
            assert (await client.get(path)).status_code == 404
            assert (await client.delete(path)).status_code == 404
    assert (await service.http.get(KEY)).status_code == 200


async def test_who_set_and_deleted_what_is_in_the_audit_without_it(service: Service) -> None:
    await put(service)
    await service.http.delete(KEY)
    await service.http.put(f"{SECRETS}/S", json={"value": GOOD})
    await service.http.delete(f"{SECRETS}/S")
    answer = await service.http.get(AUDIT)
    deeds = [(each["action"], each["subject"]) for each in answer.json()["items"]]
    assert deeds == [
        ("secret.deleted", "S"),
        ("secret.set", "S"),
        ("provider_key.deleted", "anthropic"),
        ("provider_key.set", "anthropic"),
    ]
    assert GOOD not in answer.text


async def test_what_the_store_lost_is_published_again_by_an_api_that_begins(
    service: Service, nats_url: str, database_url: str, log: Log
) -> None:
    await put(service)
    await rows(database_url, "update credentials set revision = revision + 5 where true")
    await eventually(lambda: is_published(log, database_url))
    # What another log has of it is later than what Postgres has.
    await log.credentials.publish(NAME, Published(2**60, "1.of.another"))
    async with started(nats_url, database_url):
        await eventually(lambda: is_published(log, database_url))
        assert await published(log) == GOOD


async def test_a_deleted_workspace_s_keys_are_nowhere(
    service: Service, log: Log, database_url: str
) -> None:
    await service.http.post("/api/v1/workspaces", json={"slug": "acme", "name": "Acme"})
    theirs = await made(service, "admin", workspace="acme")
    async with somebody(service.url, theirs) as client:
        assert (await client.put(KEY, json={"key": GOOD})).status_code == 200
    await put(service, OTHER)
    assert await published(log, NAME._replace(workspace="acme")) == GOOD
    answer = await service.http.delete("/api/v1/workspaces/acme")
    assert answer.status_code == 202, answer.text

    async def are_gone() -> bool:
        left = {row["workspace"] for row in await rows(database_url)}
        is_there = await published(log, NAME._replace(workspace="acme"))
        return left == {"default"} and is_there is None

    await eventually(are_gone)
    assert await published(log) == OTHER
