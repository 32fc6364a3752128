"""What a fact says was used: told in one place, for the heart, the read model and the api."""

from typing import Any

import pytest

from shared.run import facts as f
from shared.run.content import Cause, Receipt, Usage
from shared.run.meaning import MEANING
from shared.run.used import ALTOGETHER, Used, used_by

USAGE = Usage(input_tokens=3, output_tokens=4)
STEP: dict[str, Any] = {
    "workspace": "default", "run": "r", "partition": 0, "step": 1, "node": "n", "attempt": 2,
}  # fmt: skip
TELLING = (
    f.StepTurn(
        **STEP, turn=5, execution=1, model="m", content="[]", text="", provider="p", usage=USAGE
    ),
    f.StepCompleted(**STEP, execution=1, output="", model="m", usage=USAGE),
    f.StepFailed(**STEP, execution=1, model="m", error=Cause(code="c", message="m"), usage=USAGE),
    f.StepCancelled(**STEP, execution=1, model="m", receipt=Receipt(usage=USAGE)),
)


@pytest.mark.parametrize("fact", TELLING, ids=lambda fact: fact.type)
def test_a_turn_says_its_part_and_an_outcome_all(fact: f.RunFact) -> None:
    turn = fact.turn if isinstance(fact, f.StepTurn) else ALTOGETHER
    assert used_by(fact) == Used(turn, "m", USAGE)


def test_every_type_that_can_tell_is_asked() -> None:
    can_tell = {kind for kind in MEANING if kind.model_fields.keys() & {"usage", "receipt"}}
    assert can_tell == {type(fact) for fact in TELLING}
    assert used_by(f.RunStarted(workspace="default", run="r", partition=0)) is None
