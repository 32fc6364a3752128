"""The key by which a step calls its model: its workspace's own, or else that of the environment;
and the workspace's secrets, which its tools are called with.

    believed a second ── else one Direct Get of the sealed value ── opened, kept in memory alone

A value that does not open here is no reason to call by another key, which somebody else pays for.
"""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from typing import NamedTuple

from cachetools import LRUCache

from shared.credentials.names import CredentialName
from shared.credentials.sealer import NotOpened, Sealer
from shared.errors import AttemptFailed
from shared.log.port import Log
from shared.runtime.logging import logger

BELIEVED_SECONDS = 1.0
_MOST = 10_000

log = logger()


class _Told(NamedTuple):
    """What the store had under a name, and when it was asked (monotonic)."""

    sealed: str | None
    key: str | None
    at: float


class Keys:
    """Keys of model providers, and secrets; `defaults` are keys of the environment, by provider."""

    def __init__(
        self, store: Log, sealer: Sealer | None = None, defaults: Mapping[str, str] | None = None
    ) -> None:
        self._store = store
        self._sealer = sealer or Sealer()
        self._defaults = dict(defaults or {})
        self._told: LRUCache[CredentialName, _Told] = LRUCache(_MOST)

    def said(self) -> dict[str, list[str]]:
        """What others may know: of which providers there is a default, which secret keys."""
        return {"providers": list(self._defaults), "secret_keys": list(self._sealer.ids)}

    async def key_of(self, workspace: str, provider: str) -> str | None:
        """The key for a step of this workspace at this provider, None if there is none.

        Raises: AttemptFailed, for one that does not open here; Unavailable, Corrupt.
        """
        told = await self._known(CredentialName(workspace, "provider", provider))
        return told.key or self._defaults.get(provider)

    async def secret(self, workspace: str, name: str) -> str | None:
        """The workspace's secret of this name, None if there is none.

        Raises: AttemptFailed, for one that does not open here; Unavailable, Corrupt.
        """
        return (await self._known(CredentialName(workspace, "secret", name))).key

    async def _known(self, name: CredentialName) -> _Told:
        told = self._told.get(name)
        if told is None or monotonic() - told.at >= BELIEVED_SECONDS:
            told = self._told[name] = await self._asked(name, told)
        return told

    async def _asked(self, name: CredentialName, before: _Told | None) -> _Told:
        asked_at = monotonic()
        found = await self._store.credentials.read(name)
        sealed = None if found is None else found.sealed
        if before is not None and before.sealed == sealed:
            return before._replace(at=asked_at)
        return _Told(sealed, None if sealed is None else self._opened(name, sealed), asked_at)

    def _opened(self, name: CredentialName, sealed: str) -> str:
        try:
            return self._sealer.open(name, sealed)
        except NotOpened as error:
            raise _failed(name, error) from error


def _failed(name: CredentialName, error: NotOpened) -> AttemptFailed:
    log.error("credential.not_opened", workspace=name.workspace, error=str(error))
    what = "key of" if name.kind == "provider" else "secret"
    return AttemptFailed(
        f"the workspace's {what} {name.name} does not open here: whoever runs Penstock gives every "
        "worker each PENSTOCK_SECRET_KEY in force, or an admin sets the key anew",
        code=NotOpened.code,
        retry=True,
    )
