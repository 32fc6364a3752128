"""The one tree of errors.

    PenstockError
    ├── Rejected         the caller must change something; asking again as is cannot help
    │   ├── NotFound     it is not there, or it is another workspace's
    │   ├── Conflict     it does not fit what is already recorded
    │   └── TooLarge     it is over a stated limit
    ├── Unavailable      something needed does not answer now; the same request may work later
    ├── AttemptFailed    one attempt of a step failed, inside a worker
    └── Corrupt          stored data contradicts itself: park it, alert, never skip it

Every class answers `code` (stable, part of the API), `retry` (may the same thing work later) and
`status` (HTTP). Ordinary outcomes are values, not exceptions. Adapters translate the errors of
their libraries at their own border. A message says what was expected, what was found, what to do.
"""


class PenstockError(Exception):
    """What Penstock raises on purpose. `str(error)` is fit for a user and holds no secret."""

    code: str = "internal"
    retry: bool = False
    status: int = 500


class Rejected(PenstockError):
    code = "rejected"
    status = 400


class NotFound(Rejected):
    code = "not_found"
    status = 404


class Conflict(Rejected):
    code = "conflict"
    status = 409


class TooLarge(Rejected):
    code = "too_large"
    status = 413


class Unavailable(PenstockError):
    code = "unavailable"
    retry = True
    status = 503


class AttemptFailed(PenstockError):
    """Why an attempt failed: `code` and `retry` become the error of its step.failed."""

    code = "attempt_failed"
    status = 502

    def __init__(
        self,
        message: str,
        *,
        code: str,
        retry: bool,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.retry = retry
        self.retry_after_seconds = retry_after_seconds


class Corrupt(PenstockError):
    code = "corrupt"
    status = 500
