"""A flow file checked without any Penstock."""

from __future__ import annotations

from pathlib import Path

from tests.unit.cli.command import penstock

REPEATED = '{"nodes": [{"id": "a", "type": "agent", "data": {"instructions": "x"}}], "edges": %s}'


async def test_a_good_flow_is_validated_without_a_stack(tmp_path: Path) -> None:
    (tmp_path / "flow.json").write_text(REPEATED % "[]")
    ended = await penstock("validate", "flow.json", directory=tmp_path)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == "flow.json: 1 steps, in this order:\n  0  agent  a\n"


async def test_a_bad_flow_is_told_with_its_nodes(tmp_path: Path) -> None:
    (tmp_path / "flow.json").write_text(REPEATED % '[{"source": "a", "target": "a"}]')
    ended = await penstock("validate", "flow.json", directory=tmp_path)
    assert ended.code == 2
    assert "self_loop" in ended.out
    assert "[a]" in ended.out


async def test_what_a_model_cannot_do_is_told_without_a_stack(tmp_path: Path) -> None:
    data = '{"instructions": "x", "model": "claude-haiku-5-5", "max_tokens": 200000}'
    flow = (REPEATED % "[]").replace('{"instructions": "x"}', data)
    (tmp_path / "flow.json").write_text(flow)
    ended = await penstock("validate", "flow.json", directory=tmp_path)
    assert ended.code == 2
    assert "max_tokens_too_large" in ended.out
    (tmp_path / "flow.json").write_text(flow.replace("claude-haiku-5-5", "mine"))
    ended = await penstock("validate", "flow.json", directory=tmp_path)
    assert ended.code == 0
    assert "warning: unknown_model" in ended.out
