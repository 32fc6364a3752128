"""One finished model turn, and what the turns so far amount to.

end_turn, stop_sequence                     the answer is whole
max_tokens, model_context_window_exceeded   the answer is cut off, and is the output
pause_turn                                  ask again, with the turn sent back unchanged
tool_use                                    ask again, with what the tools answered, if it has any
refusal, anything unknown                   the attempt failed
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.agent_worker.outcome import NO_USAGE, Failure, Output
from shared.flow.defaults import MOST_TURNS
from shared.run.content import Cause, Usage
from shared.run.facts import StepTurn
from shared.run.spoken import spoken_in

WHOLE = frozenset({"end_turn", "stop_sequence"})
PAUSED, CALLS = "pause_turn", "tool_use"
CUT_OFF = frozenset({"max_tokens", "model_context_window_exceeded"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What the model said in one call, as text and as the provider wants it back, and why it ended.

    `content` is the provider's own: nobody else reads it.
    """

    text: str
    content: str
    model: str
    stop_reason: str | None
    stop_detail: str | None = None
    usage: Usage = NO_USAGE


def turn_of(fact: StepTurn, text: str | None, content: str) -> Turn:
    """The turn a fact recorded, its bodies fetched; `text` is None in one of version 1.

    Raises: Corrupt.
    """
    return Turn(
        text=spoken_in(content) if text is None else text,
        content=content,
        model=fact.model,
        stop_reason=fact.stop_reason,
        stop_detail=fact.stop_detail,
        usage=fact.usage,
    )


def text_of(turns: Sequence[Turn]) -> str:
    """The answer text of all turns."""
    return "".join(turn.text for turn in turns)


def usage_of(turns: Sequence[Turn]) -> Usage:
    """What all turns used."""
    total = Usage()
    for turn in turns:
        total = total.plus(turn.usage)
    return total


def outcome_of(
    turns: Sequence[Turn], most: int = MOST_TURNS, *, has_tools: bool = False
) -> Output | Failure | None:
    """How the attempt ends after these turns, of which there may be so many; None if the model has
    to be asked again. `has_tools`: there are some that the worker calls."""
    if not turns:
        return None
    last = turns[-1]
    if last.stop_reason in WHOLE or last.stop_reason in CUT_OFF:
        return Output(
            text=text_of(turns),
            usage=usage_of(turns),
            model=last.model,
            stop_reason=last.stop_reason,
            truncated=last.stop_reason in CUT_OFF,
        )
    goes_on = last.stop_reason == PAUSED or (last.stop_reason == CALLS and has_tools)
    if goes_on and len(turns) < most:
        return None
    cause = _too_many(most) if goes_on else _cause(last)
    return Failure(cause=cause, usage=usage_of(turns), model=last.model)


def _too_many(most: int) -> Cause:
    message = f"the model took {most} turns, the most it may, without an end to its answer"
    return Cause(code="too_many_turns", message=message)


def _cause(last: Turn) -> Cause:
    match last.stop_reason:
        case "refusal":
            why = f": {last.stop_detail}" if last.stop_detail else ""
            return Cause(code="refusal", message=f"the model refused to answer{why}")
        case "tool_use":
            message = "the model called a tool, and was offered none"
            return Cause(code="unexpected_tool_use", message=message)
    message = f"the model stopped for a reason unknown here: {last.stop_reason}"
    return Cause(code="unknown_stop_reason", message=message)
