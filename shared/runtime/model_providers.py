"""Settings of model providers: where each answers, and the keys of the workers' environment."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from shared.runtime.addresses import HttpUrl

ProviderKind: TypeAlias = Literal["anthropic", "openai"]
MaxTokensField: TypeAlias = Literal["max_tokens", "max_completion_tokens"]
ANTHROPIC, OPENAI = "anthropic", "openai"
HOMES: Mapping[str, str] = {
    ANTHROPIC: "https://api.anthropic.com",
    OPENAI: "https://api.openai.com/v1",
}
"""The providers that every installation knows, and where they answer."""
MOST_PROVIDERS = 32
NAME = r"^[a-z0-9][a-z0-9-]{0,62}$"


class ModelProvider(BaseModel):
    """A provider by its name: how it is spoken to, and where it answers.

    `max_tokens_field` is what bounds the answer in a request of kind openai: newer models of OpenAI
    refuse the older of the two, which is all that many servers know.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, StringConstraints(pattern=NAME)]
    kind: ProviderKind
    base_url: HttpUrl
    needs_key: bool = True
    max_tokens_field: MaxTokensField = "max_tokens"


def _read(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError('expected JSON, as [{"name": "vllm", "kind": "openai", ...}]') from None


def _each_once(providers: tuple[ModelProvider, ...]) -> tuple[ModelProvider, ...]:
    names = [each.name for each in providers]
    if taken := sorted({name for name in names if names.count(name) > 1 or name in HOMES}):
        raise ValueError(
            f"expected each name once, and not {' or '.join(HOMES)}, which are known and have "
            f"variables of their own for their addresses, got {', '.join(taken)}"
        )
    return providers


ModelProviders = Annotated[
    tuple[ModelProvider, ...],
    BeforeValidator(_read),
    Field(max_length=MOST_PROVIDERS),
    AfterValidator(_each_once),
]

_KEYS: TypeAdapter[dict[str, str]] = TypeAdapter(
    dict[Annotated[str, StringConstraints(pattern=NAME)], Annotated[str, Field(min_length=1)]]
)
_KEY = re.compile(r"[!-~]{1,512}")


def _keys(given: SecretStr) -> SecretStr:
    try:
        keys = _KEYS.validate_json(given.get_secret_value())
    except ValidationError:
        keys = {}
    if not keys or not all(map(_KEY.fullmatch, keys.values())):
        raise ValueError(
            'expected JSON with a key by the name of each provider, as {"vllm": "..."}'
        )
    return given


ProviderKeys = Annotated[SecretStr, AfterValidator(_keys)]
"""Keys as one text, a JSON object by provider."""


def keys_in(given: SecretStr | None) -> dict[str, str]:
    """The keys by provider; none, where none are given."""
    return {} if given is None else _KEYS.validate_json(given.get_secret_value())


class Providers(BaseModel):
    """Part of `Settings`."""

    anthropic_api_key: SecretStr | None = Field(
        None, alias="ANTHROPIC_API_KEY", description="key of Anthropic, for workers"
    )
    anthropic_base_url: HttpUrl | None = Field(
        None,
        alias="ANTHROPIC_BASE_URL",
        description="where Anthropic's API answers, if not at its own address",
    )
    openai_api_key: SecretStr | None = Field(
        None, alias="OPENAI_API_KEY", description="key of OpenAI, for workers"
    )
    openai_base_url: HttpUrl | None = Field(
        None,
        alias="OPENAI_BASE_URL",
        description="where OpenAI's API answers, if not at its own address",
    )
    providers: ModelProviders = Field(
        (),
        alias="PENSTOCK_PROVIDERS",
        description='further model providers, as JSON: [{"name": "vllm", "kind": "openai", '
        '"base_url": "http://127.0.0.1:8000/v1", "needs_key": false}]; a model of theirs is '
        "`NAME/MODEL`",
    )
    provider_keys: ProviderKeys | None = Field(
        None,
        alias="PENSTOCK_PROVIDER_KEYS",
        description="keys of those, for workers, as JSON by name",
    )

    is_simulated: bool = Field(
        False,
        alias="PENSTOCK_SIMULATED",
        description="1 if a simulator answers in place of every provider: pages then say so",
    )

    @property
    def model_providers(self) -> tuple[ModelProvider, ...]:
        """All providers, those that every installation knows first."""
        anthropic = ModelProvider(
            name=ANTHROPIC,
            kind="anthropic",
            base_url=self.anthropic_base_url or HOMES[ANTHROPIC],
        )
        openai = ModelProvider(
            name=OPENAI,
            kind="openai",
            base_url=self.openai_base_url or HOMES[OPENAI],
            max_tokens_field="max_completion_tokens",
        )
        return (anthropic, openai, *self.providers)

    @property
    def default_keys(self) -> dict[str, str]:
        """The keys that the environment has, by provider."""
        own = {ANTHROPIC: self.anthropic_api_key, OPENAI: self.openai_api_key}
        given = {name: key.get_secret_value() for name, key in own.items() if key is not None}
        return {**keys_in(self.provider_keys), **given}
