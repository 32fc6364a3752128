"""The provider that the settings name, made ready; nothing is asked of it yet."""

from __future__ import annotations

from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import asyncpg

from services.api.openid.account_table import Accounts
from services.api.openid.asking import Asking
from services.api.openid.attempt import Attempts
from services.api.openid.calls import Openable, OpenId
from services.api.openid.entering import Door
from services.api.openid.provider import Client, Provider
from services.api.openid.rule import Rule
from shared.runtime.settings import Settings


async def open_openid(settings: Settings, pool: asyncpg.Pool, stack: AsyncExitStack) -> Openable:
    """What people sign in by, for as long as `stack`."""
    issuer, secret = settings.oidc_issuer, settings.oidc_client_secret
    if issuer is None or secret is None:
        return Openable()
    asking = await stack.enter_async_context(Asking())
    client = Client(
        issuer, settings.oidc_client_id or "", secret.get_secret_value(), settings.oidc_scopes
    )
    rule = Rule(settings.oidc_domains, settings.oidc_groups, settings.oidc_memberships)
    asks_groups = rule.groups or any(place.group for place in rule.places)
    return Openable(
        OpenId(
            Provider(client, asking),
            Attempts(*settings.secret_keys),
            Door(rule, settings.oidc_link_accounts, Accounts(pool)),
            settings.oidc_name or urlsplit(issuer).hostname or issuer,
            settings.oidc_groups_claim if asks_groups else None,
        )
    )
