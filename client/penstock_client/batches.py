"""What is answered where many runs are started at once."""

from __future__ import annotations

from penstock_client.results import Json, Result


class Batched(Result):
    """What became of one run of a batch: its id, or the problem with it, as a refusal tells it."""

    run_id: str | None = None
    events_url: str | None = None
    replayed: bool = False
    problem: Json | None = None


class Batch(Result):
    """What became of each run of a batch, in their order."""

    accepted: int
    refused: int
    items: tuple[Batched, ...] = ()
