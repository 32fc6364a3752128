"""What facts carry besides identity: text bodies, where inputs come from, token counts, causes."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

MOST_COUNT = 2**53 - 1
"""The largest count a fact holds: a number that every reader and every store has exactly."""


class Part(BaseModel):
    """A frozen piece of a fact; unknown fields of newer writers are dropped on reading.

    On writing none of its own is left out.
    """

    model_config = ConfigDict(
        frozen=True, extra="ignore", json_schema_serialization_defaults_required=True
    )


class Blob(Part):
    """A body too large for a fact, kept in the object store under its hash (hex sha256)."""

    blob: str
    size_bytes: int


Content = str | Blob


class ContentRef(Part):
    """Names a fact that carries a text: attempt `attempt` of step `step`.

    For a step that passes the run's input on (an input node, an approval or a condition nothing
    leads to) the text is that input.
    """

    step: int
    attempt: int


class InputRef(Part):
    """One live input of a step: the predecessor, and where its text is.

    `content` is None when the predecessor's own finished fact carries the text; a predecessor
    that only passes text on (input, output, condition, approval) names the facts that do, in order.
    """

    step: int
    node: str
    attempt: int
    content: tuple[ContentRef, ...] | None = None

    def sources(self) -> tuple[ContentRef, ...]:
        """The facts whose texts, joined by a blank line, are this input."""
        if self.content is not None:
            return self.content
        return (ContentRef(step=self.step, attempt=self.attempt),)


class ResultRef(Part):
    """One part of a run's result: which fact carries it, and what it weighs."""

    step: int
    node: str
    attempt: int
    output_sha256: str
    size_bytes: int


class Usage(Part):
    """Tokens and server-tool calls of one attempt, all kinds.

    Source: Anthropic Messages API, the `usage` object; `message_delta` counts are cumulative.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    thinking_tokens: int = 0
    cache_read_tokens: int = 0
    cache_creation_5m_tokens: int = 0
    cache_creation_1h_tokens: int = 0
    web_search_requests: int = 0
    web_fetch_requests: int = 0

    def total_tokens(self) -> int:
        """Every token read or written; thinking tokens are part of the output tokens."""
        total = (
            self.input_tokens
            + self.output_tokens
            + self.cache_read_tokens
            + self.cache_creation_5m_tokens
            + self.cache_creation_1h_tokens
        )
        return min(total, MOST_COUNT)

    def plus(self, other: Usage) -> Usage:
        """The sum, field by field, none above the largest count there is."""
        sums = {k: getattr(self, k) + getattr(other, k) for k in Usage.model_fields}
        return Usage(**{k: min(each, MOST_COUNT) for k, each in sums.items()})


class Cause(Part):
    """Why something failed: a stable code, words for a person, and whether a retry may help."""

    code: str
    message: str
    retryable: bool = False
    retry_after_seconds: float | None = None
    step: int | None = None
    node: str | None = None


class Receipt(Part):
    """What a cancelled attempt had done: how fast it ended, the text and the tokens so far."""

    aborted_after_ms: float | None = None
    text: str = ""
    usage: Usage = Usage()


class WebPage(Part):
    """A page of the web that a tool found or read."""

    url: str
    title: str | None = None


class ToolDetail(Part):
    """What a tool was given, or what came of it.

    A call has its `input` (a search `{"query"}`, a fetch `{"url"}`; empty where it is too large
    for a fact), a result the pages `found`, the first 20, an error its `error_code`. What the
    pages say is in the step.turn.
    """

    input: dict[str, JsonValue] = {}
    found: tuple[WebPage, ...] = ()
    error_code: str | None = None


class ToolFault(Part):
    """Why a tool's call failed: a stable code, and a sentence."""

    code: str
    message: str


class Citation(Part):
    """A source the model names for what it said.

    `kind` is the provider's: `web_search_result_location` for a page found, `char_location`,
    `page_location` and `content_block_location` for a stretch of a document read, which is the
    `document_index`-th of the request and goes from `start` to `end` in characters, pages or
    blocks. `cited_text` is the source's own words, at most 10,000 code points of them.
    """

    kind: str
    cited_text: str = ""
    url: str | None = None
    title: str | None = None
    document_index: int | None = None
    start: int | None = None
    end: int | None = None


class CitationAt(Part):
    """A citation in an outcome: it is for the output before `offset`, in code points.

    Of `cited_text` it keeps the first 1,000.
    """

    offset: int
    citation: Citation


class KeptDecision(Part):
    """An approval's answer that a retry keeps: who gave it and why, in run `run`.

    `decided_by` is None where nobody answered in time and the default decided.
    """

    decision: Literal["approve", "reject"]
    decided_by: str | None = None
    comment: str | None = None
    run: str


class Limits(Part):
    """Bounds of a run; None means none but the 30 days every run has.

    `max_written_bytes` is the installation's: what the input and all outputs may weigh together.
    """

    deadline_seconds: int | None = None
    max_total_tokens: int | None = None
    max_written_bytes: int | None = None


Phase = Literal["connecting", "thinking", "writing", "tool"]
StopReason = Literal["cancelled", "failed", "deadline", "budget"]
