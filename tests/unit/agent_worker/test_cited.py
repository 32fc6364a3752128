"""The sources that an answer names: read from its turns, bounded in its outcome."""

import json

import pytest

from services.agent_worker.model.cited import LONGEST_CITED, MOST_BYTES, MOST_CITATIONS, sourced
from services.agent_worker.outcome import Output
from services.agent_worker.providers.anthropic.tools import Block, citations_in
from shared.run.content import Citation, CitationAt

RAW = {"type": "web_search_result_location", "url": "https://a.b", "title": "A", "cited_text": "x"}


def at(offset: int, text: str = "", url: str = "https://a.b") -> CitationAt:
    return CitationAt(offset=offset, citation=Citation(kind="k", cited_text=text, url=url))


def test_a_citation_stands_at_the_end_of_the_text_it_is_for() -> None:
    blocks: list[Block] = [
        {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
        {"type": "text", "text": "Rivers "},
        {"type": "text", "text": "bend 🌊", "citations": [RAW, RAW | {"url": "https://c.d"}]},
        {"type": "text", "text": ".", "citations": None},
    ]
    # The text of a turn may stand behind that of one before, with a line between.
    found = citations_in(blocks, len("\n\nRivers bend 🌊."))
    assert [(each.offset, each.citation.url) for each in found] == [
        (15, "https://a.b"),
        (15, "https://c.d"),
    ]


@pytest.mark.parametrize("odd", [None, 7, {}, "x", [None, 7, "x"]])
def test_what_is_no_citation_is_passed_over(odd: object) -> None:
    assert citations_in([{"type": "text", "text": None, "citations": odd}, {}], 0) == []


def test_each_place_and_source_counts_once() -> None:
    found = sourced(Output(text="abc"), [at(1), at(1), at(2), at(1, url="https://c.d")])
    assert found.citations == (at(1), at(2), at(1, url="https://c.d"))
    assert found.citations_left_out == 0


def test_an_output_without_sources_stays_as_it_was() -> None:
    assert sourced(Output(text="abc"), []) == Output(text="abc")


def test_the_first_so_many_stand_and_the_others_are_counted() -> None:
    found = sourced(Output(text="x" * 999), [at(n) for n in range(MOST_CITATIONS + 3)])
    assert found.citations == tuple(at(n) for n in range(MOST_CITATIONS))
    assert found.citations_left_out == 3


def test_no_more_stand_than_fit_and_of_each_the_first_of_its_words() -> None:
    long = [at(n, "日" * (LONGEST_CITED + 1)) for n in range(100)]
    found = sourced(Output(text="x" * 999), long)
    assert {each.citation.cited_text for each in found.citations} == {"日" * LONGEST_CITED}
    size = len(
        json.dumps([each.model_dump() for each in found.citations], ensure_ascii=False).encode()
    )
    assert MOST_BYTES * 0.9 < size <= MOST_BYTES
    assert len(found.citations) + found.citations_left_out == 100


def test_of_an_answer_that_is_only_the_last_turns_an_earlier_source_is_for_the_whole() -> None:
    assert sourced(Output(text="{}"), [at(9)]).citations == (at(2),)
