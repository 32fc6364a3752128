"""The first user of a stack: whoever opens the link that `penstock up` prints."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from penstock_client import ConflictError, Penstock, UnavailableError

EMAIL, NAME = "admin@localhost", "Admin"
_TRIES, _PAUSE_SECONDS = 10, 1.0


async def first_link(api_url: str, token: str) -> str | None:
    """A link that signs the first user in, who is made where there is none.

    None once they have a password, or there are others; or where the api does not answer now: the
    next start says it.
    """
    for _ in range(_TRIES):
        try:
            async with Penstock(api_url, token) as client:
                return await _link(client)
        except UnavailableError:
            await asyncio.sleep(_PAUSE_SECONDS)  # it was killed, and is started again
    return None


async def _link(client: Penstock) -> str | None:
    users = [each async for each in client.users.list()]
    if users:
        (first, *others) = users
        if others or first.email != EMAIL or first.has_password:
            return None
        url = (await client.users.reset(first.id)).url
    else:
        url = (await client.users.create(EMAIL, NAME, is_instance_admin=True)).url
    with suppress(ConflictError):  # a member since the start before
        await client.members.add((await client.me()).workspace, EMAIL, "admin")
    return url
