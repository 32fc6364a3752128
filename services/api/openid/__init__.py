"""Signing in by a provider of OpenID Connect."""

from services.api.openid import calls

CALLS = (*calls.CALLS,)
