"""Why there is no result. What each code means: docs/reference/tools.md."""

from __future__ import annotations

from collections.abc import Mapping

from services.agent_worker.clean import clean
from services.agent_worker.tools.answers import excerpt_of
from services.agent_worker.tools.redaction import redacted
from services.agent_worker.tools.result import ToolResult, failed


class McpFailed(Exception):
    """A call that has no result: a stable code, a sentence, and the beginning of what came."""

    def __init__(self, code: str, message: str, excerpt: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.excerpt = excerpt

    def result(self, secrets: Mapping[str, str]) -> ToolResult:
        """The error that the model is told; `secrets` are values by name, and stand in none."""
        excerpt = excerpt_of(clean(self.excerpt), secrets, cut=True)
        return failed(self.code, redacted(clean(self.message), secrets), excerpt)
