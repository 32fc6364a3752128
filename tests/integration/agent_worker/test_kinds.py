"""What each kind of step makes of its inputs, through the real log and the real SDK."""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256

import pytest

from services.agent_worker.keys import Keys
from services.agent_worker.kinds import KINDS
from services.agent_worker.kinds.kind import Execute
from shared.run import facts as f
from shared.run.content import Blob, InputRef
from tests.eventually import eventually
from tests.integration.agent_worker.stage import Stage, agent, chain, fan_in, template


async def test_a_template_is_filled_with_input_variables_and_outputs(stage: Stage) -> None:
    run = await stage.run(
        chain(template("a", "x"), template("b", "{{input}}|{{variables.v}}|{{nodes.a.output}}")),
        variables={"v": "two"},
    )
    given = await run.completed("a", "one")
    async with stage.working():
        await run.ready("b", given)
        outcome = await run.outcome("b")
    assert isinstance(outcome, f.StepCompleted)
    assert outcome.output == "one|two|one"
    assert outcome.output_sha256 == sha256(b"one|two|one").hexdigest()
    assert (outcome.size_bytes, outcome.execution) == (11, 1)
    rests = [entry.rest.split(".", 3)[-1] for entry in await run.entries()]
    assert rests == ["requested", "finished", "ready.local.shared", "1.started", "finished"]


async def test_a_template_may_ask_for_a_node_further_up(stage: Stage) -> None:
    run = await stage.run(
        chain(template("a", "x"), template("b", "y"), template("c", "{{nodes.a.output}}!"))
    )
    await run.completed("a", "far")
    given = await run.completed("b", "near")
    async with stage.working():
        await run.ready("c", given)
        assert await run.output("c") == "far!"


async def test_a_step_without_inputs_gets_the_input_of_the_run(stage: Stage) -> None:
    run = await stage.run(chain(template("a", "<{{input}}>")), input="hello")
    async with stage.working():
        await run.ready("a")
        assert await run.output("a") == "<hello>"


@pytest.mark.parametrize(
    ("data", "output"),
    [
        ({}, "one\n\nzwei ü"),
        ({"strategy": "json"}, '{"a": "one", "b": "zwei ü"}'),
        (
            {"strategy": "template", "template": "{{nodes.b.output}}+{{nodes.a.output}}"},
            "zwei ü+one",
        ),
    ],
)
async def test_a_merge_joins_its_inputs(stage: Stage, data: dict[str, str], output: str) -> None:
    merge: dict[str, object] = {"id": "m", "type": "merge", "data": data}
    run = await stage.run(fan_in(merge, template("a", "x"), template("b", "x")))
    inputs = [await run.completed("a", "one"), await run.completed("b", "zwei ü")]
    async with stage.working():
        await run.ready("m", *inputs)
        assert await run.output("m") == output


async def test_a_skipped_input_is_empty_in_a_template(stage: Stage) -> None:
    last = template("m", "[{{nodes.a.output}}][{{nodes.b.output}}]")
    run = await stage.run(fan_in(last, template("a", "x"), template("b", "x")))
    given = await run.completed("b", "here")
    async with stage.working():
        await run.ready("m", given)
        assert await run.output("m") == "[][here]"


async def test_an_agent_streams_records_its_turn_and_completes(stage: Stage) -> None:
    run = await stage.run(chain(agent("a", "[[sim: words=40 rate=400/s]]")), input="rivers")
    async with stage.working():
        await run.ready("a")
        outcome = await run.outcome("a")
    assert isinstance(outcome, f.StepCompleted)
    text = ""
    for delta in await run.facts(f.StepDelta):
        assert delta.offset == len(text), "deltas follow one another"
        text += delta.text
    assert text == outcome.output != ""
    [turn] = await run.facts(f.StepTurn)
    assert (turn.turn, turn.stop_reason, turn.usage) == (1, "end_turn", outcome.usage)
    assert outcome.usage.output_tokens > 0
    rests = [entry.rest for entry in await run.entries()]
    assert rests[-2:] == ["step.0.1.turn.1", "step.0.1.finished"]


async def test_the_first_token_leaves_at_once_and_the_others_are_gathered(stage: Stage) -> None:
    run = await stage.run(chain(agent("a", "[[sim: chunks=300 rate=1500/s]]")))
    async with stage.working():
        await run.ready("a")
        await run.outcome("a")
    deltas = await run.facts(f.StepDelta)
    assert len(deltas[0].text) < len(deltas[1].text)
    assert len(deltas) < 60


async def test_an_agent_gets_its_variables_and_something_to_do(stage: Stage) -> None:
    run = await stage.run(
        chain(agent("a", "Speak {{language}}. [[sim: echo rate=0]]", max_tokens=77)),
        input=" \n",
        variables={"language": "Dutch"},
    )
    async with stage.working():
        await run.ready("a")
        assert await run.output("a") == "Please proceed with your instructions."
    [call] = await stage.calls()
    assert str(call["system"]).startswith("Speak Dutch.")
    assert (call["max_tokens"], call["model"]) == (77, "claude-haiku-5-5")


async def test_an_agent_reads_all_its_inputs_in_order(stage: Stage) -> None:
    last = agent("z", "[[sim: echo rate=0]]")
    run = await stage.run(fan_in(last, template("a", "x"), template("b", "x")))
    inputs = [await run.completed("a", "one"), await run.completed("b", "two")]
    async with stage.working():
        await run.ready("z", *inputs)
        assert await run.output("z") == "one\n\ntwo"


async def test_a_large_output_is_kept_beside_the_log(stage: Stage) -> None:
    run = await stage.run(
        chain(template("a", "{{input}}" * 8), template("b", "{{input}}.")), input="x" * 10_000
    )
    async with stage.working():
        await run.ready("a")
        output = await run.output("a")
        assert isinstance(output, Blob)
        assert output.size_bytes == 80_000
        ref = InputRef(step=0, node="a", attempt=1)
        await run.ready("b", ref)
        await run.outcome("b")
    body = await stage.store.get_blob("default", run.address.run, output.blob)
    assert body == b"x" * 80_000


@pytest.mark.parametrize(
    ("node", "code", "message"),
    [
        (agent("a", "Hi {{who}}"), "missing_value", "who"),
        (template("a", "Hi {{variables.who}}"), "missing_value", "who"),
    ],
)
async def test_a_step_that_cannot_be_executed_fails_for_good(
    stage: Stage, node: dict[str, object], code: str, message: str
) -> None:
    run = await stage.run(chain(node))
    async with stage.working():
        await run.ready("a")
        cause = await run.cause("a")
    assert (cause.code, cause.retryable) == (code, False)
    assert message in cause.message


@pytest.mark.parametrize(
    "last", [template("c", "x"), {"id": "c", "type": "merge"}, agent("c", "[[sim: echo]]")]
)
async def test_inputs_too_large_together_are_not_read_but_fail_the_step(
    stage: Stage, last: dict[str, object]
) -> None:
    run = await stage.run(fan_in(last, template("a", "x"), template("b", "x")))
    half = [await run.completed(node, "x", size_bytes=(32 << 20) + 1) for node in "ab"]
    async with stage.working():
        await run.ready("c", *half)
        cause = await run.cause("c")
    assert (cause.code, cause.retryable) == ("too_large", False)
    assert "67,108,864 bytes" in cause.message


async def test_a_template_that_asks_for_too_much_fails_the_step(stage: Stage) -> None:
    wanting = template("c", "{{nodes.a.output}}{{nodes.b.output}}")
    run = await stage.run(chain(template("a", "x"), template("b", "x"), wanting))
    _, near = [await run.completed(node, "x", size_bytes=(32 << 20) + 1) for node in "ab"]
    async with stage.working():
        await run.ready("c", near)
        assert (await run.cause("c")).code == "too_large"


class Asked(dict[str, Execute]):
    """Kinds of step, and which were looked for."""

    def __init__(self, kinds: Mapping[str, Execute]) -> None:
        super().__init__(kinds)
        self.names: list[str] = []

    def __getitem__(self, name: str) -> Execute:
        self.names.append(name)
        return super().__getitem__(name)


async def test_a_kind_one_worker_does_not_know_is_left_to_one_that_does(stage: Stage) -> None:
    run = await stage.run(chain(template("a", "x")))
    older = Asked({name: kind for name, kind in KINDS.items() if name != "template"})
    async with stage.working(stage.equipment(worker="older"), kinds=older):
        await run.ready("a")
        await eventually(lambda: older.names.count("template") >= 2)
        assert await run.entries("finished") == []
        async with stage.working(stage.equipment(worker="newer")):
            assert await run.output("a") == "x"
    assert [fact.worker for fact in await run.facts(f.StepStarted)] == ["newer"]


async def test_a_kind_nobody_knows_waits_and_ends_with_its_run(stage: Stage) -> None:
    run = await stage.run(chain(template("a", "x")))
    kinds = Asked(KINDS)
    async with stage.working(kinds=kinds):
        await run.ready("a", kind="telepathy")
        await eventually(lambda: "telepathy" in kinds.names)
        assert await run.entries("finished") == []
        await run.stopping()
        assert isinstance(await run.outcome("a"), f.StepCancelled)


async def test_without_a_key_an_agent_says_what_to_set(stage: Stage) -> None:
    equipment = stage.equipment()
    run = await stage.run(chain(agent("a", "Hi")))
    async with stage.working(replace(equipment, keys=Keys(stage.store))):
        await run.ready("a")
        cause = await run.cause("a")
    assert (cause.code, cause.retryable) == ("no_provider_key", False)
    assert cause.message.startswith("API key not configured: set ")
    assert await stage.calls() == []


async def test_no_more_steps_are_taken_than_there_are_slots_and_stopped_ones_never_start(
    stage: Stage,
) -> None:
    runs = [await stage.run(chain(agent("a", "[[sim: forever]]"))) for _ in range(5)]
    for run in runs:
        await run.ready("a")

    async def two_are_open() -> bool:
        return [call["outcome"] for call in await stage.calls()] == ["open", "open"]

    async with stage.working(slots=2):
        await eventually(two_are_open)
        for run in reversed(runs):
            await run.stopping()
        outcomes = [await run.outcome("a") for run in runs]
    assert [type(outcome) for outcome in outcomes] == [f.StepCancelled] * 5
    assert [outcome.execution for outcome in outcomes] == [1, 1, None, None, None]
    assert len(await stage.calls()) == 2
