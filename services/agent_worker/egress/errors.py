"""What can go wrong with a call to the outside.

    EgressError
    ├── EgressRefused       the URL, the address or the redirect is not allowed
    ├── EgressUnresolved    the name has no address, or none came in time
    ├── EgressTimeout       the whole answer did not come in time
    ├── EgressFailed        no connection, no valid certificate, or no HTTP
    └── TooManyRedirects    the answer is elsewhere, again and again

A message names scheme, host and port, never a path, a query, a header or an address of a name:
the first hold secrets, and the last would draw a map of the network behind.
"""

from shared.errors import PenstockError


class EgressError(PenstockError):
    """A call that has no answer. `retry`: the same call may work later."""

    code = "egress_error"
    status = 502


class EgressRefused(EgressError):
    """It must not be called. `reason` is one word for why, as docs/reference/egress.md has it."""

    code = "egress_refused"
    status = 422

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class EgressUnresolved(EgressError):
    code = "egress_unresolved"
    retry = True


class EgressTimeout(EgressError):
    code = "egress_timeout"
    retry = True
    status = 504


class EgressFailed(EgressError):
    code = "egress_failed"
    retry = True


class TooManyRedirects(EgressError):
    code = "too_many_redirects"
