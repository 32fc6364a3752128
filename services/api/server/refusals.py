"""What the server says before the application hears of a request: problems, made once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

from services.api.server.limits import LIMITS
from shared.runtime.metrics import counter

REFUSED = counter(
    "http_refused_total", "Requests and connections refused before they were read.", "code"
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One way to refuse, with the bytes that say so; the connection is closed behind it."""

    status: int
    code: str
    detail: str
    retry_after_seconds: int | None = None

    def wire(self, headers: Iterable[tuple[bytes, bytes]] = ()) -> bytes:
        """The whole answer. Source: RFC 9457 (the body), RFC 9112, 9.6 (the close)."""
        phrase = HTTPStatus(self.status).phrase
        problem = {
            "type": f"urn:penstock:problem:{self.code}",
            "title": phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        body = json.dumps(problem).encode()
        lines = [
            b"HTTP/1.1 %d %s" % (self.status, phrase.encode()),
            *(name + b": " + value for name, value in headers),
            b"content-type: application/problem+json",
            b"content-length: %d" % len(body),
            b"connection: close",
        ]
        if self.retry_after_seconds is not None:
            lines.append(b"retry-after: %d" % self.retry_after_seconds)
        return b"\r\n".join([*lines, b"", body])

    def count(self) -> None:
        """One more of these."""
        REFUSED.labels(self.code).inc()


class Refused(Exception):
    """Raised inside the parser: it stops where it is, and the client is told."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


MALFORMED = Refusal(
    400, "malformed_request", "expected a request of HTTP/1.1 or HTTP/1.0, got something else"
)
TOO_MANY_PIPELINED = Refusal(
    400, "too_many_pipelined", "expected fewer requests before their answers: wait for some"
)
UPGRADE_WITH_BODY = Refusal(
    400,
    "upgrade_with_body",
    "expected a body, or the offer of another protocol (Upgrade), got both: send no Upgrade",
)
TIMED_OUT = Refusal(
    408, "request_timeout", "expected the rest of the request, nothing came in time: send it again"
)
HEADERS_TOO_LARGE = Refusal(
    431,
    "headers_too_large",
    f"expected a request line and headers of at most {LIMITS.head_bytes >> 10} KiB together "
    f"and at most {LIMITS.headers} headers, got more",
)
FULL = Refusal(
    503, "too_many_connections", "every connection is taken: try again", retry_after_seconds=2
)
FULL_WIRE = FULL.wire()
