"""The grammar of subjects: what is built is read back, and filters mean what they say."""

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Corrupt
from shared.log import subjects
from shared.log.filters import matches, pattern_of
from shared.log.subjects import Address, AttemptKey, StepKey
from shared.run import facts as f

TYPES: tuple[type[subjects.AnyFact], ...] = (*get_args(f.Lifecycle), *get_args(f.Stream))
TOOL_TYPES = get_args(f.Tooling)
STEP_TYPES = [
    each for each in TYPES if "step" in each.model_fields and each not in get_args(f.Tooling)
]
NUMBERS = st.integers(0, 10_000)
TOKENS = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=20)
WORDS = st.lists(st.sampled_from(["a", "b", "step", "0"]), min_size=1, max_size=5)


def fact_of(kind: type[Any], **values: object) -> Any:
    """A fact of this type that says what its subject is made of, and nothing else."""
    return kind.model_construct(**values)


@st.composite
def made(draw: st.DrawFn, kind: type[subjects.AnyFact]) -> Any:
    """A fact of this type with all that a subject may be made of."""
    counted = ("partition", "step", "attempt", "execution", "index")
    numbers = {name: draw(NUMBERS) for name in counted}
    names = {name: draw(TOKENS) for name in ("workspace", "run", "pool", "queue")}
    purposes = st.sampled_from(["retry", "approval"])
    return fact_of(kind, **numbers, **names, turn=draw(NUMBERS), purpose=draw(purposes))


@pytest.mark.parametrize("kind", TYPES)
@given(data=st.data())
def test_a_fact_s_subject_tells_where_it_lives(
    kind: type[subjects.AnyFact], data: st.DataObject
) -> None:
    fact = data.draw(made(kind))
    address, rest = subjects.split(subjects.subject_of(fact))
    assert (address, rest) == (subjects.address_of(fact), subjects.rest_of(fact))
    assert subjects.is_delta(rest) == isinstance(fact, f.Stream)
    by_level = any(matches(each, rest) for each in subjects.LIFECYCLE)
    assert by_level != subjects.is_delta(rest)


@pytest.mark.parametrize("kind", STEP_TYPES)
@given(data=st.data())
def test_the_rest_of_a_step_s_fact_tells_its_attempt_its_kind_and_its_number(
    kind: type[subjects.AnyFact], data: st.DataObject
) -> None:
    fact = data.draw(made(kind))
    rest = subjects.rest_of(fact)
    read = subjects.step_rest(rest)
    assert read is not None
    is_skip = isinstance(fact, f.StepSkipped)
    assert read.key == StepKey(fact.step, 0 if is_skip else fact.attempt)
    numbered = {"turn": "turn", "started": "execution", "released": "execution"}
    numbered["delta"] = "execution"
    assert read.number == (getattr(fact, numbered[read.word]) if read.word in numbered else 0)
    is_ready = isinstance(fact, f.StepReady)
    assert subjects.queue_of(rest) == ((fact.pool, fact.queue) if is_ready else None)


@pytest.mark.parametrize("kind", [each for each in TYPES if each not in STEP_TYPES])
@given(data=st.data())
def test_the_rest_of_a_run_s_fact_is_that_of_no_step(
    kind: type[subjects.AnyFact], data: st.DataObject
) -> None:
    assert subjects.step_rest(subjects.rest_of(data.draw(made(kind)))) is None


@pytest.mark.parametrize("kind", TOOL_TYPES)
@given(data=st.data())
def test_the_rest_of_a_tool_s_fact_tells_its_call(
    kind: type[subjects.AnyFact], data: st.DataObject
) -> None:
    fact = data.draw(made(kind))
    execution = fact.execution if isinstance(fact, f.ToolCalled) else 0
    key = StepKey(fact.step, fact.attempt)
    rest = subjects.rest_of(fact)
    assert subjects.tool_rest(rest) == (key, fact.turn, fact.index, execution)
    assert matches(key.tools(), rest)
    assert not any(matches(each, rest) for each in subjects.DECIDING)


@pytest.mark.parametrize(
    "rest",
    ["tool.3.1.2.0.called", "tool.3.1.2.0.1.returned", "tool.3.1.2.00.returned",
     "tool.3.1.returned", "tool.3.1.2.+0.1.called", "step.3.1.2.0.1.called",
     "tool.3.1.2.0.1.begun"],
)  # fmt: skip
def test_what_is_no_rest_of_a_tool_s_fact_is_told_so(rest: str) -> None:
    assert subjects.tool_rest(rest) is None


def test_only_what_may_be_recorded_once_among_several_shares_a_subject() -> None:
    numbers = {"step": 3, "attempt": 1, "execution": 2, "turn": 2, "index": 4}
    names = {"pool": "p", "queue": "q", "purpose": "retry"}
    by_rest: dict[str, set[type]] = {}
    for kind in TYPES:
        by_rest.setdefault(subjects.rest_of(fact_of(kind, **numbers, **names)), set()).add(kind)
    shared = [kinds for kinds in by_rest.values() if len(kinds) > 1]
    assert shared == [set(get_args(each)) for each in (f.RunEnded, f.StepFinished, f.Stream)]


@given(st.text(alphabet="stepdelta.0123456789-*>x", max_size=30))
def test_what_is_no_rest_is_told_so(rest: str) -> None:
    found = subjects.step_rest(rest)
    assert found is None or str(found.key.step) in rest


@pytest.mark.parametrize(
    "rest",
    ["", "step", "step.3.1", "step.03.1.finished", "step.+3.1.finished", "step.3.1_0.finished",
     "step.3.1.2.finished", "step.3.1.x.started", "step.-3.skipped", "delta.3.1", "step.*.1.retry"],
)  # fmt: skip
def test_a_number_is_read_only_as_it_is_spelled(rest: str) -> None:
    assert subjects.step_rest(rest) is None


@given(st.integers(0, 100_000))
def test_every_number_of_a_partition_is_read_back(partition: int) -> None:
    subject = Address(partition, "acme", "r").subject(subjects.FINISHED)
    assert subjects.split(subject) == (Address(partition, "acme", "r"), subjects.FINISHED)


@given(key=st.builds(StepKey, NUMBERS, NUMBERS), number=NUMBERS)
def test_what_a_key_spells_is_read_as_its_own(key: StepKey, number: int) -> None:
    plain = [key.finished(), key.waiting(), key.decided(), key.due("retry")]
    numbered = [key.started(number), key.released(number), key.turn(number), key.delta(number)]
    read = [subjects.step_rest(rest) for rest in (*plain, *numbered)]
    assert [(each.key, each.word, each.number) for each in read if each] == [
        *((key, word, 0) for word in ("finished", "waiting", "decided", "due")),
        *((key, word, number) for word in ("started", "released", "turn", "delta")),
    ]
    assert key.delta(number).startswith(key.deltas)
    assert key.turn(number).startswith(key.turns)


@pytest.mark.parametrize(
    ("pattern", "of"),
    [
        (StepKey(3, 1).started(), f.StepStarted),
        (StepKey(3, 1).released(), f.StepReleased),
        (StepKey(3, 1).turn(), f.StepTurn),
        (StepKey(3, 1).delta(), f.StepDelta),
        (subjects.EVERY_STEP_STARTED, f.StepStarted),
        (subjects.EVERY_STEP_FINISHED, f.StepFailed),
        (subjects.settled(3)[0], f.StepCancelled),
        (subjects.settled(3)[1], f.StepSkipped),
        (StepKey(3, 1).called(2, 4), f.ToolCalled),
        (StepKey(3, 1).returned(2, 4), f.ToolReturned),
    ],
)
def test_a_filter_means_the_facts_it_is_named_for_and_no_others(
    pattern: str, of: type[subjects.AnyFact]
) -> None:
    numbers = {"step": 3, "attempt": 1, "execution": 2, "turn": 2, "index": 4}
    names = {"pool": "p", "queue": "q", "purpose": "retry"}
    rests = {kind: subjects.rest_of(fact_of(kind, **numbers, **names)) for kind in TYPES}
    means = {kind for kind, rest in rests.items() if matches(pattern, rest)}
    assert means == {kind for kind, rest in rests.items() if rest == rests[of]}


def test_the_filters_of_queues_partitions_and_runs_mean_their_own() -> None:
    numbers = {"partition": 4, "step": 3, "attempt": 1}
    names = {"workspace": "acme", "run": "r", "pool": "p", "queue": "q"}
    subject = subjects.subject_of(fact_of(f.StepReady, **numbers, **names))
    assert matches(subjects.ready_filter("p", "q"), subject)
    assert not matches(subjects.ready_filter("p", "other"), subject)
    assert matches(subjects.stored_filter("acme", "r"), subject)
    assert not matches(subjects.stored_filter("acme", "other"), subject)
    assert matches(subjects.partition_filter(4, subjects.STEP_LEVEL[0]), subject)
    assert not matches(subjects.partition_filter(5, subjects.STEP_LEVEL[0]), subject)
    assert matches(subjects.STORED, subject)


@given(pattern=st.lists(st.sampled_from(["*", "a", "b", "step", "0"]), min_size=1, max_size=5),
       is_open=st.booleans(), subject=WORDS)  # fmt: skip
def test_one_look_and_a_pattern_for_many_agree(
    pattern: list[str], is_open: bool, subject: list[str]
) -> None:
    wanted, told = ".".join([*pattern, ">"] if is_open else pattern), ".".join(subject)
    assert matches(wanted, told) == bool(pattern_of(wanted).fullmatch(told))


def test_a_timer_fires_where_its_fact_will_be() -> None:
    due = fact_of(
        f.StepDue, workspace="acme", run="r", partition=4, step=3, attempt=1, purpose="retry"
    )
    assert subjects.timer_of(due) == "timer.4.acme.r.step.3.1.retry.due"
    assert subjects.due_of(due) == "due.4.acme.r.step.3.1.retry.due"
    assert subjects.split(subjects.due_of(due)) == (
        Address(4, "acme", "r"),
        subjects.rest_of(due),
    )


def test_questions_and_presence_are_read_back() -> None:
    key = AttemptKey("acme", "r", 3, 1)
    assert subjects.split_alive(key.alive_subject) == key
    assert matches(subjects.EVERY_ALIVE, key.alive_subject)
    readers = subjects.readers_of("acme", "r")
    assert subjects.split_readers(readers) == ("acme", "r")
    assert matches(subjects.EVERY_READERS, readers)
    parked = subjects.parked_question("scheduler", Address(3, "acme", "r"))
    assert subjects.split_parked(parked) == Address(3, "acme", "r")
    assert matches(subjects.parked_question("scheduler"), parked)
    assert not matches(subjects.parked_question("projector"), parked)
    here = subjects.presence_of("scheduler", "one")
    assert subjects.member_of(here) == "one"
    assert matches(subjects.presence_of("scheduler"), here)
    assert matches(subjects.live_workspace("acme"), "live.acme.r.finished")


@pytest.mark.parametrize(
    ("read", "subject"),
    [
        (subjects.split, "run.x.acme.r.requested"),
        (subjects.split, "run.1.acme"),
        (subjects.split, "run.+1.acme.r.requested"),
        (subjects.split, "run.01.acme.r.requested"),
        (subjects.split, "run.\u0661.acme.r.requested"),
        (subjects.split_alive, "alive.acme.r.1_0.1"),
        (subjects.split_live, "live.acme"),
        (subjects.split_alive, "alive.acme.r.x.1"),
        (subjects.split_alive, "alive.acme.r.1"),
        (subjects.split_readers, "readers.acme.r.more"),
        (subjects.split_parked, "parked.scheduler.x.acme.r"),
        (subjects.split_parked, "parked.scheduler.0.acme"),
    ],
)
def test_a_subject_of_another_grammar_is_corrupt(read: object, subject: str) -> None:
    assert callable(read)
    with pytest.raises(Corrupt, match=f"found '{subject}'"):
        read(subject)
