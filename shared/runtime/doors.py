"""Settings of what one passes to get in: certificates, and passwords that `migrate` gives out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field, SecretStr
from pydantic.fields import FieldInfo

from shared.runtime.sign_in import SignIn


def _plain(password: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9._~-]+", password.get_secret_value()):
        raise ValueError("expected letters and digits, for it becomes part of an address")
    return password


DATABASE_USERS = {
    role: f"penstock_{role}" for role in ("api", "scheduler", "projector", "provisioner")
}
"""Who a service is in Postgres; the worker is nobody there."""

Password = Annotated[SecretStr, AfterValidator(_plain)]


class Certificates(NamedTuple):
    """Files in PEM, where there are any."""

    ca: str | None
    cert: str | None
    key: str | None


class Doors(SignIn):
    """Part of `Settings`."""

    nats_tls_ca: str | None = Field(
        None,
        alias="NATS_TLS_CA",
        description="file with the authority that signed the certificate of NATS; with it nothing "
        "is said to a server without encryption",
    )
    nats_tls_cert: str | None = Field(
        None,
        alias="NATS_TLS_CERT",
        description="file with the certificate to show, where NATS asks for one",
    )
    nats_tls_key: str | None = Field(
        None, alias="NATS_TLS_KEY", description="file with the key of that certificate"
    )
    postgres_api_password: Password | None = Field(
        None,
        alias="POSTGRES_API_PASSWORD",
        description="for `penstock migrate`: password of the Postgres user penstock_api, which "
        "it makes, and the api logs in with; unset: as it is",
    )
    postgres_scheduler_password: Password | None = Field(
        None,
        alias="POSTGRES_SCHEDULER_PASSWORD",
        description="the same of penstock_scheduler",
    )
    postgres_projector_password: Password | None = Field(
        None,
        alias="POSTGRES_PROJECTOR_PASSWORD",
        description="the same of penstock_projector",
    )
    postgres_provisioner_password: Password | None = Field(
        None,
        alias="POSTGRES_PROVISIONER_PASSWORD",
        description="the same of penstock_provisioner",
    )

    @property
    def nats_tls(self) -> Certificates:
        """What NATS is shown, and what it must show."""
        return Certificates(self.nats_tls_ca, self.nats_tls_cert, self.nats_tls_key)

    def postgres_passwords(self) -> dict[str, str]:
        """Those that are given, by user."""
        given = {
            "api": self.postgres_api_password,
            "scheduler": self.postgres_scheduler_password,
            "projector": self.postgres_projector_password,
            "provisioner": self.postgres_provisioner_password,
        }
        return {
            DATABASE_USERS[role]: each.get_secret_value() for role, each in given.items() if each
        }


def certificates_in(environ: Mapping[str, str]) -> Certificates:
    """Those that an environment names, without its other settings."""
    names = (f"NATS_TLS_{name.upper()}" for name in Certificates._fields)
    return Certificates(*(environ.get(name) or None for name in names))


def doors_last(fields: Mapping[str, FieldInfo]) -> list[FieldInfo]:
    """The fields of settings, those of this module behind the others."""
    return [fields[name] for name in sorted(fields, key=lambda name: name in Doors.model_fields)]
