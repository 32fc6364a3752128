"""What calls about keys and secrets take and answer. No answer has the value of any."""

from __future__ import annotations

import re
from collections.abc import Set
from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from services.api.http.models import AT, Body, Page, Shape, page_example
from shared.flow import JSON

LONGEST_KEY = 512
LONGEST_SECRET = 16_384
_KEY_SHAPE = rf"^[!-~]{{8,{LONGEST_KEY}}}$"


def _require_key(key: str) -> str:
    if not re.fullmatch(_KEY_SHAPE, key):
        raise ValueError(
            f"expected a key of 8 to {LONGEST_KEY} letters, digits and signs, no space"
        )
    return key


_KEY: dict[str, JSON] = {
    "provider": "anthropic",
    "key": "...wAA1",
    "default_model": None,
    "updated_at": AT,
    "updated_by": "settings",
}
_SECRET: dict[str, JSON] = {"name": "SEARCH_TOKEN", "updated_at": AT, "updated_by": "settings"}


class ProviderKeyBody(Body):
    """A key of a model provider; `default_model` is that of agents which name none."""

    EXAMPLE: ClassVar[JSON] = {"key": "sk-ant-api03-..."}
    SECRET: ClassVar[Set[str]] = {"key"}

    key: Annotated[
        str,
        AfterValidator(_require_key),
        Field(json_schema_extra={"pattern": _KEY_SHAPE, "writeOnly": True}),
    ]
    default_model: Annotated[str, Field(min_length=1, max_length=200)] | None = None


class ProviderKeyShape(Shape):
    """A key as it is shown: how it ends, if it is long enough to show that."""

    EXAMPLE: ClassVar[JSON] = _KEY

    provider: str
    key: str
    default_model: str | None
    updated_at: datetime
    updated_by: str


class ProviderKeyPage(Page[ProviderKeyShape]):
    """All keys of the workspace: one a provider."""

    EXAMPLE: ClassVar[JSON] = page_example(_KEY)


class SecretBody(Body):
    """The value of a secret, which is never told again."""

    EXAMPLE: ClassVar[JSON] = {"value": "what nobody else knows"}
    SECRET: ClassVar[Set[str]] = {"value"}

    value: Annotated[
        str,
        Field(min_length=1, max_length=LONGEST_SECRET, json_schema_extra={"writeOnly": True}),
    ]


class SecretShape(Shape):
    """A secret: that it is there, since when, and by whom."""

    EXAMPLE: ClassVar[JSON] = _SECRET

    name: str
    updated_at: datetime
    updated_by: str


class SecretPage(Page[SecretShape]):
    """Secrets by name."""

    EXAMPLE: ClassVar[JSON] = page_example(_SECRET)


class Rotation(Shape):
    """How far all values are sealed under the newest secret key, whose id is `secret_key`.

    `resealed` were sealed anew by this call, `remaining` are those left to do; `unreadable` opened
    under no secret key that is in force here, and stay as they are.
    """

    EXAMPLE: ClassVar[JSON] = {
        "secret_key": "3f9a01bc",
        "resealed": 7,
        "remaining": 0,
        "unreadable": 0,
    }

    secret_key: str
    resealed: int
    remaining: int
    unreadable: int
