"""A model that stands in for another, as who follows a run is told of it."""

from __future__ import annotations

from tests.unit.cli.script import BEGINNING, COMPLETED, ERROR, Script, fact
from tests.unit.cli.test_run import in_a_terminal


async def test_in_a_terminal_a_fallback_is_told_once(script: Script) -> None:
    def asked(number: int, attempt: int, model: str) -> list[bytes]:
        failure = fact(number + 1, "step.failed", 0, attempt=attempt, error=ERROR)
        said = {"kind": "agent", "attempt": attempt, "model": model, "try": 1}
        return [fact(number, "step.ready", 0, **said), failure]

    # The same model is asked again, with its first try: one before was not counted.
    tries = [(7, 2, "first"), (9, 3, "first"), (11, 4, "sec\x1b[31mond"), (13, 5, "sec\x1b[31mond")]
    events = [each for number, attempt, model in tries for each in asked(number, attempt, model)]
    done = fact(16, "step.completed", 0, attempt=5, output="Right", usage={})
    script.play(BEGINNING, events, [done], COMPLETED)
    shown, code = await in_a_terminal(script, "run", "flow.json")
    assert code == 0
    assert "\x1b[31m" not in shown
    assert shown.count("in its place") == 1
    assert "ond in its place" in shown
