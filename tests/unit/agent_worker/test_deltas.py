import asyncio

import pytest

from services.agent_worker.deltas import WINDOW, Deltas
from services.agent_worker.identity import Executed
from shared.errors import Unavailable
from shared.log.memory import Faults, MemoryLog
from shared.run import facts as f
from shared.run.content import Citation
from tests.eventually import PATIENCE_SECONDS, eventually

IDS: Executed = {
    "workspace": "w",
    "run": "r",
    "partition": 0,
    "step": 0,
    "node": "n",
    "attempt": 1,
    "execution": 1,
}


async def told(store: MemoryLog) -> list[f.StepDelta]:
    """The text pieces in the log."""
    entries = await store.read_on("w", "r", after=0, limit=10_000)
    facts = [entry.recorded().fact for entry in entries]
    return [fact for fact in facts if isinstance(fact, f.StepDelta)]


def read(deltas: list[f.StepDelta]) -> str:
    """The text a reader ends up with, by the reader's law."""
    text = ""
    for delta in deltas:
        text = text[: delta.offset] + delta.text
    return text


async def test_gathered_text_leaves_by_itself_when_its_window_has_passed() -> None:
    store = MemoryLog()
    deltas = Deltas(store, IDS, 0.01)
    for word in ("one ", "two ", "three"):
        deltas.text(word)
    assert read(await told(store)) == "one "

    async def all_of_it() -> bool:
        return read(await told(store)) == "one two three"

    await eventually(all_of_it)
    assert len(await told(store)) == 2
    await deltas.acknowledged("one two three")


async def test_what_was_said_before_a_tool_is_told_before_it() -> None:
    store = MemoryLog()
    deltas = Deltas(store, IDS, 60)
    deltas.thinking("hm")
    deltas.thinking("m")
    deltas.text("a")
    deltas.text("b")
    deltas.tool(f.StepTool(**IDS, phase="call", tool="t"))
    deltas.text("c")
    deltas.citation(Citation(kind="k", url="u"))
    await deltas.acknowledged("abc")
    entries = await store.read_on("w", "r", after=0)
    types = [entry.recorded().fact.type.removeprefix("step.") for entry in entries]
    thinking, delta = ["thinking"] * 2, ["delta"]
    assert types == [*thinking, *delta * 2, "tool", *delta, "citation"]
    assert [d.offset for d in await told(store)] == [0, 1, 2]
    deltas.close()


async def test_no_more_than_a_window_is_unacknowledged() -> None:
    deltas = Deltas(MemoryLog(), IDS, 0)
    for _ in range(WINDOW + 1):
        assert not deltas.is_behind
        deltas.text("x")
    assert deltas.is_behind
    await deltas.catch_up()
    assert not deltas.is_behind


@pytest.mark.parametrize("seed", range(20))
async def test_pieces_the_log_did_not_take_are_repaired(seed: int) -> None:
    store = MemoryLog(seed=seed, faults=Faults(unavailable=0.1))
    deltas = Deltas(store, IDS, 0)
    words = [f"{number} " for number in range(60)]
    for word in words:
        deltas.text(word)
        if deltas.is_behind:
            await deltas.catch_up()
    await deltas.acknowledged("".join(words))
    found = await eventually(lambda: answered(store))
    assert read(found) == "".join(words)


async def test_an_outcome_waits_for_no_more_than_some_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("services.agent_worker.deltas.ACKNOWLEDGED_SECONDS", 0.01)
    store = MemoryLog(faults=Faults(delay_seconds=60))  # of the log's time, which stands still
    deltas = Deltas(store, IDS, 0)
    deltas.text("never ")
    deltas.text("answered")
    await asyncio.wait_for(deltas.acknowledged("never answered"), PATIENCE_SECONDS)
    assert not deltas.is_behind


async def answered(store: MemoryLog) -> list[f.StepDelta] | None:
    """The text pieces, if the log answers this time."""
    try:
        return await told(store)
    except Unavailable:
        return None


async def test_another_execution_goes_on_at_its_offset() -> None:
    store = MemoryLog()
    deltas = Deltas(store, IDS, 0)
    deltas.text("mine")
    deltas.go_on_at(6)
    deltas.text("!")
    await deltas.acknowledged("theirs!")
    assert [(d.offset, d.text) for d in await told(store)] == [(0, "mine"), (6, "!")]
    assert asyncio.all_tasks() == {asyncio.current_task()}
