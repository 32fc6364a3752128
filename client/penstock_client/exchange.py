"""Pipelines taken elsewhere as documents: what the api answers of them."""

from __future__ import annotations

from pydantic import RootModel

from penstock_client.results import Json, Pipeline, Result


class Document(RootModel[Json]):
    """An exported pipeline, whatever is in it."""


class ImportedAgent(Result):
    """What became of an agent of a document: `made`, or `found`, since one like it was there."""

    exported_id: str
    id: str
    name: str
    outcome: str


class ImportedTool(Result):
    """What became of a tool of a document: `made`, or `found`, since the same was there."""

    id: str
    name: str
    outcome: str


class Imported(Result):
    """The new pipeline, and the agents and tools it uses now."""

    pipeline: Pipeline
    agents: tuple[ImportedAgent, ...]
    tools: tuple[ImportedTool, ...] = ()
