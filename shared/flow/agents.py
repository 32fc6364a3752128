"""Agents laid into the nodes that use them, so that a run needs nothing but its flow."""

from collections.abc import Callable, Mapping

from shared.flow.json_value import JSON

# What a run reads of an agent; its id, times and owner stay out, so they make no new version.
AGENT_FIELDS = (
    "name",
    "instructions",
    "model",
    "fallbacks",
    "fallback_on_refusal",
    "output_schema",
    "max_tokens",
    "thinking",
    "effort",
    "cache",
    "tools",
    "max_turns",
    "max_uses",
    "allowed_domains",
    "service_tier",
    "metadata",
    "pool",
    "retry",
    "timeout_seconds",
    "queue_seconds",
    "first_token_seconds",
    "idle_seconds",
    "quiet_seconds",
    "on_error",
)
SPELLINGS = {"agentId": "agent_id", "agentName": "name"}


def spelled(data: Mapping[str, JSON]) -> dict[str, JSON]:
    """The set values of a node's data under our names; null means not set."""
    ours: dict[str, JSON] = {key: value for key, value in data.items() if value is not None}
    for theirs, name in SPELLINGS.items():
        if theirs in ours:
            ours.setdefault(name, ours[theirs])
    if isinstance(label := ours.get("label"), str):
        ours.setdefault("name", label)
    return ours


def label_of(ours: Mapping[str, JSON]) -> str | None:
    """What people call a node, of its data `spelled`: its name, or else its label, if any."""
    name = ours.get("name")
    return name if isinstance(name, str) and name.strip() else None


def inline_agents(raw: JSON, agents: Mapping[str, Mapping[str, JSON]]) -> JSON:
    """The drawing with the fields of `agents` (by id) under those of the nodes that name them.

    What the node itself sets stays, and so do nodes naming an agent that is not in `agents`.
    """

    def fields(said: Mapping[str, JSON]) -> dict[str, JSON]:
        agent_id = said.get("agent_id")
        agent = agents.get(agent_id, {}) if isinstance(agent_id, str) else {}
        return {key: agent[key] for key in AGENT_FIELDS if agent.get(key) is not None}

    return with_settings(raw, fields)


def with_settings(raw: JSON, under: Callable[[Mapping[str, JSON]], Mapping[str, JSON]]) -> JSON:
    """The drawing with more settings of its agents: those of `under` that the node does not have.

    `under` is given the node's own, `spelled`. What is not shaped like a flow stays as it is, for
    `parse` to judge.
    """
    if not isinstance(raw, dict) or not isinstance(nodes := raw.get("nodes"), list):
        return raw
    return {**raw, "nodes": [_with_settings(node, under) for node in nodes]}


def _with_settings(node: JSON, under: Callable[[Mapping[str, JSON]], Mapping[str, JSON]]) -> JSON:
    if not isinstance(node, dict) or node.get("type") != "agent":
        return node
    data = node.get("data")
    if not isinstance(data, dict):
        return node
    said = spelled(data)
    missing = {key: value for key, value in under(said).items() if key not in said}
    return {**node, "data": {**data, **missing}}
