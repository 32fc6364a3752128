"""What an API has of its own; all else of the simulator is the same whichever is spoken."""

from dataclasses import dataclass
from typing import Protocol

from starlette.datastructures import Headers
from starlette.responses import Response

from simulator.http.failure import Failure
from simulator.http.plan import Plan
from simulator.markers.script import Script
from simulator.speech.answer import Answer
from simulator.speech.request import MessagesRequest
from simulator.speech.usage import Cached


@dataclass(frozen=True, slots=True)
class Call:
    """One understood request: what was asked, under which script, and the answer to it."""

    request: MessagesRequest
    script: Script
    answer: Answer
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What is left of a limit of requests in a window; `ends` and `now` are seconds since 1970."""

    limit: int
    left: int
    now: float
    ends: float


class Dialect(Protocol):
    """One API: how its requests are read, and its answers and errors written."""

    @property
    def name(self) -> str: ...

    @property
    def id_header(self) -> str:
        """The header that carries the request's id."""
        ...

    def admit(self, headers: Headers, size_bytes: int) -> None:
        """Raises: Refused, for a call that is not looked at."""
        ...

    def request_of(self, body: bytes) -> MessagesRequest:
        """Raises: RequestError, Refused."""
        ...

    def cached(self, request: MessagesRequest) -> Cached:
        """What the prompt cache makes of the request."""
        ...

    def message(self, call: Call) -> bytes:
        """The whole answer, without a stream."""
        ...

    def plan(self, call: Call) -> Plan:
        """The stream that tells the answer."""
        ...

    def failure_of(self, script: Script) -> Failure:
        """The error that `status=` or `error=` asks for."""
        ...

    def refusal(self, status: int, message: str) -> Failure:
        """The usual error of a status; an empty message stands for its usual words."""
        ...

    def body(self, failure: Failure, request_id: str) -> bytes:
        """The body of an error answer."""
        ...

    def limits(self, allowance: Allowance) -> dict[str, str]:
        """The headers that tell what is left of a limit."""
        ...


def answer(dialect: Dialect, failure: Failure, request_id: str) -> Response:
    """The failure as the answer to a request."""
    # Starlette writes headers in Latin-1, the marker's text is sent as UTF-8.
    headers = {name: value.encode().decode("latin-1") for name, value in failure.headers.items()}
    return Response(
        dialect.body(failure, request_id),
        failure.status,
        headers | {dialect.id_header: request_id},
        media_type="application/json",
    )
