"""What lets a person decide, and what was faster: by the log's order alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.api.runs.decide import refusal_of
from shared.run import Recorded
from shared.run import facts as f
from shared.run.content import Cause
from tests.unit.flow.drawing import drawing, flow_of, node
from tests.unit.run.tale import DAWN, IDENTITY

FLOW = flow_of(drawing([node("ok", "approval"), node("t")]))
ASKED = FLOW.step_of("ok")
AT = {**IDENTITY, "step": ASKED.number, "node": "ok", "attempt": 1}
WAITING = f.StepWaiting(**AT)
DECIDED = f.StepDecided(**AT, decision="approve", decided_by="ann", comment="fine")
DUE = f.StepDue(**AT, purpose="approval")
CANCEL = f.RunCancelRequested(**IDENTITY)
DEADLINE = f.RunDeadlineReached(**IDENTITY)
STOPPING = f.RunStopping(**IDENTITY, reason="failed")
FAILED = f.RunFailed(**IDENTITY, error=Cause(code="x", message="y"))


def code_of(*facts: f.Lifecycle) -> str | None:
    recorded = [
        Recorded(fact=fact, sequence=n, time=DAWN + timedelta(seconds=n))
        for n, fact in enumerate(facts, 1)
    ]
    refusal = refusal_of(ASKED, recorded)
    return None if refusal is None else refusal.code


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ((WAITING,), None),
        ((), "step_not_waiting"),
        ((WAITING, DECIDED), "already_decided"),
        ((WAITING, DECIDED, DUE), "already_decided"),
        ((WAITING, DUE, DECIDED), "approval_timed_out"),
        ((WAITING, CANCEL, DECIDED), "run_stopping"),
        ((WAITING, DECIDED, CANCEL, STOPPING), "already_decided"),
        ((WAITING, DEADLINE, DECIDED), "run_stopping"),
        ((WAITING, STOPPING, FAILED), "run_finished"),
        ((WAITING, FAILED), "run_finished"),
        ((WAITING, DECIDED, FAILED), "already_decided"),
        ((CANCEL, WAITING), "run_stopping"),
    ],
)
def test_what_the_log_has_first_counts(facts: tuple[f.Lifecycle, ...], code: str | None) -> None:
    assert code_of(*facts) == code


def test_a_refusal_names_who_decided_what_and_when() -> None:
    recorded = [Recorded(fact=DECIDED, sequence=7, time=DAWN)]
    refusal = refusal_of(ASKED, recorded)
    assert refusal is not None
    assert str(refusal) == f"ann was first: approve, at {DAWN.isoformat()}."
    assert refusal.members == {
        "decision": "approve",
        "comment": "fine",
        "decided_by": "ann",
        "decided_at": DAWN.isoformat(),
    }


def test_a_step_that_never_asks_is_named_by_its_kind() -> None:
    refusal = refusal_of(FLOW.step_of("t"), [])
    assert refusal is not None
    assert "of kind template" in str(refusal)
