import pytest

from services.agent_worker.providers.anthropic.tools import (
    LONGEST_CITED,
    MOST_FOUND,
    answered,
    called,
    citation_of,
    is_used_up,
    tools_of,
)
from shared.flow import AgentWork
from shared.run.content import Citation, ToolDetail, WebPage


def test_tools_without_settings_have_none() -> None:
    [search] = tools_of(AgentWork(tools=("web_search",)))
    assert search == {"type": "web_search_20260318", "name": "web_search"}
    assert tools_of(AgentWork()) == []


def test_tools_say_how_often_they_may_be_used() -> None:
    search, fetch = tools_of(AgentWork(tools=("web_search", "web_fetch"), max_uses=2))
    assert (search.get("max_uses"), fetch.get("max_uses")) == (2, 2)


def used(tool: str, count: int) -> list[dict[str, object]]:
    """So many finished uses of a tool."""
    blocks: list[dict[str, object]] = []
    for n in range(count):
        blocks.append({"type": "server_tool_use", "id": f"{tool}{n}", "name": tool})
        blocks.append({"type": f"{tool}_tool_result", "tool_use_id": f"{tool}{n}"})
    return blocks


@pytest.mark.parametrize(
    ("searches", "fetches", "is_over"), [(0, 0, False), (1, 1, False), (2, 0, True), (1, 3, True)]
)
def test_tools_are_used_up_once_one_of_them_is(searches: int, fetches: int, is_over: bool) -> None:
    work = AgentWork(tools=("web_search", "web_fetch"), max_uses=2)
    said = [*used("web_search", searches), *used("web_fetch", fetches)]
    assert is_used_up(work, said) is is_over
    assert not is_used_up(AgentWork(tools=work.tools), said)


def test_tools_are_not_used_up_before_a_use_that_has_begun_is_over() -> None:
    fetch, fetched = used("web_fetch", 1)
    said = [*used("web_search", 2), fetch]
    work = AgentWork(tools=("web_search", "web_fetch"), max_uses=2)
    assert not is_used_up(work, said)
    assert is_used_up(work, [*said, fetched])


def test_a_call_says_what_was_asked_unless_it_fits_no_fact() -> None:
    block = {"type": "server_tool_use", "id": "i", "name": "t", "input": {"a\0": ["\ud800", 1]}}
    assert called(block).detail == ToolDetail(input={"a\ufffd": ["\ufffd", 1]})
    assert called({**block, "input": {"code": "x" * 100_000}}).detail == ToolDetail()
    assert called({**block, "input": ["no object"]}).detail == ToolDetail()


def test_a_search_names_the_pages_it_found() -> None:
    pages = [{"url": f"u{n}", "title": None if n else "T\0", "page_age": "x"} for n in range(50)]
    block = {"type": "web_search_tool_result", "tool_use_id": "i", "content": [*pages, "odd", {}]}
    tool = answered(block, "web_search")
    assert (tool.phase, tool.tool, tool.call) == ("result", "web_search", "i")
    assert tool.detail.found[0] == WebPage(url="u0", title="T\ufffd")
    assert len(tool.detail.found) == MOST_FOUND


def test_a_fetch_names_its_page() -> None:
    content = {"type": "web_fetch_result", "url": "u", "content": {"title": "T"}}
    tool = answered({"type": "web_fetch_tool_result", "content": content}, None)
    assert (tool.tool, tool.detail) == (
        "web_fetch",
        ToolDetail(found=(WebPage(url="u", title="T"),)),
    )


def test_a_tool_that_failed_says_why() -> None:
    content = {"type": "web_fetch_tool_result_error", "error_code": "url_not_allowed"}
    tool = answered({"type": "web_fetch_tool_result", "content": content}, "web_fetch")
    assert (tool.phase, tool.detail) == ("error", ToolDetail(error_code="url_not_allowed"))


def test_a_result_of_an_unknown_kind_is_told_without_detail() -> None:
    tool = answered({"type": "telescope_tool_result", "content": {"stdout": "x"}}, None)
    assert (tool.phase, tool.tool, tool.detail) == ("result", "telescope", ToolDetail())


CITED = [
    (
        {"type": "web_search_result_location", "url": "u", "title": "T", "encrypted_index": "E"},
        Citation(kind="web_search_result_location", url="u", title="T"),
    ),
    (
        {"type": "char_location", "document_index": 0, "document_title": "D",
         "start_char_index": 0, "end_char_index": 9, "file_id": None},
        Citation(kind="char_location", title="D", document_index=0, start=0, end=9),
    ),
    (
        {"type": "page_location", "document_index": 1, "start_page_number": 2,
         "end_page_number": 3},
        Citation(kind="page_location", document_index=1, start=2, end=3),
    ),
    (
        {"type": "content_block_location", "document_index": 1, "start_block_index": 2,
         "end_block_index": 3},
        Citation(kind="content_block_location", document_index=1, start=2, end=3),
    ),
    (
        {"type": "search_result_location", "source": "s", "title": "T",
         "search_result_index": 0, "start_block_index": 0, "end_block_index": 1},
        Citation(kind="search_result_location", url="s", title="T", start=0, end=1),
    ),
    ({"type": "dream_location", "cited": 1}, Citation(kind="dream_location")),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "citation"), CITED)
def test_a_citation_of_any_kind_has_one_shape(raw: dict[str, object], citation: Citation) -> None:
    assert citation_of(raw) == citation
    said = {**raw, "cited_text": "\0" * (LONGEST_CITED + 1)}
    assert citation_of(said).cited_text == "\ufffd" * LONGEST_CITED
