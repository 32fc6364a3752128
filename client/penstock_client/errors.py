"""Everything the client raises.

    PenstockError
    ├── RejectedError          4xx: the same call would be refused again; change something
    │   ├── UnauthorizedError  401, 403
    │   ├── NotFoundError      404: unknown, or another workspace's
    │   └── ConflictError      409, 412: someone else was first
    ├── UnavailableError       no answer, 408, 425, 429 or 5xx: the same call may succeed later
    └── ContractError          the answer is not what the API promises

Source: RFC 9457 for the problem details that `error_from` reads.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

_LATER = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a request; `nodes` are the ids of the flow nodes it is about."""

    code: str
    message: str
    nodes: tuple[str, ...] = ()


class PenstockError(Exception):
    """A call that did not succeed.

    `code` is stable, `status` is the HTTP status (0 without an answer), `detail` is for people,
    `problems` lists what is wrong with a flow or a request.
    """

    def __init__(
        self, detail: str, *, code: str, status: int = 0, problems: tuple[Problem, ...] = ()
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code
        self.status = status
        self.problems = problems


class RejectedError(PenstockError):
    """The request was refused: change it before asking again."""


class UnauthorizedError(RejectedError):
    """The token is missing, unknown or not allowed to do this."""


class NotFoundError(RejectedError):
    """There is no such thing in this workspace."""


class ConflictError(RejectedError):
    """The thing is in another state than the request expects."""


class UnavailableError(PenstockError):
    """No usable answer came; the same call may succeed later."""


class ContractError(PenstockError):
    """The server answered something the API does not promise."""


_BY_STATUS: Mapping[int, type[RejectedError]] = {
    401: UnauthorizedError,
    403: UnauthorizedError,
    404: NotFoundError,
    409: ConflictError,
    412: ConflictError,
}


def error_from(status: int, body: bytes) -> PenstockError:
    """The error a response that is no success stands for, whatever its body holds."""
    problem = _object(body)
    if status >= 500 or status in _LATER:
        kind: type[PenstockError] = UnavailableError
    elif status >= 400:
        kind = _BY_STATUS.get(status, RejectedError)
    else:
        kind = ContractError
    return kind(
        _text(problem, "detail") or _text(problem, "title") or f"the server answered {status}",
        code=_text(problem, "code") or f"http_{status}",
        status=status,
        problems=_problems(problem.get("problems")),
    )


def _object(body: bytes) -> Mapping[str, object]:
    try:
        value: object = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _text(problem: Mapping[str, object], key: str) -> str:
    value = problem.get(key)
    return value if isinstance(value, str) else ""


def _problems(value: object) -> tuple[Problem, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(_problem(entry) for entry in value if isinstance(entry, dict))


def _problem(entry: Mapping[str, object]) -> Problem:
    nodes = entry.get("nodes")
    return Problem(
        code=_text(entry, "code"),
        message=_text(entry, "message"),
        nodes=tuple(str(node) for node in nodes) if isinstance(nodes, list) else (),
    )
