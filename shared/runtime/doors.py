"""Settings of what one passes to get in: certificates, and passwords that `migrate` gives out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, SecretStr
from pydantic.fields import FieldInfo


def _plain(password: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9._~-]+", password.get_secret_value()):
        raise ValueError("expected letters and digits, for it becomes part of an address")
    return password


DATABASE_USERS = {role: f"penstock_{role}" for role in ("api", "scheduler", "projector")}
"""Who a service is in Postgres; the worker is nobody there."""

Password = Annotated[SecretStr, AfterValidator(_plain)]


class Doors(BaseModel):
    """Part of `Settings`."""

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

    def postgres_passwords(self) -> dict[str, str]:
        """Those that are given, by user."""
        given = {
            "api": self.postgres_api_password,
            "scheduler": self.postgres_scheduler_password,
            "projector": self.postgres_projector_password,
        }
        return {
            DATABASE_USERS[role]: each.get_secret_value() for role, each in given.items() if each
        }


def doors_last(fields: Mapping[str, FieldInfo]) -> list[FieldInfo]:
    """The fields of settings, those of this module behind the others."""
    return [fields[name] for name in sorted(fields, key=lambda name: name in Doors.model_fields)]
