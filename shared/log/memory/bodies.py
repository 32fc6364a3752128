"""What the log keeps beside its facts, in memory: large bodies, flows, claims."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from hashlib import sha256

from shared.log.memory.credentials import Credentials
from shared.log.memory.store import Store


class Bodies(ABC):
    """The part of the port that is not about facts."""

    def __init__(self) -> None:
        self._blobs: dict[tuple[str, str, str], bytes] = {}
        self._flows: dict[str, bytes] = {}
        self._claims: dict[tuple[str, str], bytes] = {}
        self.credentials = Credentials(self._reach)

    @abstractmethod
    async def _reach(self, asked: str) -> Store:
        """Returns once the request has got there. Raises: Unavailable."""

    async def put_blob(self, workspace: str, run: str, body: bytes) -> str:
        await self._reach("put_blob")
        name = sha256(body).hexdigest()
        self._blobs[workspace, run, name] = body
        return name

    async def get_blob(self, workspace: str, run: str, sha256: str) -> bytes | None:
        await self._reach("get_blob")
        return self._blobs.get((workspace, run, sha256))

    async def put_flow(self, version: str, body: bytes) -> None:
        await self._reach("put_flow")
        self._flows[version] = body

    async def get_flow(self, version: str) -> bytes | None:
        await self._reach("get_flow")
        return self._flows.get(version)

    async def claim(self, workspace: str, key: str, value: bytes) -> bytes:
        await self._reach("claim")
        return self._claims.setdefault((workspace, key), value)

    async def delete_blobs(self, workspace: str, run: str, names: Sequence[str]) -> None:
        await self._reach("delete_blobs")
        for name in names:
            self._blobs.pop((workspace, run, name), None)
