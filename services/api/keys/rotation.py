"""`POST /admin/keys/rotate`: everything that is sealed, under the newest secret key.

A call seals a hundred values anew, and may be made again at any moment, by anybody, also at once:
a value is sealed anew only if its row is still what was read.
"""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg
from starlette.requests import Request

from services.api.http.answers import Answer
from services.api.http.calls import Calls, Described
from services.api.http.parts import part
from services.api.keys.credential_table import AT_ONCE, CredentialTable, name_of
from services.api.keys.known_keys import WorkerKeys
from services.api.keys.models import Rotation
from services.api.keys.publishing import Publishing
from services.api.keys.refusals import KeyNotEverywhere
from services.api.people.deeds import deed
from shared.credentials.sealer import NotOpened, Sealer
from shared.runtime.logging import logger

CALLS = Calls("Administration")

log = logger()


@CALLS.post(
    "/api/v1/admin/keys/rotate",
    "Seal keys and secrets under the newest secret key",
    answers=(Described(200, "How far it is", Rotation),),
    access="instance",
    refusals=(KeyNotEverywhere,),
)
async def rotate_keys(request: Request) -> Answer[Rotation]:
    """Seals up to a hundred values of all workspaces under the newest `PENSTOCK_SECRET_KEY`.

    Made again until `remaining` is 0, it seals all of them; runs go on meanwhile. 409 while a
    worker does not have that key.
    """
    newest = part(request, Sealer).ids[0]
    if without := part(request, WorkerKeys).without(newest):
        raise KeyNotEverywhere(
            f"expected every worker to have the newest secret key ({newest}), {len(without)} do "
            f"not, {without[0]!r} among them: give all of them PENSTOCK_SECRET_KEY=NEW,OLD, start "
            "them again, then rotate"
        )
    resealed, unreadable = await _reseal_some(request, newest)
    remaining = await part(request, CredentialTable).remaining(newest) - unreadable
    told = Rotation(
        secret_key=newest,
        resealed=resealed,
        remaining=max(0, remaining),
        unreadable=unreadable,
    )
    return Answer(told)


async def _reseal_some(request: Request, newest: str) -> tuple[int, int]:
    """How many were sealed anew, a hundred or all there are, and how many could not be opened."""
    table, by = part(request, CredentialTable), deed(request, "credential.resealed")
    resealed = unreadable = 0
    last = None
    while resealed < AT_ONCE and (rows := await table.sealed_before(newest, last)):
        last = name_of(rows[-1])
        opened = [(row, _sealed_anew(part(request, Sealer), row)) for row in rows]
        good = [(row, sealed) for row, sealed in opened if sealed is not None]
        unreadable += len(opened) - len(good)
        changed = await table.reseal([r for r, _ in good], [s for _, s in good], newest, by)
        resealed += len(changed)
        await _publish(request, changed)
    return resealed, unreadable


def _sealed_anew(sealer: Sealer, row: asyncpg.Record) -> str | None:
    """The value under the newest key; None where it does not open."""
    name = name_of(row)
    try:
        return sealer.seal(name, sealer.open(name, row["sealed"]))
    except NotOpened as error:
        log.warning("credential.unreadable", workspace=name.workspace, error=str(error))
        return None


async def _publish(request: Request, rows: Sequence[asyncpg.Record]) -> None:
    for row in rows:
        await part(request, Publishing).publish(row)
