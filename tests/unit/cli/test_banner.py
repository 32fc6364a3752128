"""What `penstock up` says of who answers, and how the other is had."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.up import _is_live, up
from cli.up.screen import Answers, start_command
from shared.runtime.settings import load


def told(*, simulated: bool, has_key: bool) -> str:
    who = Answers(simulated=simulated, default_model="m-1", has_key=has_key, start="make it so")
    return "\n".join(who.lines())


def test_simulated_answers_are_called_so_with_how_to_have_real_ones() -> None:
    without, with_key = (told(simulated=True, has_key=has_key) for has_key in (False, True))
    assert "answers are simulated, and cost nothing" in without
    assert without.endswith("say: ANTHROPIC_API_KEY=sk-ant-... make it so")
    assert "ANTHROPIC_API_KEY is set, and not used" in with_key
    assert with_key.endswith("say: make it so")


def test_real_answers_name_the_model_and_that_they_cost_money() -> None:
    assert told(simulated=False, has_key=True).startswith("m-1 ")
    assert "cost money" in told(simulated=False, has_key=True)
    without = told(simulated=False, has_key=False)
    assert without.startswith("m-1 ")
    assert "provider-key set" in without
    assert "runs with agents are refused" in without


def test_real_answers_need_no_key_of_the_environment_but_for_the_demo(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    settings = load("up", {})
    assert _is_live(settings, True, demo=False)
    assert not _is_live(settings, None, demo=True)
    assert up(data=tmp_path, demo=True, live=True) == 2
    assert "set ANTHROPIC_API_KEY, or leave out --live or --demo" in capsys.readouterr().out


def test_real_answers_are_had_by_the_command_that_was_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MAKELEVEL", "1")
    assert start_command([]) == "LIVE=1 make run"
    monkeypatch.delenv("MAKELEVEL")
    assert start_command(["--port", "0"]).endswith("penstock up --port 0 --live")
