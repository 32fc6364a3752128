"""Idempotency keys: the same key and body give the same run, however often they are sent.

The claim is kept before the run is recorded. If that never happened, whoever comes again with the
key records the run under the id first claimed; two at once are made one by the log.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from hashlib import sha256

from services.api.http.problems import KeyReused
from shared.log.port import Log

LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class Claim:
    """The run a request is about, and whether another request was about it before."""

    run: str
    partition: int
    replayed: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """What tells the caller of a replay."""
        return {"idempotency-replayed": "true"} if self.replayed else {}


async def claimed(log: Log, workspace: str, key: str, body: bytes, fresh: Claim) -> Claim:
    """The claim that stands under the key: `fresh`, or the one made before with this body.

    Raises: KeyReused if that was with another body; Unavailable.
    """
    # A large body beside the loop: hashing it takes a fraction of a second.
    digest = await asyncio.to_thread(lambda: sha256(body).hexdigest())
    value = {"run": fresh.run, "partition": fresh.partition, "body": digest}
    stands = json.loads(await log.claim(workspace, key, json.dumps(value).encode()))
    if stands["body"] != digest:
        raise KeyReused("The Idempotency-Key came with another body before: take a new key.")
    replayed = stands["run"] != fresh.run
    return Claim(stands["run"], stands["partition"], replayed)
