"""What a recorded turn says, and turns that were recorded by an older worker."""

import json

import nats

from shared.log.subjects import subject_of
from shared.run import facts as f
from shared.run.content import Blob
from shared.run.wire import encode
from tests.integration.agent_worker.stage import Stage, agent, chain
from tests.integration.agent_worker.test_recovery import turn


async def test_a_turn_that_an_older_worker_recorded_is_gone_on_from(
    stage: Stage, nats_url: str
) -> None:
    run = await stage.run(chain(agent("a", "[[sim: text=World rate=0]]")))
    await run.append(run.started("a", 1))
    now = turn(run, "Hello ", "pause_turn")
    said = json.loads(encode(now, "2030-01-01T00:00:00.000000Z"))
    before = {key: said[key] for key in said.keys() - {"provider", "text"}} | {"version": 1}
    client = await nats.connect(nats_url)
    await client.jetstream().publish(subject_of(now), json.dumps(before).encode())
    await client.close()
    async with stage.working():
        await run.ready("a")
        assert await run.output("a") == "Hello World"
    versions = {fact.turn: (fact.version, fact.text) for fact in await run.facts(f.StepTurn)}
    assert versions == {1: (2, None), 2: (2, "World")}


async def test_a_turn_says_its_text_and_keeps_what_is_large_and_the_provider_s_beside_the_log(
    stage: Stage,
) -> None:
    run = await stage.run(chain(agent("a", "[[sim: thinking=2000 text=short rate=0]]")))
    async with stage.working():
        await run.ready("a")
        assert await run.output("a") == "short"
    [fact] = await run.facts(f.StepTurn)
    assert (fact.version, fact.provider, fact.text) == (2, "anthropic", "short")
    assert isinstance(fact.content, Blob)
    assert 4 * 1024 < fact.content.size_bytes < 64 * 1024
