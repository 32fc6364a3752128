"""The providers of the settings, made ready to be asked."""

from collections.abc import Callable, Mapping

from services.agent_worker.limits import Limits
from services.agent_worker.providers.anthropic import anthropic_of
from services.agent_worker.providers.known import Providers
from services.agent_worker.providers.openai import openai_of
from services.agent_worker.providers.provider import Provider
from shared.runtime.model_providers import ModelProvider, ProviderKind
from shared.runtime.settings import Settings

_KINDS: Mapping[ProviderKind, Callable[[ModelProvider, Limits, int], Provider]] = {
    "anthropic": anthropic_of,
    "openai": openai_of,
}


def providers_of(settings: Settings, limits: Limits) -> Providers:
    """All providers of the settings; nothing is asked of them yet."""
    described = settings.model_providers
    return Providers(
        {each.name: _KINDS[each.kind](each, limits, settings.model_slots) for each in described},
        keyless=[each.name for each in described if not each.needs_key],
    )
