"""What the benchmark concludes from what it saw."""

import json

import pytest

from bench.client import in_own_process
from bench.connection import Api
from bench.flow import three_steps_output
from bench.follow import EVENTS, AlonePlan, fault_in, follow_alone
from bench.measured import Measured, Target
from cli.up.port import free_port
from shared.errors import Unavailable

TEXT = "a river"


def stream(kinds: list[str], output: str) -> bytes:
    data = json.dumps({"output": output})
    frames = [f"id: {n}\nevent: {kind}\ndata: {data}\n\n" for n, kind in enumerate(kinds, 1)]
    return "".join(["retry: 1000\n\n", *frames]).encode()


def test_a_run_that_told_every_event_and_gave_the_right_text_has_no_fault() -> None:
    assert fault_in(stream(EVENTS, three_steps_output(TEXT)), TEXT) is None


def test_another_text_a_missing_event_and_ids_that_do_not_rise_are_faults() -> None:
    right = stream(EVENTS, three_steps_output(TEXT))
    assert "gave" in (fault_in(stream(EVENTS, TEXT), TEXT) or "")
    assert "told" in (fault_in(stream(EVENTS[1:], three_steps_output(TEXT)), TEXT) or "")
    assert "rise" in (fault_in(right.replace(b"id: 3\n", b"id: 2\n"), TEXT) or "")


def test_where_less_is_better_the_goal_is_below_the_floor() -> None:
    rate, delay = Target(floor=800, goal=1600), Target(floor=9, goal=4)
    assert [rate.verdict(value) for value in (1700, 800, 799)] == ["goal", "floor", "missed"]
    assert [delay.verdict(value) for value in (4, 9, 9.1)] == ["goal", "floor", "missed"]


def test_a_number_is_judged_by_its_median() -> None:
    measured = Measured(row=2, what="", unit="ms", values=(3, 50, 2), target=Target(9, 4))
    assert (measured.median, measured.spread, measured.verdict) == (3, (2, 50), "goal")


async def test_a_client_that_fails_says_why_across_the_process_border() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    plan = AlonePlan(api=Api(url, "token"), pipeline_id="p", runs=1, warm_up=0)
    with pytest.raises(Unavailable, match="takes no connection"):
        await in_own_process(follow_alone, plan)
