"""An api's keys and secrets, as its callers, its rows and its workers have them."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx2

from shared.credentials.names import CredentialName
from shared.credentials.published import Published
from shared.credentials.sealer import Sealer
from shared.log import Log
from tests.integration.api.story import Service

KEYS, SECRETS, AUDIT = "/api/v1/provider-keys", "/api/v1/secrets", "/api/v1/audit"
KEY = f"{KEYS}/anthropic"
GOOD, OTHER = "sk-ant-api03-a-good-key-0001", "sk-ant-api03-a-good-key-0002"
NAME = CredentialName("default", "provider", "anthropic")
SECRET_KEY = b"\xab" * 32  # of the fixture's settings


async def put(service: Service, key: str = GOOD, path: str = KEY, **more: Any) -> httpx2.Response:
    return await service.http.put(path, json={"key": key, **more})


async def rows(database_url: str, query: str = "select * from credentials") -> list[Any]:
    connection = await asyncpg.connect(database_url)
    found: list[Any] = await connection.fetch(query)
    await connection.close()
    return found


async def published(log: Log, name: CredentialName = NAME) -> str | None:
    """The value that workers have, opened."""
    found = await log.credentials.latest(name)
    if found is None or found.sealed is None:
        return None
    return Sealer(SECRET_KEY).open(name, found.sealed)


async def raw(service: Service, method: str, path: str, body: object) -> httpx2.Response:
    """The answer for a path as it is spelled: clients would make another of it."""
    request = service.http.build_request(method, "/", json=body)
    request.url = request.url.copy_with(raw_path=path.encode())
    return await service.http.send(request)


async def is_published(log: Log, database_url: str) -> bool:
    """Workers have what the row says."""
    (row,) = await rows(database_url)
    found = await log.credentials.latest(NAME)
    is_marked = row["published"] == row["revision"]
    return is_marked and found == Published(row["revision"], row["sealed"])
