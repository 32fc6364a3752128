"""Lets somebody in whom the provider has named: as who they are, or as somebody new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import asyncpg
import uuid_utils
from starlette.requests import Request

from services.api.openid.account_table import Accounts, Entry
from services.api.openid.attempt import over
from services.api.openid.refusals import AccountExists
from services.api.openid.rule import Rule
from services.api.people.bounds import MOST_USERS
from services.api.people.deeds import deed_of
from services.api.people.problems import TooManyUsers
from services.api.people.slugs import slugs_for
from shared.errors import Unavailable

_TRIES = 8
_BY = "openid"


class _Outcome(NamedTuple):
    is_new: bool
    is_made: bool


@dataclass(frozen=True, slots=True)
class Door:
    """By which rule people are let in, and whether accounts of the same e-mail become theirs."""

    rule: Rule
    links: bool
    accounts: Accounts

    async def enter(self, request: Request, entry: Entry) -> None:
        """Makes the session of `entry`.

        Raises: WrongDomain, WrongGroup, AccountExists, TooManyUsers, OpenIdOver, Unavailable.
        """
        self.rule.require(entry.said)
        slugs = slugs_for(entry.said.name)
        for _ in range(_TRIES):
            try:
                outcome = await self._enter(request, entry, next(slugs, None))
            except asyncpg.UniqueViolationError:
                continue  # somebody was quicker: look again
            if not outcome.is_new:
                raise over("expected an answer that was not used, this one was")
            if outcome.is_made:
                return
            raise over("the account was changed meanwhile")
        raise Unavailable("No slug was found for the personal workspace: try again.")

    async def _enter(self, request: Request, entry: Entry, slug: str | None) -> _Outcome:
        user = await self.accounts.find(entry.issuer, entry.said)
        if user is None:
            return await self._make(request, entry, slug)
        if user["is_known"]:
            by = deed_of(request, user["id"], user["name"], "session.created", by=_BY)
            told = {"email": entry.said.email, "by": _BY}
            moved = deed_of(request, user["id"], user["name"], "user.email_changed", **told)
            return _Outcome(*await self.accounts.log_in(entry, user, by, moved))
        if not self.links:
            raise _exists()
        by = deed_of(request, user["id"], user["name"], "user.linked", issuer=entry.issuer)
        outcome = _Outcome(*await self.accounts.link(entry, user, by))
        if outcome.is_new and not outcome.is_made:
            raise _exists()
        return outcome

    async def _make(self, request: Request, entry: Entry, slug: str | None) -> _Outcome:
        said, places = entry.said, self.rule.places_of(entry.said)
        key = str(uuid_utils.uuid7())
        by = deed_of(request, key, said.name, "user.created", email=said.email, by=_BY)
        outcome = _Outcome(*await self.accounts.make(entry, key, slug or "", places, by))
        if outcome.is_new and not outcome.is_made:
            raise TooManyUsers(f"expected at most {MOST_USERS:,} users: remove some first")
        return outcome


def _exists() -> AccountExists:
    return AccountExists(
        "expected an e-mail that no account here has, or one that is linked: sign in with the "
        "password, or have who runs this remove the account or set PENSTOCK_OIDC_LINK_ACCOUNTS"
    )
