"""Versions of pipelines and agents, and aliases: what the api answers of them."""

from __future__ import annotations

from pydantic import Field, JsonValue

from penstock_client.results import Json, Result


class Version(Result):
    """A version a pipeline has, or had: `version` is the hash of its content, `number` counts.

    `flow` is told of one that was asked for by itself.
    """

    number: int
    version: str
    name: str | None
    note: str | None
    made_by: str | None
    created_at: str
    flow: Json = Field(default={})


class AgentVersion(Result):
    """A version an agent has, or had, with its settings."""

    number: int
    name: str | None
    note: str | None
    made_by: str | None
    created_at: str
    settings: Json


class ToolVersion(Result):
    """A version a tool has, or had, with its definition but for the name."""

    number: int
    name: str | None
    note: str | None
    made_by: str | None
    created_at: str
    settings: Json


class Alias(Result):
    """A name for a version of a pipeline, which may be moved to another."""

    alias: str
    version: str
    number: int
    made_by: str
    updated_at: str


class Change(Result):
    """One value that differs; `path` is a JSON Pointer, what is not there is None."""

    op: str
    path: str
    old: JsonValue
    new: JsonValue


class ChangedNode(Result):
    """A node that is in both versions, with what differs."""

    id: str
    changes: tuple[Change, ...]


class ChangedNodes(Result):
    """New nodes and lost ones whole; of others what differs."""

    added: tuple[JsonValue, ...]
    removed: tuple[JsonValue, ...]
    changed: tuple[ChangedNode, ...]


class ChangedEdges(Result):
    """New edges and lost ones."""

    added: tuple[JsonValue, ...]
    removed: tuple[JsonValue, ...]


class DiffEnd(Result):
    """One of two versions that are compared; number 0 is nothing."""

    number: int
    version: str


class FlowDiff(Result):
    """What a run can notice of the way from one version to another.

    `is_reordered` tells that nodes or edges come in another order, which numbers the steps.
    """

    old: DiffEnd
    new: DiffEnd
    nodes: ChangedNodes
    edges: ChangedEdges
    is_reordered: bool


class AgentDiff(Result):
    """What differs in the settings of an agent between two of its versions."""

    old: int
    new: int
    changes: tuple[Change, ...]


class ToolDiff(Result):
    """What differs in the definition of a tool between two of its versions."""

    old: int
    new: int
    changes: tuple[Change, ...]
