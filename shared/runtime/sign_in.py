"""Settings of signing in by a provider of OpenID Connect, and by which rule it lets people in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, NamedTuple, cast
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, SecretStr, StringConstraints

from shared.runtime.addresses import split

ANY_DOMAIN = "*"
_ISSUER, _ID, _SECRET = (
    f"PENSTOCK_OIDC_{name}" for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET")
)
_RULES = ("PENSTOCK_OIDC_DOMAINS", "PENSTOCK_OIDC_GROUPS")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PLACE = re.compile(r"(?:(?P<group>.+)=)?(?P<slug>[a-z0-9-]{1,63}):(?P<role>viewer|member|admin)")


class TeamPlace(NamedTuple):
    """Where somebody works who is let in first, if they are of `group`, or anybody."""

    group: str | None
    workspace: str
    role: Literal["viewer", "member", "admin"]


def is_safe(url: str) -> bool:
    """Whether what is said to it is encrypted, or does not leave this machine."""
    if not re.fullmatch(r"[!-~]+", url):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    is_local = parts.scheme == "http" and parts.hostname in _LOOPBACK
    return bool(parts.hostname) and (is_local or parts.scheme == "https") and "@" not in url


def _issuer(url: str) -> str:
    if not is_safe(url) or "?" in url or "#" in url:
        raise ValueError("expected an https URL without query and fragment")
    return url


def _printable(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[!-~]+", secret.get_secret_value()):
        raise ValueError("expected letters, digits and signs of ASCII, without white space")
    return secret


def _place(text: object) -> object:
    if not isinstance(text, str):
        return text
    found = _PLACE.fullmatch(text)
    if found is None:
        raise ValueError("expected WORKSPACE:ROLE or GROUP=WORKSPACE:ROLE, several with commas")
    return (found["group"], found["slug"], found["role"])


Domain = Annotated[
    str,
    BeforeValidator(lambda given: given.casefold() if isinstance(given, str) else given),
    StringConstraints(pattern=r"^(\*|[^@\s*]+\.[^@\s*]+|localhost)$"),
]
Texts = Annotated[tuple[str, ...], BeforeValidator(split)]
Domains = Annotated[tuple[Domain, ...], BeforeValidator(split)]
Places = Annotated[
    tuple[Annotated[TeamPlace, BeforeValidator(_place)], ...], BeforeValidator(split)
]
Printed = Annotated[str, StringConstraints(pattern=r"^[ -~]{1,255}$")]


class SignIn(BaseModel):
    """Part of `Settings`."""

    oidc_issuer: Annotated[str, AfterValidator(_issuer)] | None = Field(
        None,
        alias=_ISSUER,
        description="OpenID Connect: the provider that people may sign in by, as it calls itself; "
        "https",
    )
    oidc_client_id: Printed | None = Field(
        None, alias=_ID, description="what the provider knows this installation as"
    )
    oidc_client_secret: Annotated[SecretStr, AfterValidator(_printable)] | None = Field(
        None, alias=_SECRET, description="what this installation shows the provider"
    )
    oidc_name: Annotated[str, StringConstraints(min_length=1, max_length=40)] | None = Field(
        None,
        alias="PENSTOCK_OIDC_NAME",
        description="what the button of the sign-in page calls the provider; default: its host",
    )
    oidc_domains: Domains = Field(
        (),
        alias=_RULES[0],
        description="domains of e-mails that may sign in by the provider, with commas; * is any",
    )
    oidc_groups: Texts = Field(
        (),
        alias=_RULES[1],
        description="groups of the provider of which one at least is needed, with commas",
    )
    oidc_groups_claim: Printed = Field(
        "groups",
        alias="PENSTOCK_OIDC_GROUPS_CLAIM",
        description="what the provider calls somebody's groups",
    )
    oidc_scopes: Printed = Field(
        "openid email profile",
        alias="PENSTOCK_OIDC_SCOPES",
        description="what the provider is asked to tell; some tell groups only with `groups`",
    )
    oidc_memberships: Places = Field(
        (),
        alias="PENSTOCK_OIDC_MEMBERSHIPS",
        description="where somebody works besides their own workspace when they sign in first: "
        "WORKSPACE:ROLE for all, GROUP=WORKSPACE:ROLE for a group's, with commas",
    )
    oidc_link_accounts: bool = Field(
        False,
        alias="PENSTOCK_OIDC_LINK_ACCOUNTS",
        description="true: the provider is trusted to say whose an e-mail is, and signs in the "
        "account that has it, which loses its password; false: such a login is refused",
    )


def incomplete(given: Mapping[str, str]) -> Iterator[str]:
    """What is missing among the settings of a provider, by the variables that have a value."""
    if any(name in given for name in (_ISSUER, _ID, _SECRET)):
        for name in (_ISSUER, _ID, _SECRET):
            if name not in given:
                yield f"{name} is required for OpenID Connect: give all three, or none."
        if not any(name in given for name in _RULES):
            yield (
                f"{' or '.join(_RULES)} is required for OpenID Connect: it says who may sign in. "
                f"{_RULES[0]}=* lets in everybody whom the provider knows."
            )


def shown(value: object) -> str:
    """The default of a setting as the environment would say it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(cast("tuple[str, ...]", value))
    return str(value)
