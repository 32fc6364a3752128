"""Secrets: written, never read again, and named by a word."""

from __future__ import annotations

import pytest

from services.api.keys.credential_table import MOST
from shared.credentials.names import CredentialName
from shared.log import Log
from tests.integration.api.keyed import (
    SECRETS,
    published,
    raw,
    rows,
)
from tests.integration.api.story import Service


async def test_a_secret_is_written_and_never_read_again(
    service: Service, log: Log, database_url: str
) -> None:
    value = "a value\nof two lines, ☕"
    answer = await service.http.put(f"{SECRETS}/SEARCH_TOKEN", json={"value": value})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told.keys() == {"name", "updated_at", "updated_by"}
    assert (await service.http.get(f"{SECRETS}/SEARCH_TOKEN")).json() == told
    assert (await service.http.get(SECRETS)).json()["items"] == [told]
    assert await published(log, CredentialName("default", "secret", "SEARCH_TOKEN")) == value
    assert "two lines" not in str(await rows(database_url))
    assert (await service.http.delete(f"{SECRETS}/SEARCH_TOKEN")).status_code == 204
    assert (await service.http.get(f"{SECRETS}/SEARCH_TOKEN")).status_code == 404


@pytest.mark.parametrize(
    "name",
    [
        "%2e%2e",
        "a.b",
        "$KV",
        "1st",
        "x" * 64,
        "a%20b",
        "a%00b",
        "caf%C3%A9",
        "*",
        "%3E",
        "-a",
    ],
)
async def test_a_secret_named_like_a_path_or_an_address_is_refused(
    service: Service, name: str
) -> None:
    answer = await raw(service, "PUT", f"{SECRETS}/{name}", {"value": "x"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_name"), answer.text
    assert "expected a name of letters" in answer.json()["detail"]


@pytest.mark.parametrize("name", ["..%2Fetc%2Fpasswd", "a%2Fb", "../runs", "a/b"])
async def test_a_secret_named_by_a_path_is_nowhere(service: Service, name: str) -> None:
    answer = await raw(service, "PUT", f"{SECRETS}/{name}", {"value": "x"})
    is_named = answer.status_code == 400 and answer.json()["code"] == "bad_name"
    assert is_named or answer.status_code in (404, 405), answer.text
    assert is_named == ("%2F" in name or name == "a/b")
    assert (await service.http.get(SECRETS)).json()["items"] == []


async def test_secrets_come_in_pages_by_name(service: Service) -> None:
    names = [f"S_{n}" for n in range(5)]
    for name in reversed(names):
        await service.http.put(f"{SECRETS}/{name}", json={"value": "x"})
    found, cursor = [], ""
    while True:
        page = (await service.http.get(SECRETS, params={"limit": 2, "cursor": cursor})).json()
        found += [each["name"] for each in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert found == names


async def test_a_workspace_has_so_many_secrets_and_no_more(
    service: Service, database_url: str
) -> None:
    await rows(
        database_url,
        "insert into credentials (workspace, kind, name, sealed, updated_by, revision, published) "
        f"select 'default', 'secret', 'S_' || n, 'x', 'me', 1, 1 from generate_series(1, {MOST}) n",
    )
    answer = await service.http.put(f"{SECRETS}/ONE_MORE", json={"value": "x"})
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_secrets")
    assert (await service.http.put(f"{SECRETS}/S_1", json={"value": "x"})).status_code == 200
    await service.http.delete(f"{SECRETS}/S_2")
    assert (await service.http.put(f"{SECRETS}/ONE_MORE", json={"value": "x"})).status_code == 200
