"""Versions of pipelines, agents and tools, and the aliases that name some of them."""

from services.api.versions import agent_versions, aliases, pipeline_versions, tool_versions

CALLS = (*pipeline_versions.CALLS, *aliases.CALLS, *agent_versions.CALLS, *tool_versions.CALLS)
