import pytest

from services.agent_worker.deltas import Deltas
from services.agent_worker.model import progress
from services.agent_worker.model.progress import Progress
from services.agent_worker.providers.provider import Begun, Opened, Text, Thought, ToolInput, Used
from shared.log.declared import PROGRESS_SECONDS
from shared.log.memory import MemoryLog
from shared.run.content import Usage
from shared.run.facts import StepProgress
from tests.eventually import eventually
from tests.unit.agent_worker.test_deltas import IDS


async def told(store: MemoryLog) -> list[tuple[str, int]]:
    entries = await store.read_on("w", "r", after=0)
    facts = [entry.recorded().fact for entry in entries]
    return [(fact.phase, fact.tokens) for fact in facts if isinstance(fact, StepProgress)]


async def test_each_change_of_what_the_model_does_is_told_with_about_what_it_wrote() -> None:
    store = MemoryLog()
    at_work = Progress(Deltas(store, IDS, 60))
    for event in (
        Opened("thinking"),
        Thought("x" * 40),
        Opened("thinking"),
        Opened("tool"),
        ToolInput(40),
        Opened("writing"),
        Text("x" * 40),
        Used(Usage(output_tokens=100)),
        Opened("tool"),
    ):
        at_work.take(event)
    at_work.close()
    assert await told(store) == [
        ("connecting", 0),
        ("thinking", 0),
        ("tool", 10),
        ("writing", 20),
        ("tool", 100),
    ]
    store.clock.advance(PROGRESS_SECONDS)
    assert await told(store) == []


async def test_a_model_that_goes_on_with_one_thing_is_told_of_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress, "EVERY_SECONDS", 0.01)
    store = MemoryLog()
    at_work = Progress(Deltas(store, IDS, 60))

    async def three_times() -> bool:
        return len(await told(store)) >= 3

    await eventually(three_times, every=0.005)
    at_work.close()


async def test_a_model_that_answers_with_signs_of_life_only_is_said_to_think(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress, "EVERY_SECONDS", 0.01)
    store = MemoryLog()
    at_work = Progress(Deltas(store, IDS, 60))
    at_work.take(Begun("a model"))

    async def twice() -> bool:
        return len(await told(store)) >= 2

    await eventually(twice, every=0.005)
    at_work.close()
    assert [phase for phase, _ in await told(store)][:2] == ["connecting", "thinking"]
