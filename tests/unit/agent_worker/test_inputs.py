"""What a template may ask for, and what the log says of it, perhaps not yet."""

from __future__ import annotations

import pytest

from services.agent_worker.inputs import Inputs
from services.agent_worker.shares import Shares
from shared.errors import Unavailable
from shared.log.memory import MemoryLog
from shared.run import facts as f
from shared.run.content import ContentRef
from tests.unit.flow.drawing import drawing, edge, flow_of, node
from tests.unit.run.tale import IDENTITY

ASKED = "{{nodes.ok.output}}"
FLOW = flow_of(
    drawing(
        [node("a"), node("ok", "approval"), node("b"), node("c", template=ASKED)],
        [edge("a", "ok"), edge("ok", "b", "approved"), edge("b", "c")],
    )
)


def at(name: str) -> dict[str, object]:
    return {**IDENTITY, "step": FLOW.step_of(name).number, "node": name, "attempt": 1}


async def asked_for(store: MemoryLog) -> str:
    requested = f.RunRequested(**IDENTITY, flow=FLOW.version)
    ready = f.StepReady.model_validate({**at("c"), "kind": "template", "pool": "local"})
    inputs = Inputs(store, FLOW, requested, 0, Shares().of(ready, requested))
    step = FLOW.step_of("c")
    return (await inputs.outputs(step, {}, inputs.pieces(step)))["ok"]


async def test_a_word_of_the_scheduler_that_is_still_on_its_way_is_not_taken_for_none() -> None:
    store = MemoryLog()
    await store.append(f.StepCompleted.model_validate({**at("a"), "output": "text"}))
    with pytest.raises(Unavailable):
        await asked_for(store)
    carried = {"content": (ContentRef(step=FLOW.step_of("a").number, attempt=1),)}
    await store.append(f.StepCompleted.model_validate({**at("ok"), **carried}))
    assert await asked_for(store) == "text"


async def test_a_skipped_step_has_no_text() -> None:
    store = MemoryLog()
    skipped = {key: value for key, value in at("ok").items() if key != "attempt"}
    await store.append(f.StepSkipped.model_validate(skipped))
    assert await asked_for(store) == ""
