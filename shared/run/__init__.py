"""The heart: a run as a pure value. Facts go in, what is owed comes out.

facts -> evolve -> state -> owed -> facts
"""

from shared.run.evolve import evolve, fold
from shared.run.fork import Fork, Plan, keep, plan_of, unfinished
from shared.run.kept import NOTHING_KEPT, Kept, KeptStep, body_of, kept_in
from shared.run.owed import (
    Timer,
    facts_owed,
    needs_history,
    owed,
    reads_back,
    standing,
    timers_of,
    waits_for_answers,
)
from shared.run.state import RunState, Stage, StepState, initial
from shared.run.status import RunStatus, StepStatus, status_of, step_status_of
from shared.run.wire import Recorded, UnknownFact, decode, encode

__all__ = [
    "NOTHING_KEPT",
    "Fork",
    "Kept",
    "KeptStep",
    "Plan",
    "Recorded",
    "RunState",
    "RunStatus",
    "Stage",
    "StepState",
    "StepStatus",
    "Timer",
    "UnknownFact",
    "body_of",
    "decode",
    "encode",
    "evolve",
    "facts_owed",
    "fold",
    "initial",
    "keep",
    "kept_in",
    "needs_history",
    "owed",
    "plan_of",
    "reads_back",
    "standing",
    "status_of",
    "step_status_of",
    "timers_of",
    "unfinished",
    "waits_for_answers",
]
