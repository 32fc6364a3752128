"""Runs read back as the api reads them, without an api: for commands that must be sure."""

from __future__ import annotations

from services.api.definitions.known_models import KnownModels
from services.api.http.parts import Parts
from services.api.lifespan import add_parts
from services.api.runs.reading import RunReader
from services.api.runs.verification import Readings, read_back
from services.projector.rebuild import client_name
from shared.ledger.pool import connect as connect_ledger
from shared.log import connect
from shared.log.encryption import nats_address
from shared.runtime.settings import Settings


async def read_runs(settings: Settings) -> Readings:
    """Read the newest finished runs, as users do. Raises: Unavailable."""
    parts = Parts()
    parts.add(KnownModels, KnownModels(settings.default_model, settings.model_providers))
    async with (
        connect(nats_address(settings), name=client_name(settings.nats_url)) as log,
        connect_ledger(settings.database_url, wait_seconds=settings.wait_seconds) as pool,
    ):
        add_parts(parts, log, pool, frozenset(settings.pools))
        return await read_back(parts.get(RunReader), pool)
