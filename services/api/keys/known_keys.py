"""Whether runs of a workspace have a key: its own, or one that workers have of their environment.

What Postgres says is believed for a second. Nothing is refused for what is not known: where
Postgres is silent, or no worker is heard of, the worker decides that takes the step.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from time import monotonic
from typing import Any, NamedTuple

import asyncpg
from cachetools import LRUCache

from services.api.http.sharing import Sharing
from services.api.keys.refusals import NoProviderKey
from shared.errors import Unavailable
from shared.flow import AgentWork, Step
from shared.ledger.pool import translated
from shared.models import named

BELIEVED_SECONDS = 1.0
SILENT_SECONDS = 60.0
_MOST = 10_000
_FIND = (
    "select name, default_model from credentials "
    "where workspace = $1 and kind = 'provider' and sealed is not null"
)

Keys = Mapping[str, str | None]
"""The providers a workspace has a key of, each with the model of agents that name none."""


class _Told(NamedTuple):
    keys: Keys
    at: float


class WorkspaceKeys:
    """Of which providers workspaces have keys."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._told: LRUCache[str, _Told] = LRUCache(_MOST)
        self._asking: Sharing[str, Keys] = Sharing()

    async def of(self, workspace: str) -> Keys | None:
        """Its keys; None where Postgres has been silent too long to know."""
        told = self._told.get(workspace)
        if told is not None and monotonic() - told.at < BELIEVED_SECONDS:
            return told.keys
        asked_at = monotonic()
        try:
            found = await self._asking.answer(workspace, lambda: self._ask(workspace))
        except Unavailable:
            is_fresh = told is not None and monotonic() - told.at < SILENT_SECONDS
            return told.keys if told is not None and is_fresh else None
        self._told[workspace] = _Told(found, asked_at)
        return found

    async def default_model(self, workspace: str) -> str | None:
        """The model of its agents that name none, if it names one."""
        keys = await self.of(workspace) or {}
        return next((model for model in keys.values() if model), None)

    def forget(self, workspace: str) -> None:
        """Its keys were changed here: they are asked for anew."""
        self._told.pop(workspace, None)

    async def _ask(self, workspace: str) -> Keys:
        with translated():
            rows = await self._pool.fetch(_FIND, workspace)
        return {row["name"]: row["default_model"] for row in rows}


class WorkerKeys:
    """What workers say of themselves: the providers they have a key of, the secret keys they have.

    A worker of a version that does not say it may have anything.
    """

    def __init__(self, said: Callable[[], Mapping[str, bytes]] = dict) -> None:
        self._said = said

    def may_have(self, provider: str) -> bool:
        """Some worker has a key of this provider, or it is not known."""
        lists = [said.get("providers") for said in self._all()]
        return not lists or any(found is None or provider in found for found in lists)

    def without(self, secret_key: str) -> list[str]:
        """The workers that do not have the secret key of this id."""
        named = {name: _words(said) for name, said in self._said().items()}
        return [
            name
            for name, said in sorted(named.items())
            if secret_key not in (said.get("secret_keys") or ())
        ]

    def _all(self) -> list[dict[str, Any]]:
        return [_words(said) for said in self._said().values()]


async def require_key(
    providers: Iterable[str], workspace: str, keys: WorkspaceKeys, workers: WorkerKeys
) -> None:
    """Raises: NoProviderKey, where nobody has a key of one of these providers."""
    missing = [provider for provider in providers if not workers.may_have(provider)]
    own = await keys.of(workspace) if missing else None
    for provider in missing:
        if own is not None and provider not in own:
            raise NoProviderKey(
                f"expected a key of {provider}, the workspace {workspace!r} has none and neither "
                f"has any worker: PUT /api/v1/provider-keys/{provider}, or penstock provider-key "
                f"set {provider}"
            )


def providers_in(steps: Iterable[Step], default_model: str) -> list[str]:
    """The providers that agents among the steps may ask, each once."""
    works = [step.work for step in steps if isinstance(step.work, AgentWork)]
    models = (name for work in works for name in (work.model or default_model, *work.fallbacks))
    return list(dict.fromkeys(named(name).provider for name in models))


def _words(said: bytes) -> dict[str, Any]:
    try:
        found = json.loads(said)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
