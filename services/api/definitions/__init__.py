"""Agents, pipelines and the flows they make."""
