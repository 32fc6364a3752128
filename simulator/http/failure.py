"""Errors as an API answers them: each dialect writes their bodies in its own shape."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One error answer; `status` is not used when it is sent inside a stream.

    `code` is the finer word for it, and `param` the part of the request it is about, if any.
    """

    status: int
    type: str
    message: str
    code: str | None = None
    param: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """A request is not answered, for the reason in `failure`."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure
