"""Content blocks of an answer, each as the stream tells it and as a whole message holds it.

Source: the types RawContentBlockStartEvent, RawContentBlockDelta and ContentBlock of the SDK.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeAlias

Json: TypeAlias = dict[str, object]
Delta: TypeAlias = tuple[str, str, object]  # type of the delta, its field, the field's value

DIRECT: Json = {"type": "direct"}
RETRIEVED_AT = "2026-10-21T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Block:
    """`start` as content_block_start has it, its deltas in order, and the `whole` they make."""

    start: Json
    deltas: Sequence[Delta]
    whole: Json


def text(pieces: Sequence[str], citations: Sequence[Json] = ()) -> Block:
    cited: Json = {"citations": []} if citations else {}
    whole: Json = {"type": "text", "text": "".join(pieces)}
    return Block(
        {**cited, "type": "text", "text": ""},
        [
            *(("text_delta", "text", piece) for piece in pieces),
            *(("citations_delta", "citation", citation) for citation in citations),
        ],
        {**whole, "citations": list(citations)} if citations else whole,
    )


def thinking(pieces: Sequence[str], signature: str) -> Block:
    """A thought; without pieces only its signature tells of it."""
    thought = "".join(pieces)
    return Block(
        {"type": "thinking", "thinking": "", "signature": ""},
        [
            *(("thinking_delta", "thinking", piece) for piece in pieces),
            ("signature_delta", "signature", signature),
        ],
        {"type": "thinking", "thinking": thought, "signature": signature},
    )


def tool_use(identity: str, name: str, arguments: Json) -> Block:
    return _use("tool_use", identity, name, arguments)


def server_tool_use(identity: str, name: str, arguments: Json) -> Block:
    return _use("server_tool_use", identity, name, arguments)


def search_results(identity: str, query: str) -> Block:
    slug = "-".join(query.lower().split())[:40] or "page"
    results = [
        {
            "type": "web_search_result",
            "url": f"https://example.{domain}/{slug}",
            "title": f"{query} ({source})",
            "encrypted_content": _opaque(domain, query),
            "page_age": "October 21, 2026",
        }
        for domain, source in (("org", "an overview"), ("com", "a discussion"))
    ]
    return _result("web_search_tool_result", identity, results)


def search_failed(identity: str, code: str) -> Block:
    content = {"type": "web_search_tool_result_error", "error_code": code}
    return _result("web_search_tool_result", identity, content)


def fetched(identity: str, url: str) -> Block:
    source = {"type": "text", "media_type": "text/plain", "data": f"The page at {url}, as text."}
    document = {"type": "document", "source": source, "title": url, "citations": {"enabled": True}}
    content = {
        "type": "web_fetch_result",
        "url": url,
        "content": document,
        "retrieved_at": RETRIEVED_AT,
    }
    return _result("web_fetch_tool_result", identity, content)


def fetch_failed(identity: str, code: str) -> Block:
    content = {"type": "web_fetch_tool_result_error", "error_code": code}
    return _result("web_fetch_tool_result", identity, content)


def unknown() -> Block:
    """A block of a type that is not part of the API."""
    whole: Json = {"type": "hologram", "data": "aGVsbG8="}
    return Block(whole, [("hologram_delta", "data", "aGVsbG8=")], whole)


def citations(results: Block, urls: str | None = None) -> list[Json]:
    """Citations of the first result of a search, one for each of the URLs, if any are given."""
    content = results.whole["content"]
    first = content[0] if isinstance(content, list) else {}
    return [
        {
            "type": "web_search_result_location",
            "url": url,
            "title": first["title"],
            "cited_text": f"What is said of {first['title']}.",
            "encrypted_index": _opaque("index", url),
        }
        for url in (urls.split(",") if urls else [str(first["url"])])
    ]


def _use(kind: str, identity: str, name: str, arguments: Json) -> Block:
    written = json.dumps(arguments, ensure_ascii=False)
    start: Json = {"type": kind, "id": identity, "name": name, "input": {}, "caller": DIRECT}
    parts = ["", *_thirds(written)]
    return Block(
        start,
        [("input_json_delta", "partial_json", part) for part in parts],
        {**start, "input": arguments},
    )


def _result(kind: str, identity: str, content: object) -> Block:
    whole: Json = {"type": kind, "tool_use_id": identity, "content": content, "caller": DIRECT}
    return Block(whole, (), whole)


def _thirds(written: str) -> Iterable[str]:
    size = len(written) // 3 + 1
    return (written[at : at + size] for at in range(0, len(written), size))


def _opaque(purpose: str, content: str) -> str:
    return sha256(f"{purpose}\0{content}".encode(errors="replace")).hexdigest()
