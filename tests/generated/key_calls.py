"""The calls about keys and secrets, by the generated Python client."""

from __future__ import annotations

from generated import AuthenticatedClient
from generated.api.administration import rotate_keys
from generated.api.keys_and_secrets import (
    delete_provider_key,
    delete_secret,
    list_provider_keys,
    list_secrets,
    read_provider_key,
    read_secret,
    set_provider_key,
    set_secret,
)
from generated.models import (
    ProviderKeyBody,
    ProviderKeyPage,
    ProviderKeyShape,
    Rotation,
    SecretBody,
    SecretPage,
    SecretShape,
)


def call_keys(client: AuthenticatedClient) -> None:
    """A key and a secret come, are told of without their values, and go."""
    body = ProviderKeyBody(key="sk-ant-a-key-for-tests-0001")
    key = set_provider_key.sync("anthropic", client=client, body=body)
    assert isinstance(key, ProviderKeyShape), key
    assert read_provider_key.sync("anthropic", client=client) == key
    keys = list_provider_keys.sync(client=client)
    assert isinstance(keys, ProviderKeyPage), keys
    assert keys.items == [key]
    gone = delete_provider_key.sync_detailed("anthropic", client=client)
    assert gone.status_code == 204
    secret = set_secret.sync("SEARCH", client=client, body=SecretBody(value="x"))
    assert isinstance(secret, SecretShape), secret
    assert read_secret.sync("SEARCH", client=client) == secret
    secrets = list_secrets.sync(client=client)
    assert isinstance(secrets, SecretPage), secrets
    assert secrets.items == [secret]
    rotation = rotate_keys.sync(client=client)
    assert isinstance(rotation, Rotation), rotation
    assert delete_secret.sync_detailed("SEARCH", client=client).status_code == 204
