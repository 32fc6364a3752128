"""Large bodies: copied from the object store before the facts that name them.

A copy is kept under its hash, so one whose batch is then not applied does no harm.
"""

from __future__ import annotations

from collections.abc import Iterable

import asyncpg

from services.projector.batch import BlobName
from services.projector.signals import BODIES_MISSING
from shared.log.port import Log
from shared.runtime.logging import logger

log = logger()


async def copy_bodies(
    connection: asyncpg.Connection, source: Log, names: Iterable[BlobName]
) -> None:
    """Keep each of these that is not kept; one that is nowhere is reported and left out."""
    for name in names:
        kept = "select true from blobs where run_id = $1 and sha256 = $2"
        if await connection.fetchval(kept, name.run, name.sha256):
            continue
        body = await source.get_blob(name.workspace, name.run, name.sha256)
        if body is None:
            BODIES_MISSING.inc()
            log.error("body.missing", run=name.run, sha256=name.sha256)
            continue
        await connection.execute(
            "insert into blobs (run_id, sha256, workspace, body) values ($1, $2, $3, $4) "
            "on conflict do nothing",
            name.run,
            name.sha256,
            name.workspace,
            body,
        )
