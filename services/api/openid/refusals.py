"""What is refused of a sign-in by the provider. The page has words for each code."""

from __future__ import annotations

from services.api.http.problems import Refused
from shared.errors import NotFound, Unavailable


class OpenIdOff(NotFound):
    """No provider is configured."""

    code = "openid_off"


class OpenIdDenied(Refused):
    """The provider was asked, and let nobody in: most often because somebody pressed Cancel."""

    code = "openid_denied"
    status = 403


class OpenIdOver(Refused):
    """An answer that this browser did not ask for, or not lately, or that was used."""

    code = "openid_over"
    status = 410


class ProviderAway(Unavailable):
    """The provider does not answer, or not in time."""

    code = "openid_provider_away"


class ProviderBroken(Refused):
    """The provider answers what cannot be understood, or does not know this installation."""

    code = "openid_provider_broken"
    status = 502


class TokenRefused(Refused):
    """What the provider says of somebody is not signed by it, or not for this sign-in."""

    code = "openid_token_refused"
    status = 403


class TokenExpired(Refused):
    """What the provider says is too old, or of the future."""

    code = "openid_token_expired"
    status = 403


class WrongIssuer(Refused):
    """Another provider answers than was asked."""

    code = "openid_wrong_issuer"
    status = 403


class EmailUnverified(Refused):
    """The provider tells no e-mail, or does not say that it is somebody's own."""

    code = "openid_email_unverified"
    status = 403


class WrongDomain(Refused):
    """The e-mail is of a domain that may not sign in."""

    code = "openid_wrong_domain"
    status = 403


class WrongGroup(Refused):
    """Somebody is in none of the groups that may sign in."""

    code = "openid_wrong_group"
    status = 403


class AccountExists(Refused):
    """There is an account with this e-mail that is not known to be theirs."""

    code = "openid_account_exists"
    status = 409
