"""What `penstock up` says of who answers, and how the other is had."""

from __future__ import annotations

import pytest

from cli.up.screen import Answers, start_command


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


def test_real_answers_are_had_by_the_command_that_was_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MAKELEVEL", "1")
    assert start_command([]) == "LIVE=1 make run"
    monkeypatch.delenv("MAKELEVEL")
    assert start_command(["--port", "0"]).endswith("penstock up --port 0 --live")
