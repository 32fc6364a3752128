"""Names of models: Anthropic's as they are, those of others behind their provider's and a slash."""

from __future__ import annotations

from typing import NamedTuple

UNSAID = "anthropic"
"""The provider of a model whose name names none."""


class ModelName(NamedTuple):
    """A model, and the provider that has it; slashes behind the first are the model's own."""

    provider: str
    model: str

    @property
    def whole(self) -> str:
        """The name as flows and facts have it."""
        return self.model if self.provider == UNSAID else f"{self.provider}/{self.model}"


def named(name: str) -> ModelName:
    """What a name says; whether there is such a provider is another matter."""
    provider, slash, model = name.partition("/")
    return ModelName(provider, model) if slash else ModelName(UNSAID, name)
