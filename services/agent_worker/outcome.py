"""How an execution may end: closed, one class each."""

from dataclasses import dataclass
from typing import TypeAlias

from services.agent_worker.limits import ProviderLimited
from shared.errors import AttemptFailed
from shared.run.content import Cause, CitationAt, ContentRef, Receipt, Usage

NO_USAGE = Usage()


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """It succeeded with this text; `content` names the facts that carry it already."""

    text: str
    content: tuple[ContentRef, ...] | None = None
    usage: Usage = NO_USAGE
    model: str | None = None
    stop_reason: str | None = None
    truncated: bool = False
    branches: tuple[str, ...] | None = None
    is_json: bool = False
    citations: tuple[CitationAt, ...] = ()
    citations_left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """It failed, having used these tokens; one that is not `counted` was refused for a limit."""

    cause: Cause
    usage: Usage = NO_USAGE
    model: str | None = None
    counted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Aborted:
    """It was stopped on the way, because the run is stopping."""

    receipt: Receipt
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Released:
    """It was left off, because this worker stops: another one takes it up."""


Ended: TypeAlias = Output | Failure | Aborted
Outcome: TypeAlias = Ended | Released


def failure_of(error: AttemptFailed, usage: Usage = NO_USAGE, model: str | None = None) -> Failure:
    """The failure that an error of the attempt is, and what was used by then."""
    cause = Cause(
        code=error.code,
        message=str(error),
        retryable=error.retry,
        retry_after_seconds=error.retry_after_seconds,
    )
    counted = not isinstance(error, ProviderLimited)
    return Failure(cause=cause, usage=usage, model=model, counted=counted)


def failure(code: str, message: str) -> Failure:
    """A failure that no retry can mend."""
    return Failure(cause=Cause(code=code, message=message))
