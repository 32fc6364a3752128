"""Versions of pipelines and agents, and the aliases that name some of them."""

from services.api.versions import agent_versions, aliases, pipeline_versions

CALLS = (*pipeline_versions.CALLS, *aliases.CALLS, *agent_versions.CALLS)
