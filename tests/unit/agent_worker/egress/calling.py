"""A client that tests call by, and its names."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TypedDict, Unpack

from services.agent_worker.egress import (
    Answer,
    Call,
    EgressClient,
)
from services.agent_worker.egress.guard import Resolver
from shared.runtime.settings import load
from tests.eventually import PATIENCE_SECONDS
from tests.unit.agent_worker.egress.names import Names

LOCAL, OTHER = "127.0.0.1", "127.0.0.2"
SECRETS = {"authorization": "Bearer s3cret", "cookie": "id=s3cret", "x-api-key": "s3cret"}


@asynccontextmanager
async def calling(
    *allowed: str,
    resolver: Resolver | None = None,
    tls: ssl.SSLContext | None = None,
    proxy: str = "",
) -> AsyncIterator[EgressClient]:
    environ = {"PENSTOCK_EGRESS_ALLOW": ",".join(allowed), "PENSTOCK_EGRESS_PROXY": proxy}
    names = resolver or Names({"one.example": [LOCAL], "two.example": [OTHER]})
    async with EgressClient.of(load("agent-worker", environ), resolver=names, tls=tls) as client:
        yield client


class Given(TypedDict, total=False):
    headers: Mapping[str, str]
    body: bytes
    timeout_seconds: float
    largest_bytes: int


async def fetched(
    client: EgressClient, url: str, method: str = "GET", **given: Unpack[Given]
) -> Answer:
    return await client.call(
        Call(
            method=method,
            url=url,
            headers=given.get("headers", {}),
            body=given.get("body"),
            timeout_seconds=given.get("timeout_seconds", PATIENCE_SECONDS),
            largest_bytes=given.get("largest_bytes", 1 << 20),
        )
    )
