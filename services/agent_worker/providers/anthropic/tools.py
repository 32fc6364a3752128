"""The tools that the provider runs: how they are asked for, and what is told of their use.

A call, its answer and its failure are step.tool; a source named for what was said is
step.citation. What the tools read stays in the turn. These are details for people: a field that is
not of its type counts as missing.
Source: Anthropic Messages API, web search tool, web fetch tool, citations.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from anthropic.types import (
    ToolParam,
    ToolUnionParam,
    WebFetchTool20260318Param,
    WebSearchTool20260318Param,
)
from pydantic import JsonValue

from services.agent_worker.providers.border import short, whole
from services.agent_worker.providers.provider import Tool, ToolCall, ToolSpec
from shared.flow import AgentWork
from shared.run.content import MOST_COUNT, Citation, CitationAt, ToolDetail, WebPage

SERVER_CALL, CALL = "server_tool_use", "tool_use"
RESULT = "_tool_result"
PLACES = {"char_location": "char_index", "page_location": "page_number"}
MOST_FOUND = 20
LONGEST_CITED = 10_000
LONGEST_URL = 2_000
LARGEST_INPUT_BYTES = 64 * 1024

Block = Mapping[str, object]


def tools_of(work: AgentWork, own: Sequence[ToolSpec] = ()) -> list[ToolUnionParam]:
    """The agent's tools as the provider wants them: the same in every turn of a conversation.

    `own` are those that the worker calls.

    They stand before all messages. A change would empty the prompt cache, and the newer models
    would refuse the thinking that comes after it.
    """
    return [*(_tool(name, work) for name in work.provider_tools), *map(_own, own)]


def is_used_up(work: AgentWork, said: Sequence[Block]) -> bool:
    """What was said leaves a tool no use; a use that has begun has to end before.

    The provider counts uses a request, we count them an attempt.
    """
    if work.max_uses is None:
        return False
    answered = {block.get("tool_use_id") for block in said if is_result(block)}
    calls = [block for block in said if block.get("type") == SERVER_CALL]
    if any(call.get("id") not in answered for call in calls):
        return False
    uses = Counter(call.get("name") for call in calls)
    return any(uses[name] >= work.max_uses for name in work.provider_tools)


def _tool(name: str, work: AgentWork) -> ToolUnionParam:
    tool: WebFetchTool20260318Param | WebSearchTool20260318Param
    if name == "web_fetch":
        tool = {"type": "web_fetch_20260318", "name": "web_fetch", "citations": {"enabled": True}}
    else:
        tool = {"type": "web_search_20260318", "name": "web_search"}
    if work.max_uses is not None:
        tool["max_uses"] = work.max_uses
    if work.allowed_domains:
        tool["allowed_domains"] = list(work.allowed_domains)
    return tool


def _own(tool: ToolSpec) -> ToolParam:
    return {
        "name": tool.name,
        "description": tool.description,
        "input_schema": dict(tool.input_schema),
    }


def is_call(block: Block) -> bool:
    return block.get("type") in (SERVER_CALL, CALL)


def calls_in(blocks: Iterable[Block]) -> list[ToolCall]:
    """The calls of tools that the worker calls."""
    return [
        ToolCall(
            id=str(block.get("id", "")),
            tool=str(block.get("name", "")),
            input=json.dumps(block.get("input", {}), ensure_ascii=False, separators=(",", ":")),
        )
        for block in blocks
        if block.get("type") == CALL
    ]


def is_result(block: Block) -> bool:
    return str(block.get("type", "")).endswith(RESULT)


def called(block: Block) -> Tool:
    """The call: the tool and what it was given. Raises: BadStream."""
    detail = ToolDetail(input=_input(block.get("input")))
    return Tool("call", _text(block, "name") or "", _text(block, "id") or "", detail)


def answered(block: Block, tool: str | None) -> Tool:
    """The tool's answer: where it looked, or its error. Bodies stay in the turn."""
    content = block.get("content")
    error = _text(content, "error_code") if isinstance(content, dict) else None
    return Tool(
        "error" if error else "result",
        short(tool or str(block.get("type")).removesuffix(RESULT)),
        _text(block, "tool_use_id") or "",
        ToolDetail(error_code=error) if error else ToolDetail(found=_found(content)),
    )


def citation_of(raw: Mapping[str, object]) -> Citation:
    """A citation as the provider sends it, of whichever kind."""
    kind = _text(raw, "type") or "unknown"
    place = PLACES.get(kind, "block_index")
    return Citation(
        kind=kind,
        cited_text=_text(raw, "cited_text", LONGEST_CITED) or "",
        url=_text(raw, "url", LONGEST_URL) or _text(raw, "source", LONGEST_URL),
        title=_text(raw, "title") or _text(raw, "document_title"),
        document_index=_number(raw, "document_index"),
        start=_number(raw, f"start_{place}"),
        end=_number(raw, f"end_{place}"),
    )


def citations_in(blocks: Iterable[Block], length: int) -> list[CitationAt]:
    """The citations in a turn's blocks, each at the end of the text that it is for.

    `length` is that of the turn's text, which ends with what the blocks say.
    """
    said = [(block, _said(block)) for block in blocks if block.get("type") == "text"]
    offset = length - sum(len(text) for _, text in said)
    found = []
    for block, text in said:
        offset += len(text)
        raw = block.get("citations")
        found += [
            CitationAt(offset=offset, citation=citation_of(each))
            for each in (raw if isinstance(raw, list) else ())
            if isinstance(each, dict)
        ]
    return found


def _said(block: Block) -> str:
    text = block.get("text")
    return text if isinstance(text, str) else ""


def _input(given: object) -> dict[str, JsonValue]:
    if not isinstance(given, dict) or len(json.dumps(given)) > LARGEST_INPUT_BYTES:
        return {}
    return cast("dict[str, JsonValue]", whole(given))


def _found(content: object) -> tuple[WebPage, ...]:
    pages = content if isinstance(content, list) else [content]
    named = [page for page in pages if isinstance(page, dict) and _text(page, "url")]
    return tuple(
        WebPage(url=_text(page, "url", LONGEST_URL) or "", title=_title(page))
        for page in named[:MOST_FOUND]
    )


def _title(page: Mapping[str, object]) -> str | None:
    document = page.get("content")
    return _text(page, "title") or (
        _text(document, "title") if isinstance(document, Mapping) else None
    )


def _text(raw: Mapping[str, object], key: str, longest: int = 1_000) -> str | None:
    value = raw.get(key)
    return short(value, longest) if isinstance(value, str) and value else None


def _number(raw: Mapping[str, object], key: str) -> int | None:
    value = raw.get(key)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= MOST_COUNT else None
