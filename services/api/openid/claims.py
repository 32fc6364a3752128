"""What a provider says of somebody: read from an ID token, once that is known to be good.

Source: OpenID Connect Core 1.0, 3.1.3.7 (validation), 5.1 (claims), 5.3 (UserInfo).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from time import monotonic
from typing import Any, NamedTuple

from authlib.oidc.core import CodeIDToken
from joserfc import jwk, jwt
from joserfc.errors import (
    ClaimError,
    ExpiredTokenError,
    InvalidClaimError,
    InvalidKeyIdError,
    JoseError,
)
from joserfc.jws import JWSRegistry
from pydantic import TypeAdapter, ValidationError

from services.api.openid.attempt import Attempt
from services.api.openid.provider import Provider, Tokens
from services.api.openid.refusals import EmailUnverified, TokenExpired, TokenRefused
from services.api.people.user_models import Email

SKEW_SECONDS = 60
# Signed by a key that only the provider has: neither by the client's secret, nor by nobody.
_ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA", "Ed25519"),
)
_EMAILS = ("email", "email_verified")
_KINDS = ("RSA", "EC", "OKP")
_UNREADABLE = (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError)
_SUBJECT = re.compile(r"[ -~]{1,255}")
_LONGEST_NAME, _MOST_GROUPS = 200, 1_000
_EMAIL: TypeAdapter[str] = TypeAdapter(Email)


class Said(NamedTuple):
    """Who somebody is, as the provider says; the e-mail is verified, and case-folded."""

    subject: str
    email: str
    name: str
    groups: frozenset[str]


async def read_tokens(
    provider: Provider, tokens: Tokens, attempt: Attempt, groups_claim: str | None
) -> Said:
    """Who has signed in; groups only if it is said what they are called.

    Raises: TokenRefused, TokenExpired, EmailUnverified, ProviderAway, ProviderBroken.
    """
    began = monotonic()
    try:
        token = _decoded(tokens.id_token, await provider.keys())
    except InvalidKeyIdError:
        # It may have begun to sign by another key since.
        token = _decoded_at_last(tokens.id_token, await provider.keys(not_before=began))
    claims = _checked(token, tokens, attempt, provider)
    if {*_EMAILS, groups_claim or _EMAILS[0]} <= claims.keys():
        return said_of(claims, groups_claim)
    more = await provider.about(tokens.access_token)
    if more and more.get("sub") != claims["sub"]:
        raise TokenRefused("expected the provider to tell of who has signed in, got another")
    # That an e-mail is verified is believed only where this e-mail stands.
    source = claims if claims.keys() >= {*_EMAILS} else more
    return said_of({**more, **claims, **{n: source.get(n) for n in _EMAILS}}, groups_claim)


def said_of(claims: Mapping[str, Any], groups_claim: str | None) -> Said:
    """What good claims say. Raises: EmailUnverified."""
    email = _email(claims)
    groups = claims.get(groups_claim) if groups_claim else None
    known = groups if isinstance(groups, list) else [groups]
    texts = [each for each in known[:_MOST_GROUPS] if isinstance(each, str)]
    return Said(claims["sub"], email, _name(claims, email), frozenset(texts))


def _decoded(text: str, keys: Iterable[Any]) -> jwt.Token:
    """Raises: InvalidKeyIdError, where it is signed by a key that is not there; TokenRefused."""
    registry = JWSRegistry(algorithms=_ALGORITHMS, strict_check_header=False)
    try:
        return jwt.decode(text, jwk.KeySet(_usable(keys)), registry=registry)
    except InvalidKeyIdError:
        raise
    except _UNREADABLE as error:
        raise TokenRefused(
            f"expected an ID token that the provider has signed, got another "
            f"({type(error).__name__})"
        ) from None


def _decoded_at_last(text: str, keys: Iterable[Any]) -> jwt.Token:
    try:
        return _decoded(text, keys)
    except InvalidKeyIdError:
        raise TokenRefused(
            "expected an ID token signed by a key that the provider tells of, got another"
        ) from None


def _usable(keys: Iterable[Any]) -> list[jwk.Key]:
    """The keys that check signatures; those of kinds that nobody here knows are left out."""
    found = []
    for each in keys:
        if isinstance(each, dict) and each.get("kty") in _KINDS and each.get("use") != "enc":
            try:
                found.append(jwk.import_key(each))
            except _UNREADABLE:
                continue
    return found


def _checked(
    token: jwt.Token, tokens: Tokens, attempt: Attempt, provider: Provider
) -> Mapping[str, Any]:
    """The claims, if they are for this sign-in. Raises: TokenRefused, TokenExpired."""
    client = provider.client
    wanted = {"iss": client.issuer, "aud": client.id}
    claims = CodeIDToken(
        token.claims,
        token.header,
        {name: {"essential": True, "value": value} for name, value in wanted.items()},
        {"nonce": attempt.nonce, "client_id": client.id, "access_token": tokens.access_token},
    )
    try:
        claims.validate(leeway=SKEW_SECONDS)
    except ExpiredTokenError:
        raise _untimely("is over") from None
    except ClaimError as error:
        if isinstance(error, InvalidClaimError) and error.claim in ("iat", "nbf"):
            raise _untimely("is of the future") from None
        raise TokenRefused(
            f"expected an ID token for this sign-in, got one with another {error.claim!r}"
        ) from None
    except _UNREADABLE as error:
        raise TokenRefused(
            f"expected claims of an ID token, got others ({type(error).__name__})"
        ) from None
    subject = token.claims["sub"]
    if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject):
        raise TokenRefused("expected a subject of 1 to 255 characters of ASCII, got another")
    return token.claims


def _untimely(what: str) -> TokenExpired:
    return TokenExpired(
        f"expected an ID token that is good now, give or take {SKEW_SECONDS} s, got one that "
        f"{what}: are the clocks of the provider and of this machine right?"
    )


def _email(claims: Mapping[str, Any]) -> str:
    verified = claims.get("email_verified")
    if verified is not True and verified != "true":  # some providers write it as a text
        raise EmailUnverified("expected an e-mail that the provider has verified, got none")
    try:
        return _EMAIL.validate_python(claims.get("email"))
    except ValidationError:
        raise EmailUnverified("expected an e-mail, the provider tells none") from None


def _name(claims: Mapping[str, Any], email: str) -> str:
    for given in (claims.get("name"), claims.get("preferred_username")):
        if isinstance(given, str):
            plain = "".join(each if each.isprintable() else " " for each in given)
            if name := " ".join(plain.split())[:_LONGEST_NAME].strip():
                return name
    return email.partition("@")[0][:_LONGEST_NAME]
