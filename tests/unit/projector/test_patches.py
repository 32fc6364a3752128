"""What facts mean for the read model, without a database."""

from datetime import UTC, datetime
from itertools import product

import pytest

from services.projector.patches import standing, tell
from services.projector.rows import Story as Told
from shared.run import Stage
from shared.run import facts as f
from shared.run.content import InputRef, Usage
from shared.run.wire import Recorded
from tests.contract.story import Story

NOW = datetime(2026, 11, 22, tzinfo=UTC)
RUN = "019e0000-0000-7000-8000-000000000001"
run = Story("acme", RUN)


def told(*facts: f.Lifecycle) -> Told:
    """What the facts say of the one run."""
    stories: dict[str, Told] = {}
    for n, fact in enumerate(facts, 1):
        tell(stories, Recorded(fact=fact, sequence=n, time=NOW))
    (story,) = stories.values()
    return story


def test_a_step_stands_where_the_heart_says() -> None:
    places = list(product((0, 1, 2, 70), Stage, (0, 1, 5)))
    assert sorted(places, key=lambda place: standing(*place)) == sorted(places)


def test_the_request_begins_the_story_and_what_came_before_is_inert() -> None:
    story = told(run.cancel(), run.ready(), run.requested("x" * 300), run.started())
    assert story.born
    assert story.steps == {}
    assert (story.run.status, story.run.cancel_requested_at) == ("running", None)
    assert story.run.input_preview == "x" * 200


def test_a_story_without_the_request_is_not_born() -> None:
    assert not told(run.started(), run.finished()).born


def test_after_the_end_only_tokens_count() -> None:
    late = run.completed().model_copy(update={"usage": Usage(output_tokens=3)})
    story = told(run.requested(), run.finished(), run.ready(), late, run.cancel())
    assert (story.steps, story.attempts) == ({}, {})
    assert (story.run.status, story.run.last_seq) == ("completed", 2)
    assert list(story.usage) == [(0, 1, 0)]


@pytest.mark.parametrize(
    ("facts", "status", "attempt"),
    [
        ([run.ready()], "ready", 1),
        ([run.ready(), run.due(purpose="queue")], "ready", 1),
        ([run.ready(), run.step_started()], "running", 1),
        ([run.ready(), run.step_started(), run.released()], "ready", 1),
        ([run.step_started(), run.released(), run.step_started(execution=2)], "running", 1),
        ([run.step_started(execution=2), run.released(execution=1)], "running", 1),
        ([run.completed(), run.step_started(execution=2)], "completed", 1),
        ([run.failed()], "failed", 1),
        ([run.failed(), run.retry()], "retrying", 1),
        ([run.failed(), run.retry(), run.due()], "retrying", 1),
        ([run.failed(), run.retry(), run.ready(attempt=2)], "ready", 2),
        ([run.ready(attempt=2), run.completed(attempt=1)], "ready", 2),
        ([run.waiting()], "waiting", 1),
        ([run.waiting(), run.decided()], "waiting", 1),
        ([run.waiting(), run.due(purpose="approval")], "waiting", 1),
        ([run.skipped()], "skipped", 0),
        ([run.ready(), run.skipped()], "ready", 1),
    ],
)
def test_a_step_shows_the_furthest_stage_of_its_latest_attempt(
    facts: list[f.Lifecycle], status: str, attempt: int
) -> None:
    step = told(run.requested(), *facts).steps[0]
    assert (step.status, step.attempt) == (status, attempt)


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ([], "pending"),
        ([run.started()], "running"),
        ([run.cancel()], "cancelling"),
        ([run.cancel(), run.started()], "cancelling"),
        ([run.stopping().model_copy(update={"reason": "deadline"})], "failing"),
        ([run.stopping().model_copy(update={"reason": "failed"}), run.cancel()], "cancelling"),
        ([run.deadline(), run.start_due(), run.stop_due()], "pending"),
        ([run.cancel(), run.finished()], "completed"),
    ],
)
def test_a_run_shows_the_furthest_it_has_come(facts: list[f.Lifecycle], status: str) -> None:
    assert told(run.requested(), *facts).run.status == status


def test_inputs_are_kept_once_for_each_source() -> None:
    given = (InputRef(step=0, node="a", attempt=2), InputRef(step=1, node="b", attempt=1))
    ready = run.ready(step=2).model_copy(update={"inputs": given})
    again = ready.model_copy(update={"attempt": 2})
    assert told(run.requested(), ready, again).inputs == {(2, 0): 2, (2, 1): 1}


def test_a_step_that_used_no_tokens_has_no_usage() -> None:
    assert told(run.requested(), run.completed(), run.turn()).usage == {}
