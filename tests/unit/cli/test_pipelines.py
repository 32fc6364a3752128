"""Versions, aliases and documents of pipelines on the terminal."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from services.api.definitions.models import PipelineShape
from services.api.exchange.models import Exported, Imported
from services.api.versions.models import AliasShape, FlowDiff, VersionPage
from tests.unit.cli.command import Ended, penstock
from tests.unit.cli.script import RUN, Script
from tests.unit.client.scripted_penstock import Request, answer

PIPELINES = "/api/v1/pipelines"
EXAMPLE: Any = PipelineShape.EXAMPLE
PIPELINE: Any = {**EXAMPLE, "version_number": 3}
KEY: str = PIPELINE["id"]
BASE = f"{PIPELINES}/{KEY}"
VERSION: Any = VersionPage.EXAMPLE
ALIAS: Any = AliasShape.EXAMPLE
DIFF: Any = FlowDiff.EXAMPLE


def page(*items: object) -> dict[str, object]:
    return {"items": list(items), "next_cursor": None}


@pytest.fixture
def pipeline(script: Script) -> Script:
    """A pipeline called Haiku, that is found by its name."""
    listed = {**PIPELINE, "flow": {}}
    script.stack.on("GET", PIPELINES, answer(page(listed)))
    script.stack.on("GET", BASE, answer(PIPELINE))
    script.stack.on("GET", f"{BASE}/aliases", answer(page(ALIAS)))
    return script


async def typed(script: Script, *arguments: str, columns: str = "100") -> Ended:
    return await penstock(
        "pipelines", *arguments, directory=script.directory, environ={"COLUMNS": columns}
    )


async def test_a_list_is_narrowed_by_tags_and_a_text(pipeline: Script) -> None:
    ended = await typed(pipeline, "--tag", "poetry", "--tag", "b", "--search", "Hai", "--deleted")
    header, line = ended.out.splitlines()
    assert header.split() == ["pipeline", "id", "version", "changed", "tags"]
    assert line.split()[0] == "Haiku"
    assert "poetry" in line
    assert "deleted" not in line
    (asked,) = pipeline.stack.asked(PIPELINES)
    assert asked.query == {"tags": "poetry,b", "search": "Hai", "deleted": "true"}
    gone = {**PIPELINE, "deleted_at": "2020-01-31T12:00:00Z"}
    pipeline.stack.on("GET", PIPELINES, answer(page(gone)))
    ended = await typed(pipeline, "--deleted")
    assert re.search(r"  deleted \d+d ago\s*$", ended.out)
    pipeline.stack.on("GET", PIPELINES, answer(page()))
    ended = await typed(pipeline, "--tag", "law")
    assert (ended.code, ended.out) == (0, "")
    assert ended.err.startswith("No pipeline is like that; see all: ")


async def test_versions_are_listed_with_the_aliases_that_name_them(pipeline: Script) -> None:
    other = {**VERSION["items"][0], "number": 2, "name": None, "note": None, "made_by": None}
    found = page(VERSION["items"][0], other)
    pipeline.stack.on("GET", f"{BASE}/versions", answer(found))
    ended = await typed(pipeline, "versions", "Hai", columns="120")
    header, newest, older = ended.out.splitlines()
    assert header.split() == ["version", "hash", "aliases", "made", "by", "name", "note"]
    assert newest.split()[:3] == ["3", "9b1f0e6d3c5a", "prod"]
    assert newest.endswith("Shorter lines  The second line was too long.")
    assert older.split()[:2] == ["2", "9b1f0e6d3c5a"]
    ended = await typed(pipeline, "versions", "Hai", columns="80")
    assert max(map(len, ended.out.splitlines())) <= 80
    ended = await typed(pipeline, "versions", KEY, "--json")
    assert [json.loads(line)["number"] for line in ended.out.splitlines()] == [3, 2]


async def test_a_difference_is_shown_node_by_node_and_line_by_line(pipeline: Script) -> None:
    old, new = "Write.\nBe short.\nNo title.", "Write.\nBe brief.\nNo title."
    change = {"op": "replace", "path": "/data/instructions", "old": old, "new": new}
    added = {"op": "add", "path": "/data/max_tokens", "old": None, "new": 900}
    nodes = {
        "added": [{"id": "ask", "type": "approval", "data": {"label": "Fine?"}}],
        "removed": [{"id": "old", "type": "template", "data": None}],
        "changed": [{"id": "poet", "changes": [change, added]}],
    }
    edges = {
        "added": [{"source": "poet", "target": "ask", "sourceHandle": "yes"}],
        "removed": [{"source": "poet", "target": "old", "sourceHandle": None}],
    }
    found = {**DIFF, "nodes": nodes, "edges": edges, "is_reordered": True}
    pipeline.stack.on("GET", f"{BASE}/versions/3/diff", answer(found))
    ended = await typed(pipeline, "diff", "Haiku", "--against", "1")
    assert [line.rstrip() for line in ended.out.splitlines()] == [
        "- node old (template)",
        "+ node ask (approval) 'Fine?'",
        "~ node poet",
        "    /data/instructions",
        "      - Be short.",
        "      + Be brief.",
        "    /data/max_tokens",
        "      + 900",
        "- edge poet → old",
        "+ edge poet → ask by yes",
        "~ nodes or edges come in another order",
    ]
    assert pipeline.stack.asked(f"{BASE}/versions/3/diff")[0].query == {"against": "1"}
    ended = await typed(pipeline, "diff", "Haiku", "--json")
    assert json.loads(ended.out)["nodes"]["added"][0]["id"] == "ask"
    nothing: dict[str, object] = {"added": [], "removed": []}
    same = {**DIFF, "nodes": {**nothing, "changed": []}, "edges": nothing}
    pipeline.stack.on("GET", f"{BASE}/versions/3/diff", answer(same))
    ended = await typed(pipeline, "diff", "Haiku", "3")
    assert (ended.out, ended.err) == ("", "Nothing differs between versions 2 and 3.\n")


async def test_a_version_is_restored_or_a_deleted_pipeline(pipeline: Script) -> None:
    saved = {**PIPELINE, "version_number": 4}
    pipeline.stack.on("POST", f"{BASE}/versions/1/restore", answer(saved))
    ended = await typed(pipeline, "restore", "Haiku", "1")
    assert (ended.code, ended.out, ended.err) == (0, "version 4 of Haiku\n", "")
    pipeline.stack.on("POST", f"{BASE}/versions/3/restore", answer(PIPELINE))
    ended = await typed(pipeline, "restore", "Haiku", "3")
    assert ended.err == "That is what version 3, the newest, has.\n"
    pipeline.stack.on("POST", f"{BASE}/restore", answer(PIPELINE))
    ended = await typed(pipeline, "restore", KEY)
    assert (ended.code, ended.out) == (0, f"{KEY}  Haiku restored\n")
    assert pipeline.stack.asked(PIPELINES)[-1].query == {"deleted": "true"}
    ended = await typed(pipeline, "restore", "Sonnet")
    assert ended.code == 2
    assert "No deleted pipeline here is called 'Sonnet'" in ended.err
    assert "pipelines --deleted" in ended.err


async def test_a_version_is_named(pipeline: Script) -> None:
    pipeline.stack.on("PUT", f"{BASE}/versions/3", answer(VERSION["items"][0]))
    ended = await typed(pipeline, "name", "Haiku", "3", "Shorter lines", "--note", "why")
    shown = "version 3 of Haiku  Shorter lines: The second line was too long.\n"
    assert (ended.code, ended.out) == (0, shown)
    sent = pipeline.stack.asked(f"{BASE}/versions/3")[0].json()
    assert sent == {"name": "Shorter lines", "note": "why"}
    ended = await typed(pipeline, "name", "Haiku", "3")
    assert (ended.code, "expected a NAME or --note" in ended.err) == (2, True)


async def test_an_alias_is_set_listed_and_removed(pipeline: Script) -> None:
    pipeline.stack.on("PUT", f"{BASE}/aliases/prod", answer({**ALIAS, "number": 4}))
    ended = await typed(pipeline, "alias", "Haiku", "prod", "4")
    assert (ended.code, ended.out) == (0, "prod is version 4 of Haiku, before 3\n")
    await typed(pipeline, "alias", "Haiku", "prod")
    sent = [each.json() for each in pipeline.stack.asked(f"{BASE}/aliases/prod")]
    assert sent == [{"version": "4"}, {"version": "3"}]
    ended = await typed(pipeline, "alias", "Haiku")
    header, line = ended.out.splitlines()
    assert header.split() == ["alias", "version", "set", "by"]
    assert line.split()[:2] == ["prod", "3"]
    pipeline.stack.on("DELETE", f"{BASE}/aliases/prod", answer(None, 204))
    ended = await typed(pipeline, "alias", "Haiku", "prod", "--remove")
    assert (ended.code, ended.out) == (0, "prod removed from Haiku\n")
    ended = await typed(pipeline, "alias", "Haiku", "prod", "3", "--remove")
    assert (ended.code, "got version '3' too" in ended.err) == (2, True)
    pipeline.stack.on("GET", f"{BASE}/aliases", answer(page()))
    ended = await typed(pipeline, "alias", "Haiku")
    assert (ended.code, ended.out) == (0, "")
    assert f"pipelines alias {KEY} prod VERSION" in ended.err


async def test_a_run_is_started_by_an_alias_of_a_pipeline(pipeline: Script) -> None:
    given = ("run", "--pipeline", "Haiku", "--alias", "prod", "--no-follow")
    ended = await penstock(*given, directory=pipeline.directory)
    assert (ended.code, ended.out) == (0, f"{RUN}\n")
    sent: Any = [each for each in pipeline.stack.asked("/api/v1/runs") if each.method == "POST"]
    assert (sent[0].json()["pipeline_id"], sent[0].json()["alias"]) == (KEY, "prod")
    ended = await penstock("run", "flow.json", "--alias", "prod", directory=pipeline.directory)
    assert (ended.code, "expected --alias with --pipeline" in ended.err) == (2, True)


async def test_a_document_goes_out_and_comes_in_as_it_is(pipeline: Script) -> None:
    document: Any = Exported.EXAMPLE
    pipeline.stack.on("GET", f"{BASE}/export", answer(document))
    ended = await typed(pipeline, "export", "Haiku", "--version", "2")
    assert json.loads(ended.out) == document
    assert pipeline.stack.asked(f"{BASE}/export")[0].query == {"version": "2"}
    (pipeline.directory / "haiku.json").write_text(ended.out)
    imported: Any = Imported.EXAMPLE
    pipeline.stack.on("POST", f"{PIPELINES}/import", answer(imported, 201))
    for source in ("haiku.json", "-"):
        came = await penstock(
            *("pipelines", "import", source, "--copy", "--name", "Other"),
            directory=pipeline.directory,
            typed=ended.out,
        )
        assert (came.code, came.out) == (0, f"{imported['pipeline']['id']}  Haiku\n")
        assert came.err == "agent Poet: made\n"
        sent = pipeline.stack.requests[-1]
        assert sent.json() == document
        assert sent.query == {"on_taken": "copy", "name": "Other"}


@pytest.mark.parametrize(
    ("text", "told"),
    [("{", "is not JSON"), ("[]", "holds no object with a pipeline"), (None, "cannot be read")],
)
async def test_a_file_that_is_no_document_is_told_before_anything_is_asked(
    pipeline: Script, text: str | None, told: str
) -> None:
    if text is not None:
        (pipeline.directory / "bad.json").write_text(text)
    ended = await typed(pipeline, "import", "bad.json")
    assert (ended.code, ended.out) == (2, "")
    assert f"bad.json {told}" in ended.err
    assert pipeline.stack.requests == []


async def test_a_name_that_is_taken_is_told(pipeline: Script) -> None:
    def refuse(_: Request) -> Any:
        return answer({"code": "name_taken", "detail": "The name 'Haiku' is taken."}, 409)

    (pipeline.directory / "haiku.json").write_text(json.dumps(Exported.EXAMPLE))
    pipeline.stack.on("POST", f"{PIPELINES}/import", refuse)
    ended = await typed(pipeline, "import", "haiku.json")
    assert ended.code == 2
    assert ended.err.startswith("penstock: The name 'Haiku' is taken.\n")
    assert "--name" in ended.err
    assert "--copy" in ended.err


async def test_a_pipeline_is_duplicated_and_deleted(pipeline: Script) -> None:
    pipeline.stack.on("POST", f"{BASE}/duplicate", answer({**PIPELINE, "name": "Other"}, 201))
    ended = await typed(pipeline, "duplicate", "Haiku", "Other")
    assert (ended.code, ended.out) == (0, f"{KEY}  Other\n")
    assert pipeline.stack.requests[-1].json() == {"name": "Other"}
    pipeline.stack.on("DELETE", BASE, answer(None, 204))
    ended = await typed(pipeline, "delete", "Haiku")
    assert (ended.code, ended.out) == (0, f"{KEY}  Haiku deleted\n")
    assert f"pipelines restore {KEY}" in ended.err
