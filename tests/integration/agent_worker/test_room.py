"""A run that writes too much, and stores without room: attempts fail, and others do not notice."""

from shared.log.oversight import About
from shared.run import facts as f
from shared.run.content import Blob, Limits
from tests.integration.agent_worker.stage import Stage, chain, fan_in, template
from tests.unit.run.tale import DAWN

MIB = 1 << 20
DOUBLED = "{{input}}{{input}}"


def fullness(parts: int) -> About:
    """A log that is so many hundredths full."""
    return About(created=DAWN, partitions=1, size_bytes=parts, limit_bytes=100)


async def test_many_large_texts_at_once_write_no_more_than_the_run_may(stage: Stage) -> None:
    nodes = [template(f"n{number}", DOUBLED) for number in range(12)]
    flow = fan_in(template("last", "done"), *nodes)
    limits = Limits(max_written_bytes=6 * MIB)
    run = await stage.run(flow, input="x" * MIB, limits=limits)
    async with stage.working():
        for node in nodes:
            await run.ready(str(node["id"]))
        outcomes = [await run.outcome(str(node["id"])) for node in nodes]
    written = [each for each in outcomes if isinstance(each, f.StepCompleted)]
    refused = [each.error for each in outcomes if isinstance(each, f.StepFailed)]
    assert (len(written), len(refused)) == (3, 9)
    assert {(error.code, error.retryable) for error in refused} == {("run_too_large", False)}
    assert all(isinstance(each.output, Blob) for each in written)


async def test_a_step_is_not_begun_where_the_log_has_room_for_ends_alone(stage: Stage) -> None:
    run = await stage.run(chain(template("a", "text")))
    equipment = stage.equipment()
    equipment.room.note(fullness(95))
    async with stage.working(equipment):
        await run.ready("a")
        cause = await run.cause("a")
        assert (cause.code, cause.retryable) == ("store_full", True)
        equipment.room.note(fullness(94))
        await run.ready("a", attempt=2)
        assert isinstance(await run.outcome("a", attempt=2), f.StepCompleted)
    assert await run.facts(f.StepStarted) != []
