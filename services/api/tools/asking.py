"""Workers asked to go out for the api, which never does."""

from __future__ import annotations

from starlette.requests import Request

from services.api.http.parts import part
from services.api.http.problems import Refused
from shared.errors import TooLarge
from shared.log import Log
from shared.log.errands import LARGEST_BYTES, Answered, NotTaken, Unanswered
from shared.tools.errands import CallErrand, ListErrand


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


async def ask_worker(request: Request, errand: CallErrand | ListErrand) -> bytes | None:
    """The answer of a worker; None where one took the errand and never answered.

    Raises: NoWorker, WorkersBusy, TooLarge, Unavailable.
    """
    question = errand.model_dump_json().encode()
    if len(question) > LARGEST_BYTES:
        most = LARGEST_BYTES >> 10
        raise TooLarge(f"expected a tool and an input of at most {most} KiB together, got more")
    match await part(request, Log).errands.ask(question):
        case Answered(answer):
            return answer
        case Unanswered():
            return None
        case NotTaken("busy"):
            raise WorkersBusy("The worker that was asked is busy with such calls: try again soon.")
        case NotTaken():
            raise NoWorker("Tools are called by workers, and none answers: see GET /health/ready.")
