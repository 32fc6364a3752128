"""Who may sign in by the provider, and where they work when they come first.

The rule is asked at every sign-in: who has left the domain or the group comes in no more. Where
somebody works is said once, when their account is made; from then on admins say it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.api.identity.person import ROLES, Role
from services.api.openid.claims import Said
from services.api.openid.refusals import WrongDomain, WrongGroup
from shared.runtime.sign_in import ANY_DOMAIN, TeamPlace


@dataclass(frozen=True, slots=True)
class Rule:
    """Domains and groups that may; where none are named, any. Both must fit."""

    domains: tuple[str, ...]
    groups: tuple[str, ...]
    places: tuple[TeamPlace, ...]

    def require(self, said: Said) -> None:
        """Raises: WrongDomain, WrongGroup."""
        domain = said.email.rpartition("@")[2]
        if self.domains and not {domain, ANY_DOMAIN} & set(self.domains):
            raise WrongDomain(
                "expected an e-mail of a domain that may sign in here, got one of another"
            )
        if self.groups and not said.groups & set(self.groups):
            raise WrongGroup("expected a member of a group that may sign in here, got another")

    def places_of(self, said: Said) -> Mapping[str, Role]:
        """Workspaces besides the personal one, with the highest role that is said for each."""
        found: dict[str, Role] = {}
        for group, workspace, role in self.places:
            if group is None or group in said.groups:
                known = found.get(workspace, role)
                found[workspace] = max(known, role, key=ROLES.index)
        return found
