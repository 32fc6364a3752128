"""The tools that the provider runs: how they are asked for, and what is told of their use."""

from collections.abc import Mapping, Sequence

from anthropic.types import ToolUnionParam

from services.agent_worker.clean import clean, cleaned
from services.agent_worker.identity import Executed
from shared.run.facts import StepTool

TOOLS: Mapping[str, ToolUnionParam] = {
    "web_search": {"type": "web_search_20260318", "name": "web_search"},
    "web_fetch": {"type": "web_fetch_20260318", "name": "web_fetch"},
}
CALLS = frozenset({"server_tool_use", "tool_use"})
RESULT = "_tool_result"
MOST_RESULTS = 20


def unknown_tools(names: Sequence[str]) -> list[str]:
    """The names that no tool has."""
    return [name for name in names if _plain(name) not in TOOLS]


def tools_named(names: Sequence[str]) -> list[ToolUnionParam]:
    """The tools as the provider wants them, each once."""
    return [TOOLS[name] for name in dict.fromkeys(_plain(name) for name in names)]


def is_call(block: Mapping[str, object]) -> bool:
    return block.get("type") in CALLS


def is_result(block: Mapping[str, object]) -> bool:
    return str(block.get("type", "")).endswith(RESULT)


def called(ids: Executed, block: Mapping[str, object]) -> StepTool:
    """The fact of a call: the tool and what it was given."""
    return StepTool(
        **ids,
        phase="call",
        tool=clean(str(block.get("name", ""))),
        call=str(block.get("id", "")),
        detail=kept({"input": block.get("input", {})}),
    )


def answered(ids: Executed, block: Mapping[str, object], tool: str | None) -> StepTool:
    """The fact of a tool's answer: where it looked, or its error. Bodies stay in the turn."""
    content = block.get("content")
    error = content.get("error_code") if isinstance(content, dict) else None
    return StepTool(
        **ids,
        phase="result" if error is None else "error",
        tool=clean(tool or str(block.get("type")).removesuffix(RESULT)),
        call=str(block.get("tool_use_id", "")),
        detail=kept({"found": _found(content)} if error is None else {"error_code": error}),
    )


def kept(detail: dict[str, object]) -> dict[str, object]:
    """The detail with clean texts."""
    return {clean(key): cleaned(value) for key, value in detail.items()}


def _found(content: object) -> list[object]:
    pages = content if isinstance(content, list) else [content]
    return [
        {key: page[key] for key in ("title", "url") if page.get(key)}
        for page in pages[:MOST_RESULTS]
        if isinstance(page, dict) and page.get("url")
    ]


def _plain(name: str) -> str:
    return name.replace("-", "_")
