"""The sources that a model named for its answer, as a reader knows them.

step.citation     one more, while the attempt is in flight: each once, the first 200
step.completed    all that its answer has, in place of those
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import JsonValue

from penstock_client.event import Data, integer_in, mapping_in

MOST = 200


@dataclass(frozen=True, slots=True)
class CitationView:
    """One source, of the text before `offset`; `text` are its own words.

    `url` is as the model has it: follow none that is not http or https. `kind` is the provider's;
    `document_index`, `start` and `end` say where in a document that was read.
    """

    offset: int
    text: str = ""
    url: str | None = None
    title: str | None = None
    kind: str = ""
    document_index: int | None = None
    start: int | None = None
    end: int | None = None


def after_cited(known: tuple[CitationView, ...], data: Data) -> tuple[CitationView, ...]:
    """The sources once one more was named."""
    citation = citation_in(data)
    return known if citation in known or len(known) >= MOST else (*known, citation)


def citations_in(data: Data) -> tuple[CitationView, ...]:
    """All sources that an outcome names."""
    named = data.get("citations")
    each = named if isinstance(named, list) else ()
    return tuple(citation_in(one) for one in each if isinstance(one, dict))


def citation_in(data: Data) -> CitationView:
    """The source, of `{"offset", "citation"}`."""
    said = mapping_in(data, "citation")
    return CitationView(
        offset=integer_in(data, "offset"),
        text=_text(said.get("cited_text")) or "",
        url=_text(said.get("url")),
        title=_text(said.get("title")),
        kind=_text(said.get("kind")) or "",
        document_index=_number(said.get("document_index")),
        start=_number(said.get("start")),
        end=_number(said.get("end")),
    )


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: JsonValue) -> int | None:
    return value if isinstance(value, int) else None
