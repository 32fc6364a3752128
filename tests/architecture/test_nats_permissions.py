"""deploy/nats.conf against the grammar of subjects: who may write which facts, and ask what."""

import re
from typing import Any, get_args

import pytest

from shared.log import declared, subjects
from shared.log.filters import matches
from shared.run import facts as f
from shared.run.meaning import MEANING
from tests.architecture.source import ROOT

CONFIGURATION = (ROOT / "deploy" / "nats.conf").read_text()
ROLES = ("api", "scheduler", "agent-worker", "projector", "provisioner")
FACTS: tuple[type[subjects.AnyFact], ...] = (*get_args(f.Lifecycle), *get_args(f.Stream))
# Writers as the reference of facts names them; what a timer says the scheduler records.
ROLE_OF = {"api": "api", "scheduler": "scheduler", "worker": "agent-worker", "timer": "scheduler"}
VALUES: dict[str, Any] = {"workspace": "acme", "run": "r", "partition": 4, "step": 3, "attempt": 1}
VALUES |= {
    "execution": 2,
    "turn": 1,
    "index": 0,
    "pool": "default",
    "queue": "shared",
    "purpose": "retry",
}


def subject_of(kind: type[subjects.AnyFact]) -> str:
    """The subject of some fact of this type."""
    return subjects.subject_of(kind.model_construct(**VALUES))


def may_publish(role: str, subject: str) -> bool:
    """The configuration lets the role publish there."""
    listed = re.search(rf"user: {role}, .*?publish: \[(.*?)\]", CONFIGURATION, re.DOTALL)
    assert listed is not None
    return any(matches(each, subject) for each in re.findall(r'"([^"]+)"', listed[1]))


def may_hear(role: str, pattern: str) -> bool:
    """The configuration lets the role subscribe to this very filter."""
    listed = re.search(rf"user: {role}, .*?subscribe: \[(.*?)\]", CONFIGURATION, re.DOTALL)
    assert listed is not None
    return pattern in re.findall(r'"([^"]+)"', listed[1])


@pytest.mark.parametrize("subject", sorted({subject_of(kind) for kind in FACTS}))
def test_a_fact_may_be_written_by_its_writers_and_by_nobody_else(subject: str) -> None:
    kinds = [kind for kind in FACTS if subject_of(kind) == subject]
    writers = [word for kind in kinds for word in MEANING[kind].writer.split(", ")]
    allowed = {role for role in ROLES if may_publish(role, subject)}
    assert allowed == {ROLE_OF[writer] for writer in writers}


def test_questions_may_be_asked_and_heard_by_those_who_answer_them() -> None:
    alive = subjects.AttemptKey("acme", "r", 3, 1).alive_subject
    assert [role for role in ROLES if may_publish(role, alive)] == ["agent-worker"]
    assert [role for role in ROLES if may_hear(role, subjects.EVERY_ALIVE)] == ["agent-worker"]
    readers = subjects.readers_of("acme", "r")
    assert [role for role in ROLES if may_publish(role, readers)] == ["api"]
    assert [role for role in ROLES if may_hear(role, subjects.EVERY_READERS)] == ["api"]


@pytest.mark.parametrize("role", ["scheduler", "agent-worker"])
def test_a_member_says_that_it_is_here_for_its_own_group_only(role: str) -> None:
    here = subjects.presence_of(role, "one")
    assert [each for each in ROLES if may_publish(each, here)] == [role]


def test_workers_hear_what_stops_a_run_and_watchers_all_that_is_republished() -> None:
    for rest in (subjects.CANCEL, subjects.STOPPING):
        assert may_hear("agent-worker", subjects.live_filter("*", "*", rest))
    assert may_hear("watcher", "live.>")


@pytest.mark.parametrize("role", ["api", "agent-worker"])
def test_who_hears_facts_live_hears_of_a_new_leader(role: str) -> None:
    assert may_hear(role, declared.LEADER_ELECTED)


def test_timers_are_set_by_the_scheduler_alone() -> None:
    timer = subjects.timer_of(f.StepDue.model_construct(**VALUES))
    assert [role for role in ROLES if may_publish(role, timer)] == ["scheduler"]
