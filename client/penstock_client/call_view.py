"""The calls of tools in an attempt, as a reader knows them: folded from two facts a call.

    tool.called     the call begins; told again where it was lost and is made once more
    tool.returned   what came of it; the first one stands. Alone, the call was refused

A call is known by its turn and its place in it. Both facts count whatever their execution: each
is recorded once, and what has returned is told to the model of every later execution.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace

from penstock_client.event import Data, integer_in


@dataclass(frozen=True, slots=True, kw_only=True)
class CallView:
    """One call: place `index` (from 0) of turn `turn` (from 1).

    `input` is the JSON text of its arguments, None if it was refused before it was made. It and
    `output` may be `{"blob", "size_bytes", "url"}`, where they are too large for an event.
    `times` is how often it was begun. `outcome` is `ok`, `error` or `unknown`, None until then.
    """

    turn: int
    index: int
    tool: str
    call_id: str = ""
    input: str | Data | None = None
    times: int = 0
    outcome: str | None = None
    output: str | Data | None = None
    error: Data | None = None
    seconds: float = 0.0
    is_cut: bool = False

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands among the calls of its attempt."""
        return self.turn, self.index


def after_called(calls: tuple[CallView, ...], data: Data) -> tuple[CallView, ...]:
    """The calls, in their order, once one of them was begun."""
    call = _known(calls, data)
    if call.outcome is not None:
        return calls
    return _with(calls, replace(call, input=_content(data, "input"), times=call.times + 1))


def after_returned(calls: tuple[CallView, ...], data: Data) -> tuple[CallView, ...]:
    """The calls, in their order, once it is known what came of one of them."""
    call = _known(calls, data)
    if call.outcome is not None:
        return calls
    error, seconds = data.get("error"), data.get("seconds")
    returned = replace(
        call,
        outcome=str(data.get("outcome", "")),
        output=_content(data, "output"),
        error=error if isinstance(error, dict) else None,
        seconds=float(seconds) if isinstance(seconds, int | float) else 0.0,
        is_cut=data.get("cut") is True,
    )
    return _with(calls, returned)


def _known(calls: tuple[CallView, ...], data: Data) -> CallView:
    turn, index = integer_in(data, "turn"), integer_in(data, "index")
    at = _position(calls, (turn, index))
    if at < len(calls) and calls[at].place == (turn, index):
        return calls[at]
    tool, call_id = str(data.get("tool", "")), str(data.get("call_id", ""))
    return CallView(turn=turn, index=index, tool=tool, call_id=call_id)


def _with(calls: tuple[CallView, ...], call: CallView) -> tuple[CallView, ...]:
    at = _position(calls, call.place)
    behind = at + 1 if at < len(calls) and calls[at].place == call.place else at
    return (*calls[:at], call, *calls[behind:])


def _position(calls: tuple[CallView, ...], place: tuple[int, int]) -> int:
    return bisect_left(calls, place, key=lambda call: call.place)


def _content(data: Data, key: str) -> str | Data | None:
    value = data.get(key)
    return value if isinstance(value, str | dict) else None
