"""Agents, pipelines and the flows they make, and the models there are."""

from services.api.definitions import agents, catalogue, pipelines

CALLS = (*agents.CALLS, *pipelines.CALLS, *catalogue.CALLS)
