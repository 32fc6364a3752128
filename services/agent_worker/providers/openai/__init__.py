"""Chat Completions, as OpenAI and servers compatible with it answer: by its SDK, read by us."""

from services.agent_worker.providers.openai.client import openai_of

__all__ = ["openai_of"]
