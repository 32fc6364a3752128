"""Workers asked to go out for the api, which never does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final

from starlette.requests import Request

from services.api.http.parts import part
from services.api.http.problems import Refused
from shared.errors import TooLarge
from shared.log import Log
from shared.log.errands import LARGEST_BYTES, Answered, NotTaken, Unanswered
from shared.tools.errands import CallErrand, ListErrand

MOST_AT_ONCE: Final = 4
"""Of one workspace, by one api: a quarter of what one worker takes."""


class NoWorker(Refused):
    """No worker takes errands: none runs, or those that do are of an earlier version."""

    code = "no_worker"
    status = 503
    retry = True


class WorkersBusy(Refused):
    """The worker that was asked has as many errands as it may have at once."""

    code = "workers_busy"
    status = 503
    retry = True


class TooManyErrands(Refused):
    """The workspace has as many tools called and servers asked by this api as it may at once."""

    code = "errands_limit"
    status = 429
    headers = MappingProxyType({"retry-after": "5"})


class UnderWay:
    """What workers were asked for and have not answered yet, by workspace."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    @contextmanager
    def one_more(self, workspace: str) -> Iterator[None]:
        """While the block lasts there is one more. Raises: TooManyErrands."""
        if self._counts[workspace] >= MOST_AT_ONCE:
            raise TooManyErrands(
                f"expected at most {MOST_AT_ONCE} calls of tools of a workspace at once, outside "
                "of runs: ask again when one has ended"
            )
        self._counts[workspace] += 1
        try:
            yield
        finally:
            self._counts[workspace] -= 1
            if not self._counts[workspace]:
                del self._counts[workspace]


async def ask_worker(request: Request, errand: CallErrand | ListErrand) -> bytes | None:
    """The answer of a worker; None where one took the errand and never answered.

    Raises: NoWorker, WorkersBusy, TooManyErrands, TooLarge, Unavailable.
    """
    question = errand.model_dump_json().encode()
    if len(question) > LARGEST_BYTES:
        most = LARGEST_BYTES >> 10
        raise TooLarge(f"expected a tool and an input of at most {most} KiB together, got more")
    with part(request, UnderWay).one_more(errand.workspace):
        came = await part(request, Log).errands.ask(question)
    match came:
        case Answered(answer):
            return answer
        case Unanswered():
            return None
        case NotTaken("busy"):
            raise WorkersBusy("The worker that was asked is busy with such calls: try again soon.")
        case NotTaken():
            raise NoWorker("Tools are called by workers, and none answers: see GET /health/ready.")


REFUSALS: Final = (NoWorker, WorkersBusy, TooManyErrands)
"""What a call refuses that has a worker go out."""
