"""A browser that signs in by a provider, step by step."""

from __future__ import annotations

from typing import Any

import httpx2

from tests.openid_provider import OpenIdProvider

BEGIN = "/api/v1/openid/sign-in"
CALLBACK = "/api/v1/openid/callback"
ATTEMPT = "penstock_openid"
ADA = {"email": "ada@example.org", "email_verified": True, "name": "Ada"}


async def begun(page: httpx2.AsyncClient) -> str:
    """Where the provider is asked."""
    answer = await page.get(BEGIN)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def back(page: httpx2.AsyncClient, provider: OpenIdProvider, subject: str) -> str:
    """Where the provider sends the browser, once somebody has signed in there."""
    return await provider.says_who(await begun(page), {"sub": subject})


async def signed_in(
    page: httpx2.AsyncClient, provider: OpenIdProvider, subject: str, **claims: Any
) -> str:
    """Where somebody arrives in the end, of whom the provider says this."""
    if claims:
        await provider.knows(subject, **claims)
    answer = await page.get(await back(page, provider, subject))
    return arrived(answer)


def arrived(answer: httpx2.Response) -> str:
    """What the page of the sign-in is told: `in`, or the code of a problem."""
    assert answer.status_code == 303, answer.text
    assert answer.headers["cache-control"] == "no-store"
    page, _, problem = answer.headers["location"].partition("#problem=")
    assert page == "../../../sign-in"
    return problem or "in"
