"""Anthropic's Messages API: its SDK for what it asks and for connections, its stream read by us."""

from services.agent_worker.providers.anthropic.client import anthropic_of

__all__ = ["anthropic_of"]
