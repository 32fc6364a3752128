"""What a run waits for, of which nothing is under way: one sentence, and a word for programs.

The first of these that is so: a person, who can do something about it, stands before what passes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from services.api.runs.reading import RunRead
from services.api.runs.wait_model import WaitingFor
from shared.log.queues import is_limited
from shared.run.state import Stage

_LIMIT = "rate_limited"


class ServedPools(NamedTuple):
    """The pools that living workers have slots for, as far as they are heard of."""

    names: Callable[[], Collection[str]]


class PendingStep(NamedTuple):
    """A step that has begun and is not over, by the name that people call it.

    `until` is when its question ends, or it is tried again; `error` the code of why it failed.
    """

    name: str
    stage: Stage
    pool: str | None
    is_worked_on: bool = False
    is_limited: bool = False
    until: datetime | None = None
    error: str | None = None


class LivingRun(NamedTuple):
    """As much of a run that is to go on as tells what it waits for; `start_at` is still to come."""

    start_at: datetime | None
    steps: Sequence[PendingStep]


_Rule = Callable[[PendingStep, Collection[str] | None], WaitingFor | None]


def waiting_for(read: RunRead, served: Collection[str] | None) -> WaitingFor | None:
    """What the run waits for, None if it goes on or is over.

    `served` are the pools that workers live for; None if nothing is known of workers.
    """
    state, asked = read.state, read.requested
    if state.ended is not None or state.stop is not None or state.cancel_requested:
        return None
    start_at = None if state.start_due or asked.start_at is None else asked.start_at
    moment = None if start_at is None else datetime.fromisoformat(start_at)
    return reason_of(LivingRun(moment, list(_pending(read))), served)


def reason_of(run: LivingRun, served: Collection[str] | None) -> WaitingFor | None:
    """The same of a run that is neither over nor to stop."""
    if (at := run.start_at) is not None:
        return WaitingFor(kind="timer", text=f"It starts at {_told(at)}.", until=at)
    if any(_is_under_way(step, served) for step in run.steps):
        return None
    found = (rule(step, served) for rule in _RULES for step in run.steps)
    return next((each for each in found if each is not None), None)


def _pending(read: RunRead) -> Iterator[PendingStep]:
    limited = is_limited(read.requested.queue)
    for number, now in sorted(read.state.steps.items()):
        step, until = read.flow.steps[number], None
        attempt = read.last_attempt(number)
        if now.stage is Stage.WAITING and attempt is not None and attempt.approval is not None:
            until = attempt.approval.expires_at
        if now.stage is Stage.RETRYING and now.since is not None:
            until = now.since + timedelta(seconds=now.delay_seconds)
        yield PendingStep(
            name=step.label or step.node,
            stage=now.stage,
            pool=step.pool,
            is_worked_on=now.is_worked_on,
            is_limited=limited,
            until=until,
            error=None if now.error is None else now.error.code,
        )


def _person(on: PendingStep, served: Collection[str] | None) -> WaitingFor | None:
    if on.stage is not Stage.WAITING:
        return None
    return WaitingFor(kind="person", text=f"A person is to decide at {on.name}.", until=on.until)


def _worker(on: PendingStep, served: Collection[str] | None) -> WaitingFor | None:
    if not _is_ready(on) or served is None or on.pool in served:
        return None
    text = f"No worker lives that serves pool {on.pool}, where {on.name} waits."
    return WaitingFor(kind="worker", text=text)


def _workspace(on: PendingStep, served: Collection[str] | None) -> WaitingFor | None:
    if not _is_ready(on) or not on.is_limited:
        return None
    text = f"As many steps of this workspace as may be are under way: {on.name} waits."
    return WaitingFor(kind="workspace_limit", text=text)


def _provider(on: PendingStep, served: Collection[str] | None) -> WaitingFor | None:
    until = _next_at(on)
    if until is None or on.error != _LIMIT:
        return None
    text = f"It waits for the limit of {on.name}'s provider to be over, until {_told(until)}."
    return WaitingFor(kind="provider_limit", text=text, until=until)


def _retry(on: PendingStep, served: Collection[str] | None) -> WaitingFor | None:
    until = _next_at(on)
    if until is None:
        return None
    text = f"{on.name} failed and is tried again at {_told(until)}."
    return WaitingFor(kind="timer", text=text, until=until)


_RULES: Sequence[_Rule] = (_person, _worker, _workspace, _provider, _retry)


def _is_under_way(on: PendingStep, served: Collection[str] | None) -> bool:
    if on.is_worked_on or not _is_ready(on):
        return on.is_worked_on
    return not (_worker(on, served) or _workspace(on, served))


def _is_ready(on: PendingStep) -> bool:
    return on.stage in (Stage.READY, Stage.EXECUTING)


def _next_at(on: PendingStep) -> datetime | None:
    return on.until if on.stage is Stage.RETRYING else None


def _told(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
