"""What is refused of keys and secrets."""

from __future__ import annotations

from services.api.http.problems import Refused
from shared.errors import Unavailable


class NoProviderKey(Refused):
    """A run calls a model, and neither its workspace nor any worker has a key for it."""

    code = "no_provider_key"
    status = 409


class ProviderKeyRefused(Refused):
    """The provider does not take the key."""

    code = "provider_key_refused"
    status = 422


class ProviderUnavailable(Unavailable):
    """The provider did not say whether the key is good."""

    code = "provider_unavailable"


class TooManySecrets(Refused):
    """A workspace has as many secrets as it may have."""

    code = "too_many_secrets"
    status = 409


class BadName(Refused):
    """What is named is no provider that is known, or no name for a secret."""

    code = "bad_name"


class KeyNotEverywhere(Refused):
    """A worker does not have the newest secret key: it could not open what is sealed under it."""

    code = "secret_key_not_everywhere"
    status = 409
