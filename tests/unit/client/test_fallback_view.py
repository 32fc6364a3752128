"""Which model a step asks, where there are several."""

from __future__ import annotations

import pytest
from penstock_client.view import StepView, fold
from pydantic import JsonValue

from tests.unit.client.test_view import event


def step_after(*asked: tuple[int, JsonValue]) -> StepView:
    events = [
        event(number, "step.ready", step=0, node="a", attempt=attempt, model=model)
        for number, (attempt, model) in enumerate(asked, 1)
    ]
    return fold(events).steps[0]


@pytest.mark.parametrize(
    ("asked", "model", "first"),
    [
        ([(1, None)], None, None),
        ([(1, None), (2, None)], None, None),
        ([(1, "a")], "a", None),
        ([(1, "a"), (2, "a")], "a", None),
        ([(1, "a"), (2, "b")], "b", "a"),
        ([(1, "a"), (2, "b"), (3, "b"), (4, "c")], "c", "a"),
        ([(3, "b")], "b", None),
        ([(2, "b"), (1, "a")], "b", None),
        ([(1, 7)], None, None),
    ],
)
def test_another_model_than_the_first_stands_in_for_it(
    asked: list[tuple[int, JsonValue]], model: str | None, first: str | None
) -> None:
    step = step_after(*asked)
    assert (step.model, step.stands_in_for) == (model, first)


def test_words_of_the_next_attempt_before_it_is_ready_are_of_nobody_yet() -> None:
    asked = event(1, "step.ready", step=0, node="a", attempt=1, model="a")
    begun = event(2, "step.started", step=0, node="a", attempt=2, execution=1)
    step = fold([asked, begun]).steps[0]
    assert (step.attempt, step.model, step.stands_in_for) == (2, "a", None)
