"""The heart: a run as a pure value. Facts go in, what is owed comes out.

facts -> evolve -> state -> owed -> facts
"""

from shared.run.evolve import evolve, fold
from shared.run.owed import (
    Timer,
    facts_owed,
    needs_history,
    owed,
    reads_back,
    standing,
    timers_of,
)
from shared.run.state import RunState, Stage, StepState, initial
from shared.run.status import RunStatus, StepStatus, status_of, step_status_of
from shared.run.wire import Recorded, UnknownFact, decode, encode

__all__ = [
    "Recorded",
    "RunState",
    "RunStatus",
    "Stage",
    "StepState",
    "StepStatus",
    "Timer",
    "UnknownFact",
    "decode",
    "encode",
    "evolve",
    "facts_owed",
    "fold",
    "initial",
    "needs_history",
    "owed",
    "reads_back",
    "standing",
    "status_of",
    "step_status_of",
    "timers_of",
]
