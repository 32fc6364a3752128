"""`/provider-keys`: the keys by which a workspace's runs call models."""

from __future__ import annotations

import asyncpg
from pydantic import Field
from starlette.requests import Request

from services.api.definitions.known_models import KnownModels
from services.api.http.answers import Answer, NoContent
from services.api.http.calls import Calls, Described
from services.api.http.parameters import Query
from services.api.http.parts import part
from services.api.identity.identity import workspace_of
from services.api.keys import vault
from services.api.keys.credential_table import CredentialTable
from services.api.keys.models import ProviderKeyBody, ProviderKeyPage, ProviderKeyShape
from services.api.keys.probe import Probe
from services.api.keys.refusals import (
    BadName,
    ProviderKeyRefused,
    ProviderUnavailable,
)
from shared.credentials.names import CredentialName
from shared.errors import NotFound
from shared.flow.json_value import shown

PROVIDER_KEYS = "/api/v1/provider-keys"
PROVIDER_KEY = f"{PROVIDER_KEYS}/{{provider}}"
BODY_BYTES = 4_096

CALLS = Calls("Keys and secrets")


class HowToKeep(Query):
    """Whether the provider is asked first."""

    test: bool = Field(True, description="keep a key only if the provider takes it")


@CALLS.put(
    PROVIDER_KEY,
    "Set the key of a model provider",
    answers=(Described(200, "The key, masked", ProviderKeyShape),),
    access="admin",
    refusals=(BadName, ProviderKeyRefused, ProviderUnavailable),
    most_bytes=BODY_BYTES,
)
async def set_provider_key(
    request: Request, body: ProviderKeyBody, query: HowToKeep
) -> Answer[ProviderKeyShape]:
    """Sets the key by which runs of the workspace call models; steps use it a second later.

    Providers are anthropic, openai and those that the installation knows besides. The provider is
    asked first: a key that it refuses is not kept. `default_model` is the model of agents that name
    none, with the provider's name before it where that is not anthropic.
    """
    name = _name(request)
    if query.test:
        await part(request, Probe).require_good(name.name, body.key)
    return Answer(_shape(await vault.keep(request, name, body.key, body.default_model)))


@CALLS.get(
    PROVIDER_KEYS,
    "Keys of model providers, masked",
    answers=(Described(200, "All of them", ProviderKeyPage),),
)
async def list_provider_keys(request: Request) -> Answer[ProviderKeyPage]:
    """Tells of which providers the workspace has a key, how it ends, and who set it when."""
    rows = await part(request, CredentialTable).list(workspace_of(request), "provider")
    return Answer(ProviderKeyPage(items=[_shape(row) for row in rows], next_cursor=None))


@CALLS.get(
    PROVIDER_KEY,
    "The key of a model provider, masked",
    answers=(Described(200, "The key, masked", ProviderKeyShape),),
    refusals=(BadName, NotFound),
)
async def read_provider_key(request: Request) -> Answer[ProviderKeyShape]:
    """Tells how the workspace's key of a provider ends, and who set it when."""
    return Answer(_shape(await vault.find(request, _name(request))))


@CALLS.delete(
    PROVIDER_KEY,
    "Delete the key of a model provider",
    answers=(Described(204, "It is there no more"),),
    refusals=(BadName, NotFound),
)
async def delete_provider_key(request: Request) -> NoContent:
    """Deletes a key: the next attempts go without it, by the workers' own if they have one."""
    await vault.remove(request, _name(request))
    return NoContent()


def _name(request: Request) -> CredentialName:
    """Raises: BadName."""
    provider: str = request.path_params["provider"]
    providers = part(request, KnownModels).kinds
    if provider not in providers:
        known = ", ".join(providers)
        raise BadName(f"expected a provider, which is one of {known}, got {shown(provider)}")
    return vault.named(request, "provider", provider)


def _shape(row: asyncpg.Record) -> ProviderKeyShape:
    return ProviderKeyShape(
        provider=row["name"],
        key=row["hint"],
        default_model=row["default_model"],
        updated_at=row["updated_at"],
        updated_by=row["updated_by"],
    )
