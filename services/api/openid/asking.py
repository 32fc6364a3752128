"""Asks a provider, within bounds: bytes, time, and how many at once; it is sent nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx2
import pydantic_core

from services.api.http.outside import ANSWER_SECONDS, OutsideClient
from services.api.openid.refusals import ProviderAway, ProviderBroken

MOST_BYTES = 256 << 10
_PLAIN = {"accept": "application/json", "accept-encoding": "identity"}


class Answered(NamedTuple):
    """What came: the status, and the members of the JSON object; none, if it is none."""

    status: int
    members: Mapping[str, Any]


class Asking(OutsideClient):
    """To be entered. What it raises names the address without its query, and nothing of bodies."""

    async def ask(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, form: str = ""
    ) -> Answered:
        """The answer, if its status is below 500. Raises: ProviderAway, ProviderBroken."""
        where = url.partition("?")[0]
        given = {**_PLAIN, **(headers or {})}
        try:
            async with asyncio.timeout(ANSWER_SECONDS), self.places:
                asked = self.http.stream(method, url, headers=given, content=form.encode() or None)
                async with asked as answer:
                    raw = await _read(answer, where)
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, TimeoutError) as error:
            raise ProviderAway(f"{where} does not answer ({type(error).__name__}).") from error
        if answer.status_code >= 500:
            raise ProviderAway(f"{where} answers with status {answer.status_code}.")
        return Answered(answer.status_code, _members(raw))

    async def read(self, url: str, headers: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        """The JSON object that stands there. Raises: ProviderAway, ProviderBroken."""
        answer = await self.ask("GET", url, headers)
        if answer.status != 200 or not answer.members:
            where = url.partition("?")[0]
            raise ProviderBroken(
                f"expected a JSON object at {where}, got status {answer.status} or other content"
            )
        return answer.members


async def _read(answer: httpx2.Response, where: str) -> bytes:
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise ProviderBroken(f"expected {where} to answer plainly, as asked, got it packed")
    raw = bytearray()
    async for piece in answer.aiter_raw():
        raw += piece
        if len(raw) > MOST_BYTES:
            raise ProviderBroken(f"expected at most {MOST_BYTES >> 10} KiB of {where}, got more")
    return bytes(raw)


def _members(raw: bytes) -> Mapping[str, Any]:
    try:
        found = pydantic_core.from_json(raw, allow_inf_nan=False)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
