"""How pages are read and compared: a page that says otherwise than what came is found out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.pages import Shown, commands_of
from tests.acceptance.shown import Comparison

ONE, OTHER = (f"01a2221c-a2b2-7364-9a28-e4904c7992b{n}" for n in (1, 2))


def test_a_page_is_read_as_commands_with_what_they_write(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# Page\n```sh\necho 1\n```\n\nwrites\n\n```text\n1\n```\n\n"
        "<!-- not run: needs Docker -->\n```sh\ndocker ps\n```\n```python\npass\n```\n"
        "<!-- not run: needs root -->\n\n```sh\nsu\n```\n"
    )
    first, second, third = commands_of(page)
    assert (first.line, first.script, first.not_run) == (2, "echo 1\n", None)
    assert first.output == Shown("text", "1\n")
    assert (third.script, third.not_run) == ("su\n", "needs root")
    assert (second.script, second.not_run, second.output) == ("docker ps\n", "needs Docker", None)


@pytest.mark.parametrize(
    ("language", "shown", "came"),
    [
        ("text", "a\nb\n", "a\nb"),
        ("text", "run ... ended", "run 1 ended"),
        ("text", "a\n...\nz", "a\nb\nc\nz"),
        ("text", f"{ONE} {ONE} {OTHER}", f"{OTHER} {OTHER} {ONE}"),
        ("text", "at 2030-01-31T12:00:00Z", "at 2031-02-01T13:01:01.5Z"),
        ("http", "HTTP/1.1 200 OK\nETag: ...", "HTTP/1.1 200 OK\r\nETag: 1\r\n"),
        ("json", '{"a": 1, ...}', '{"a":1,"b":[]}'),
        ("json", '{"a": [1, ...], "b": "..."}', '{"a":[1,2,3],"b":{"c":1}}'),
    ],
)
def test_what_a_page_leaves_open_may_be_anything(language: str, shown: str, came: str) -> None:
    assert Comparison().difference(Shown(language, shown), came) is None


@pytest.mark.parametrize(
    ("language", "shown", "came"),
    [
        ("text", "a\nb\n", "a\nc"),
        ("text", "run ... ended", "run 1\nended"),
        ("text", f"{ONE} {ONE}", f"{ONE} {OTHER}"),
        ("text", "at 2030-01-31T12:00:00Z", "at noon"),
        ("json", '{"a": 1}', '{"a":1,"b":2}'),
        ("json", '{"a": 1, "b": 2, ...}', '{"a":1}'),
        ("json", '{"a": 1}', '{"a":true}'),
        ("json", '{"a": [1]}', '{"a":[1,2]}'),
        ("json", '{"a": [1, 2, ...]}', '{"a":[1]}'),
        ("json", "{}", "not JSON"),
    ],
)
def test_what_a_page_says_otherwise_is_told(language: str, shown: str, came: str) -> None:
    assert Comparison().difference(Shown(language, shown), came)


def test_an_id_of_a_page_stands_for_one_real_id_in_all_its_outputs() -> None:
    comparison = Comparison()
    assert (
        comparison.difference(Shown("json", f'{{"run": "{ONE}"}}'), f'{{"run":"{OTHER}"}}') is None
    )
    assert comparison.difference(Shown("text", ONE), OTHER) is None
    assert comparison.difference(Shown("text", ONE), ONE)
