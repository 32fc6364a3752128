"""A provider of OpenID Connect: where it is asked, by which keys it signs, what it says of a code.

    /.well-known/openid-configuration -> Metadata -> sign_in_url -> code -> ID token -> claims

Nothing is asked before somebody signs in: an api starts, and lets others in, without the provider.
Source: OpenID Connect Discovery 1.0, 4; Core 1.0, 3.1; RFC 6749, 4.1; RFC 7636; RFC 9207.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, Generic, NamedTuple, TypeVar

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.api.http.sharing import Sharing
from services.api.openid.asking import Asking
from services.api.openid.attempt import Attempt, over
from services.api.openid.refusals import ProviderBroken
from shared.runtime.sign_in import is_safe

BELIEVED_SECONDS = 600.0
_FORM = {"content-type": "application/x-www-form-urlencoded"}
_BASIC, _POST = "client_secret_basic", "client_secret_post"

T = TypeVar("T")


class Metadata(BaseModel):
    """What a provider says of itself, as far as it is needed."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = (_BASIC,)
    says_its_name: bool = Field(False, alias="authorization_response_iss_parameter_supported")


class Client(NamedTuple):
    """What the provider knows this installation as. `scopes` is what it is asked to tell."""

    issuer: str
    id: str
    secret: str
    scopes: str


class Tokens(NamedTuple):
    """What a code was changed for."""

    id_token: str
    access_token: str | None


@dataclass(frozen=True, slots=True)
class _Told(Generic[T]):
    """What was told, and when (monotonic)."""

    value: T
    at: float


class Provider:
    """Knows a provider by its issuer, for ten minutes at a time."""

    def __init__(self, client: Client, asking: Asking) -> None:
        self.client = client
        self._asking = asking
        self._metadata: _Told[Metadata] | None = None
        self._keys: _Told[list[Any]] | None = None
        self._reading: Sharing[str, Mapping[str, Any]] = Sharing()

    async def metadata(self) -> Metadata:
        """What it says of itself. Raises: ProviderAway, ProviderBroken."""
        told = self._metadata
        if told is None or monotonic() - told.at > BELIEVED_SECONDS:
            url = f"{self.client.issuer.rstrip('/')}/.well-known/openid-configuration"
            told = _Told(_metadata_of(await self._read(url), self.client.issuer), monotonic())
            self._metadata = told
        return told.value

    async def keys(self, *, not_before: float = 0.0) -> list[Any]:
        """Keys it signs by, as JSON, asked for since `not_before` (monotonic).

        Raises: ProviderAway, ProviderBroken.
        """
        told = self._keys
        since = max(not_before, monotonic() - BELIEVED_SECONDS)
        if told is None or told.at < since:
            url = (await self.metadata()).jwks_uri
            found = (await self._read(url)).get("keys")
            if not isinstance(found, list):
                raise ProviderBroken(f"expected `keys` at {url.partition('?')[0]}, found none")
            told = self._keys = _Told(found, monotonic())
        return told.value

    async def sign_in_url(self, attempt: Attempt, redirect_uri: str, *, chooses: bool) -> str:
        """Where a browser goes to sign in; there it may choose another account than last time.

        Raises: ProviderAway, ProviderBroken.
        """
        metadata = await self.metadata()
        more = {"prompt": "select_account"} if chooses else {}
        url: str = prepare_grant_uri(
            metadata.authorization_endpoint,
            self.client.id,
            "code",
            redirect_uri,
            scope=self.client.scopes,
            state=attempt.state,
            nonce=attempt.nonce,
            code_challenge=create_s256_code_challenge(attempt.verifier),
            code_challenge_method="S256",
            **more,
        )
        return url

    async def tokens(self, code: str, verifier: str, redirect_uri: str) -> Tokens:
        """What a code is changed for, once. Raises: OpenIdOver, ProviderAway, ProviderBroken."""
        metadata = await self.metadata()
        form = prepare_token_request(
            "authorization_code", redirect_uri=redirect_uri, code=code, code_verifier=verifier
        )
        methods = metadata.token_endpoint_auth_methods_supported
        method = _POST if _POST in methods and _BASIC not in methods else _BASIC
        auth = ClientAuth(self.client.id, self.client.secret, method)
        url, headers, form = auth.prepare("POST", metadata.token_endpoint, dict(_FORM), form)
        answer = await self._asking.ask("POST", url, headers, form)
        if answer.members.get("error") == "invalid_grant":
            raise over("expected a code that is good, the provider says that this one is not")
        token, access = answer.members.get("id_token"), answer.members.get("access_token")
        if answer.status != 200 or not isinstance(token, str):
            raise ProviderBroken(
                f"expected an ID token of {metadata.token_endpoint}, got status {answer.status}: "
                "are PENSTOCK_OIDC_CLIENT_ID and _SECRET those that it knows?"
            )
        return Tokens(token, access if isinstance(access, str) else None)

    async def about(self, access_token: str | None) -> Mapping[str, Any]:
        """What it tells of somebody besides the ID token. Raises: ProviderAway, ProviderBroken."""
        url = (await self.metadata()).userinfo_endpoint
        if url is None or access_token is None or not access_token.isascii():
            return {}
        return await self._asking.read(url, {"authorization": f"Bearer {access_token}"})

    async def _read(self, url: str) -> Mapping[str, Any]:
        return await self._reading.answer(url, lambda: self._asking.read(url))


def _metadata_of(members: Mapping[str, Any], issuer: str) -> Metadata:
    try:
        found = Metadata.model_validate(members)
    except ValidationError as error:
        names = ", ".join(sorted({str(each["loc"][0]) for each in error.errors()}))
        raise ProviderBroken(f"expected metadata of a provider, found no good {names}") from None
    if found.issuer != issuer:
        raise ProviderBroken(
            f"expected the provider to be PENSTOCK_OIDC_ISSUER, {issuer!r}, "
            f"it calls itself {found.issuer[:200]!r}"
        )
    asked = (found.authorization_endpoint, found.token_endpoint, found.jwks_uri)
    for url in (*asked, found.userinfo_endpoint or issuer):
        if not is_safe(url):
            raise ProviderBroken(f"expected https addresses of the provider, found {url[:200]!r}")
    return found
