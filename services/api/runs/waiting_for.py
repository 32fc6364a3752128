"""What a run waits for, of which nothing is under way: one sentence, and a word for programs.

The first of these that is so: a person, who can do something about it, stands before what passes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from services.api.runs.reading import RunRead
from services.api.runs.wait_model import WaitingFor
from shared.flow import Step
from shared.log.queues import is_limited
from shared.run.state import Stage, StepState

_LIMIT = "rate_limited"


class ServedPools(NamedTuple):
    """The pools that living workers have slots for, as far as they are heard of."""

    names: Callable[[], Collection[str]]


class _Waiting(NamedTuple):
    step: Step
    now: StepState


_Rule = Callable[[RunRead, _Waiting, Collection[str] | None], WaitingFor | None]


def waiting_for(read: RunRead, served: Collection[str] | None) -> WaitingFor | None:
    """What the run waits for, None if it goes on or is over.

    `served` are the pools that workers live for; None if nothing is known of workers.
    """
    state, asked = read.state, read.requested
    if state.ended is not None or state.stop is not None or state.cancel_requested:
        return None
    if asked.start_at is not None and not state.start_due:
        at = datetime.fromisoformat(asked.start_at)
        return WaitingFor(kind="timer", text=f"It starts at {_told(at)}.", until=at)
    waiting = [_Waiting(read.flow.steps[n], now) for n, now in sorted(state.steps.items())]
    if any(_is_under_way(read, each, served) for each in waiting):
        return None
    found = (rule(read, each, served) for rule in _RULES for each in waiting)
    return next((each for each in found if each is not None), None)


def _person(read: RunRead, on: _Waiting, served: Collection[str] | None) -> WaitingFor | None:
    if on.now.stage is not Stage.WAITING:
        return None
    attempt = read.last_attempt(on.step.number)
    asked = None if attempt is None else attempt.approval
    until = None if asked is None else asked.expires_at
    return WaitingFor(kind="person", text=f"A person is to decide at {_name(on)}.", until=until)


def _worker(read: RunRead, on: _Waiting, served: Collection[str] | None) -> WaitingFor | None:
    if not _is_ready(on) or served is None or on.step.pool in served:
        return None
    text = f"No worker lives that serves pool {on.step.pool}, where {_name(on)} waits."
    return WaitingFor(kind="worker", text=text)


def _workspace(read: RunRead, on: _Waiting, served: Collection[str] | None) -> WaitingFor | None:
    if not _is_ready(on) or not is_limited(read.requested.queue):
        return None
    text = f"As many steps of this workspace as may be are under way: {_name(on)} waits."
    return WaitingFor(kind="workspace_limit", text=text)


def _provider(read: RunRead, on: _Waiting, served: Collection[str] | None) -> WaitingFor | None:
    until = _next_at(on)
    if until is None or on.now.error is None or on.now.error.code != _LIMIT:
        return None
    text = f"It waits for the limit of {_name(on)}'s provider to be over, until {_told(until)}."
    return WaitingFor(kind="provider_limit", text=text, until=until)


def _retry(read: RunRead, on: _Waiting, served: Collection[str] | None) -> WaitingFor | None:
    until = _next_at(on)
    if until is None:
        return None
    text = f"{_name(on)} failed and is tried again at {_told(until)}."
    return WaitingFor(kind="timer", text=text, until=until)


_RULES: Sequence[_Rule] = (_person, _worker, _workspace, _provider, _retry)


def _is_under_way(read: RunRead, on: _Waiting, served: Collection[str] | None) -> bool:
    if on.now.is_worked_on or not _is_ready(on):
        return on.now.is_worked_on
    return not (_worker(read, on, served) or _workspace(read, on, served))


def _is_ready(on: _Waiting) -> bool:
    return on.now.stage in (Stage.READY, Stage.EXECUTING)


def _next_at(on: _Waiting) -> datetime | None:
    if on.now.stage is not Stage.RETRYING or on.now.since is None:
        return None
    return on.now.since + timedelta(seconds=on.now.delay_seconds)


def _name(on: _Waiting) -> str:
    return on.step.label or on.step.node


def _told(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
