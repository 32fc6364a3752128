"""Everything the api refuses, and how a refusal looks: RFC 9457 problem details.

    {"type": "urn:penstock:problem:invalid_flow", "title": "...", "status": 422,
     "code": "invalid_flow", "detail": "...", "problems": [{"code", "message", "nodes"}, ...]}

`code` is stable. Any error of Penstock becomes a problem by its `code` and `status`; what is not
one of ours is `internal`, without details.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from services.api.http.answers import Answer
from services.api.http.models import Problem as ProblemShape
from shared.errors import Corrupt, PenstockError, Rejected, Unavailable
from shared.flow import JSON, Problem

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2
TITLES: Mapping[int, str] = {
    400: "Bad request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    410: "Gone",
    412: "Precondition failed",
    413: "Too large",
    415: "Unsupported media type",
    416: "Range not satisfiable",
    422: "Invalid",
    429: "Too much at once",
    500: "Internal error",
    503: "Unavailable",
    507: "Log full",
}


class Refused(Rejected):
    """A refusal with more to tell: members of the problem besides the usual, and headers."""

    headers: Mapping[str, str] = {}

    def __init__(self, detail: str, **members: JSON) -> None:
        super().__init__(detail)
        self.members: Mapping[str, JSON] = members


class Unauthorized(Refused):
    code = "unauthorized"
    status = 401
    headers = MappingProxyType({"www-authenticate": 'Bearer realm="penstock"'})


class Forbidden(Refused):
    """The token is known, and not allowed this."""

    code = "forbidden"
    status = 403


class OriginRefused(Refused):
    """A page of an origin that is not allowed asked whether it may read."""

    code = "origin_refused"

    @classmethod
    def of(cls, origin: str) -> OriginRefused:
        """Pages of this origin may not read here."""
        return cls(
            f"expected a page of an allowed origin, came one of {origin!r}: to allow it, start the "
            "api with it in PENSTOCK_CORS_ORIGINS"
        )


class MethodNotAllowed(Refused):
    code = "method_not_allowed"
    status = 405

    def __init__(self, detail: str, allow: str) -> None:
        super().__init__(detail, allow=allow)
        self.headers = {"allow": allow}


class BadParameter(Refused):
    """A query parameter or a header that cannot be understood."""

    code = "bad_parameter"


class NotJson(Refused):
    code = "not_json"


class NotForm(Refused):
    code = "not_form"


class UnsupportedMediaType(Refused):
    code = "unsupported_media_type"
    status = 415


class RangeNotSatisfiable(Refused):
    """The bytes asked for are not there. Source: RFC 9110, 15.5.17."""

    code = "range_not_satisfiable"
    status = 416

    def __init__(self, detail: str, size_bytes: int) -> None:
        super().__init__(detail, size_bytes=size_bytes)
        self.headers = {"content-range": f"bytes */{size_bytes}"}


class PreconditionFailed(Refused):
    code = "precondition_failed"
    status = 412

    @classmethod
    def changed(cls) -> PreconditionFailed:
        """What was to be replaced is not what the caller knew."""
        return cls("It was changed since: read it again, then save with its new ETag.")


class RunFinished(Refused):
    """What was asked makes no sense for a run that is over."""

    code = "run_finished"
    status = 409


class RunNotOver(Refused):
    """Only a run that is over can be gone back to."""

    code = "run_not_over"
    status = 409


class NothingToRetry(Refused):
    """Every step of the run completed, or was skipped."""

    code = "nothing_to_retry"
    status = 409


class RunStopping(Refused):
    """What was asked makes no sense for a run that is being stopped."""

    code = "run_stopping"
    status = 409


class AlreadyDecided(Refused):
    """Somebody else decided first; the members say who, when and what.

    `link` names the one-time link it was done by, if it was.
    """

    code = "already_decided"
    status = 409
    link: str | None = None


class ApprovalTimedOut(Refused):
    """The time to decide in is over."""

    code = "approval_timed_out"
    status = 409


class StepNotWaiting(Refused):
    """Nobody is asked anything by this step, or not yet."""

    code = "step_not_waiting"
    status = 409


class BadLink(Refused):
    """A link to a question that was not made here, or not like this."""

    code = "bad_link"
    status = 403


class LinkExpired(Refused):
    """A link to a question whose time is over."""

    code = "link_expired"
    status = 410


class LinkUsed(Refused):
    """A link to a question that was answered by it; the members say what and when."""

    code = "link_used"
    status = 410


class KeyReused(Refused):
    """An Idempotency-Key came with another request before."""

    code = "idempotency_key_reused"
    status = 409


class TooManyTokens(Refused):
    """A workspace has as many good tokens as it may have."""

    code = "too_many_tokens"
    status = 409


class WorkspaceTaken(Refused):
    """A workspace has, or had, this slug."""

    code = "workspace_taken"
    status = 409


class WorkspaceBusy(Refused):
    """Runs of the workspace live."""

    code = "workspace_busy"
    status = 409


class InvalidRequest(Refused):
    """The JSON is not what the call takes; `problems` say where, what was expected and found."""

    code = "invalid_request"
    status = 422


class MissingVariables(Refused):
    code = "missing_variables"
    status = 422


class InvalidFlow(Refused):
    """The flow cannot run; `problems` are all there are."""

    code = "invalid_flow"
    status = 422

    def __init__(self, problems: Sequence[Problem]) -> None:
        count = f"{len(problems)} problems" if len(problems) > 1 else "a problem"
        super().__init__(
            f"The flow has {count}, the first: {problems[0].message}. Nothing was recorded.",
            problems=problems_json(problems),
        )


def problems_json(problems: Sequence[Problem]) -> list[JSON]:
    """Flow problems as the API tells them."""
    return [{"code": p.code, "message": p.message, "nodes": list(p.nodes)} for p in problems]


def tellable(error: Exception) -> PenstockError:
    """The error as a caller may hear of it: nothing of one that is not ours."""
    if isinstance(error, PenstockError) and not isinstance(error, Corrupt):
        return error
    told = PenstockError("The request failed inside; the operators have been told.")
    if isinstance(error, Corrupt):
        told = PenstockError("Stored data contradicts itself; the operators have been told.")
        told.code = error.code
    return told


def headers_of(error: PenstockError) -> dict[str, str]:
    """What an answer about the error says besides its body."""
    headers = dict(error.headers) if isinstance(error, Refused) else {}
    if isinstance(error, Unavailable):
        headers["retry-after"] = str(RETRY_AFTER_SECONDS)
    return headers


def problem_of(error: Exception) -> ProblemShape:
    """An error as problem details, as far as a caller may hear of it."""
    told = tellable(error)
    title = TITLES.get(told.status, "Error")
    named = {"type": f"urn:penstock:problem:{told.code}", "title": title, "status": told.status}
    members = told.members if isinstance(told, Refused) else {}
    return ProblemShape.model_validate({**named, "code": told.code, "detail": str(told), **members})


class ProblemAnswer(Answer[ProblemShape]):
    """An error as problem details, whatever it is."""

    media_type = MEDIA_TYPE

    def __init__(self, error: Exception) -> None:
        problem, told = problem_of(error), tellable(error)
        super().__init__(problem, told.status, headers_of(told), exclude_unset=True)
