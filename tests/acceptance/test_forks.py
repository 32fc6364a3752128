"""Forks of runs on a whole stack: what is kept calls no model, and comes out as it did."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from penstock_client import ConflictError, Penstock, RejectedError, Run

from shared.log import connect
from tests.acceptance.forks import Asked, branches, chain, fan, speaker
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.stack import RunningStack
from tests.unit.flow.drawing import Drawn, drawing, edge, node


@pytest.mark.parametrize("flow", [chain(), branches(), fan()], ids=["chain", "branches", "fan"])
async def test_a_fork_from_any_step_pays_for_what_runs_again_and_comes_out_equal(
    stack: RunningStack, flow: Drawn
) -> None:
    async with stack.client() as client:
        asked = Asked(stack, client)
        parent = await asked.run(flow)
        assert parent.status == "completed"
        for step in parent.steps:
            told, fork, calls = await asked.fork(parent, step.step)
            agents = {s.node for s in fork.steps if s.kind == "agent"}
            rerun = {each.node for each in told.rerun}
            taken = {s.node for s in fork.steps if s.status == "completed"}
            assert fork.status == "completed", step.node
            assert calls == len(rerun & agents & taken), step.node
            assert (fork.outputs, fork.output) == (parent.outputs, parent.output), step.node
            assert {s.node for s in fork.steps if s.kept} == {each.node for each in told.kept}
            assert fork.usage["output_tokens"] == sum(
                int(str(s.usage["output_tokens"])) for s in parent.steps if s.node in rerun & taken
            )
            assert fork.forked_from is not None
            assert (fork.forked_from.run, fork.forked_from.from_steps) == (
                parent.run_id,
                (step.step,),
            )


async def test_a_retry_asks_the_model_only_for_what_had_failed(stack: RunningStack) -> None:
    async with stack.client() as client:
        asked = Asked(stack, client)
        fails = f"[[sim: status=400 times=1 key={asked.mark}]] [[sim: text=late rate=0]]"
        nodes = [speaker("a", "a-said"), speaker("b", "b-said"), speaker("c", "c-said")]
        nodes.insert(2, node("bad", "agent", instructions=fails))
        ways = [edge("a", "b"), edge("b", "bad"), edge("bad", "c")]
        parent = await asked.run(drawing(nodes, ways))
        assert parent.status == "failed"
        before = await asked.calls()
        told = await client.runs.retry(parent.run_id, wait=60)
        again = await client.runs.get(told.run_id)
        assert (again.status, again.output) == ("completed", "c-said")
        assert await asked.calls() - before == 2
        assert [each.node for each in told.kept] == ["a", "b"]
        with pytest.raises(ConflictError) as refused:
            await client.runs.retry(told.run_id)
        assert refused.value.code == "nothing_to_retry"
        listed = await eventually(lambda: forks_of(client, parent.run_id))
        assert [run.run_id for run in listed] == [told.run_id]
        assert listed[0].forked_from is not None
        assert listed[0].forked_from.run == parent.run_id


async def forks_of(client: Penstock, run: str) -> list[Run]:
    return [each async for each in client.runs.forks(run)]


async def test_what_is_changed_runs_again_with_what_follows(stack: RunningStack) -> None:
    async with stack.client() as client:
        asked = Asked(stack, client)
        flow = drawing(
            [
                speaker("free", "free-said"),
                node("tone", "template", template="Be {{variables.tone}}."),
                speaker("write", "wrote"),
                speaker("check", "checked"),
            ],
            [edge("tone", "write"), edge("write", "check")],
        )
        parent = await asked.run(flow, variables={"tone": "dry"})
        script = f"{asked.mark} [[sim: text=rhymed rate=0]]"
        told, fork, calls = await asked.fork(parent, overrides={"check": {"instructions": script}})
        assert (fork.outputs["check"], calls) == ("rhymed", 1)
        assert [each.node for each in told.rerun] == ["check"]
        told, fork, calls = await asked.fork(parent, variables={"tone": "wet"})
        assert (sorted(each.node for each in told.kept), calls) == (["free"], 2)
        assert (await client.runs.output(fork.run_id, step(fork, "tone"))) == "Be wet."
        told, fork, calls = await asked.fork(parent, input=f"about ebb {asked.mark}")
        assert (sorted(each.node for each in told.rerun), calls) == (["free"], 1)
        assert fork.input == f"about ebb {asked.mark}"


def step(run: Run, name: str) -> int:
    return next(each.step for each in run.steps if each.node == name)


async def test_a_fork_of_the_latest_version_runs_what_was_changed_there(
    stack: RunningStack,
) -> None:
    async with stack.client() as client, stack.http() as http:
        asked = Asked(stack, client)
        mark = asked.mark
        first = drawing([speaker("a", f"a-{mark}"), speaker("b", "old")], [edge("a", "b")])
        later = drawing([speaker("a", f"a-{mark}"), speaker("b", "new")], [edge("a", "b")])
        made = (await http.post("pipelines", json={"name": mark, "flow": first})).json()
        accepted = await client.runs.create(pipeline_id=made["id"], input=mark, wait=60)
        parent = await client.runs.get(accepted.run_id)
        await http.put(f"pipelines/{made['id']}", json={"name": mark, "flow": later})
        told, fork, _ = await asked.fork(parent, version="latest")
        assert ([each.node for each in told.kept], fork.output) == (["a"], "new")
        told, back, _ = await asked.fork(fork, version=str(parent.pipeline_version))
        assert ([each.node for each in told.kept], back.output) == (["a"], "old")
        assert back.pipeline_version == parent.pipeline_version
        with pytest.raises(Exception, match="never had a version"):
            await client.runs.fork(parent.run_id, [], version="ab" * 32)


async def test_an_approval_is_asked_again_by_a_fork_and_kept_by_a_retry(
    stack: RunningStack,
) -> None:
    async with stack.client() as client:
        asked = Asked(stack, client)
        fails = f"[[sim: status=400 times=1 key={asked.mark}]] [[sim: text=late rate=0]]"
        nodes = [speaker("a", "a-said"), node("ok", "approval")]
        nodes.append(node("bad", "agent", instructions=fails))
        flow = drawing(nodes, [edge("a", "ok"), edge("ok", "bad", "approved")])
        accepted = await client.runs.create(flow=flow, input=asked.mark)
        await eventually(lambda: waits(client, accepted.run_id))
        await client.runs.decide(accepted.run_id, 1, "approve", comment="go on")
        parent = await eventually(lambda: over(client, accepted.run_id))
        assert parent.status == "failed"
        forked = await client.runs.fork(parent.run_id, ["bad"])
        assert [each.node for each in forked.kept] == ["a"]
        await eventually(lambda: waits(client, forked.run_id))
        assert await texts_by_link(stack, forked.run_id, 1) == ["a-said"]
        await client.runs.cancel(forked.run_id, wait=60)
        told = await client.runs.retry(parent.run_id, wait=60)
        again = await client.runs.get(told.run_id)
        assert (again.status, again.output) == ("completed", "late")
        approval = again.steps[1].approval
        assert approval is not None
        assert (approval.decision, approval.comment) == ("approve", "go on")
        assert approval.decided_in == parent.run_id
        assert approval.decided_by


async def texts_by_link(stack: RunningStack, run: str, step: int) -> list[str]:
    """What the holder of a link to a question is shown, to decide."""
    async with stack.http() as http:
        url = (await http.post(f"runs/{run}/steps/{step}/link")).json()["url"]
        body = {"link": url.partition("#link=")[2]}
        question = (await http.post("links/question", json=body)).json()
    return [given["text"] for given in question["given"]]


async def waits(client: Penstock, run: str) -> bool:
    return (await client.runs.get(run)).status == "waiting"


async def over(client: Penstock, run: str) -> Run | None:
    found = await client.runs.get(run)
    return found if found.status in ("completed", "failed", "cancelled") else None


async def test_a_run_that_is_not_over_and_steps_that_are_not_there_are_refused(
    stack: RunningStack,
) -> None:
    async with stack.client() as client:
        asked = Asked(stack, client)
        waiting = await client.runs.create(flow=drawing([node("ok", "approval")]), input="x")
        with pytest.raises(ConflictError) as living:
            await client.runs.fork(waiting.run_id, [0])
        assert living.value.code == "run_not_over"
        await client.runs.cancel(waiting.run_id, wait=60)
        parent = await asked.run(chain())
        misnamed: list[dict[str, Any]] = [
            {"from_steps": ["nobody"]},
            {"from_steps": [9]},
            {"until_steps": [-1]},
        ]
        for wrong in misnamed:
            steps = wrong.pop("from_steps", [])
            with pytest.raises(RejectedError, match="expected a step from 0 to 2"):
                await client.runs.fork(parent.run_id, steps, **wrong)
        with pytest.raises(RejectedError, match="the id of a node"):
            await client.runs.fork(parent.run_id, [], overrides={"nobody": {"model": "x"}})
        with pytest.raises(RejectedError, match="variables of at most 64 KiB"):
            await client.runs.fork(parent.run_id, [], variables={"a": "b" * (65 << 10)})
        large = {"plan": {"instructions": "x" * (8 << 20)}}
        with pytest.raises(RejectedError, match="a flow of at most 8 MiB"):
            await client.runs.fork(parent.run_id, [], overrides=large)
        with pytest.raises(RejectedError, match="settings of the node itself"):
            await client.runs.fork(parent.run_id, [], overrides={"plan": {"agent_id": "x"}})
        with pytest.raises(RejectedError, match='of no pipeline, found the text "latest"'):
            await client.runs.fork(parent.run_id, [], version="latest")


async def test_a_dry_run_says_what_would_be_kept_and_stores_nothing(stack: RunningStack) -> None:
    async with stack.client() as client:
        asked = Asked(stack, client)
        parent = await asked.run(chain())
        plan = await client.runs.plan_fork(parent.run_id, ["write"])
        assert [(each.step, each.node) for each in plan.kept] == [(0, "plan")]
        assert [each.node for each in plan.rerun] == ["write", "check"]
        assert plan.forked_from.from_steps == (1,)
        marker, _, calls = await asked.fork(parent, "check")
        listed = await eventually(lambda: forks_of(client, parent.run_id))
        assert [run.run_id for run in listed] == [marker.run_id]
        assert calls == 1


async def test_a_fork_may_end_before_its_flow_does(stack: RunningStack) -> None:
    async with stack.client() as client:
        asked = Asked(stack, client)
        parent = await asked.run(chain())
        _, fork, calls = await asked.fork(parent, "plan", until_steps=["write"])
        assert (fork.status, calls) == ("completed", 2)
        assert fork.outputs == {"write": "write-said"}
        assert fork.output == "write-said"
        assert [each.status for each in fork.steps] == ["completed", "completed", "skipped"]
        _, whole, calls = await asked.fork(fork)
        assert (whole.outputs, calls) == (parent.outputs, 1)


async def test_the_same_key_gives_the_same_fork(stack: RunningStack) -> None:
    async with stack.client() as client:
        asked = Asked(stack, client)
        parent, other = await asked.run(chain()), await asked.run(chain())
        key = uuid4().hex
        first = await client.runs.fork(parent.run_id, ["check"], idempotency_key=key)
        again = await client.runs.fork(parent.run_id, ["check"], idempotency_key=key)
        assert first.run_id == again.run_id
        for run, steps in ((parent, ["write"]), (other, ["check"])):
            with pytest.raises(ConflictError):
                await client.runs.fork(run.run_id, steps, idempotency_key=key)


async def test_a_run_that_has_left_the_log_is_forked_from_postgres(stack: RunningStack) -> None:
    async with stack.client() as client:
        asked = Asked(stack, client)
        parent = await asked.run(chain())
        await eventually(lambda: is_listed(client, parent.run_id))
        async with connect(stack.nats_url("projector"), name="projector") as log:
            entries = await log.read_on("default", parent.run_id, after=0)
            await log.delete([entry.sequence for entry in entries])
        _, fork, calls = await asked.fork(parent, "check")
        assert (fork.status, fork.outputs, calls) == ("completed", parent.outputs, 1)


async def is_listed(client: Penstock, run: str) -> bool:
    found = {each.run_id: each.status async for each in client.runs.list()}
    return found.get(run) == "completed"


async def test_outputs_of_20_mb_are_kept(stack: RunningStack) -> None:
    async with stack.client() as client, stack.http() as http:
        asked = Asked(stack, client)
        large = "tide " * (4 << 20)
        flow = drawing(
            [node("in", "input"), node("big", "template"), node("own", template="small")],
            [edge("in", "big"), edge("big", "own")],
        )
        accepted = await client.runs.create(flow=flow, input=large, wait=PATIENCE_SECONDS)
        parent = await client.runs.get(accepted.run_id)
        assert parent.status == "completed"
        _, fork, _ = await asked.fork(parent, "own")
        assert (fork.status, fork.output) == ("completed", "small")
        assert [each.kept for each in fork.steps] == [True, True, False]
        kept = await http.get(f"runs/{fork.run_id}/steps/1/output")
        assert len(kept.content) == 20 << 20
        assert kept.text == large
