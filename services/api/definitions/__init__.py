"""Agents, pipelines and the flows they make."""

from services.api.definitions import agents, pipelines

CALLS = (*agents.CALLS, *pipelines.CALLS)
