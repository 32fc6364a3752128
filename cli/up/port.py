"""Ports on the loopback interface."""

import socket
import sys
from collections import deque

import psutil

from shared.errors import Conflict, Unavailable

LOOPBACK = "127.0.0.1"
# The last ports this process picked, each bound and not listened on.
_kept: deque[socket.socket] = deque()
MOST_KEPT = 200


def free_port(preferred: int | None = None) -> int:
    """`preferred` if nobody has it, else one the system picks; kept for who is to listen there."""
    if (probe := _bound(preferred or 0) or _bound(0)) is None:
        raise Unavailable("The system has no free port left: end some programs that listen.")
    return _keep(probe)


def is_free(port: int) -> bool:
    if (probe := _bound(port)) is None:
        return False
    probe.close()
    return True


def _bound(port: int) -> socket.socket | None:
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind((LOOPBACK, port))
    except OSError:
        probe.close()
        return None
    return probe


def _keep(probe: socket.socket) -> int:
    """Its port, which the system gives to no connection and to nobody who asks for any port.

    Else, until the part that is to listen there does, and each time it is started again, a client's
    connection can take it. On Linux who names the port may still listen on it, with SO_REUSEADDR as
    servers do; elsewhere not, so there nothing is kept.
    """
    port: int = probe.getsockname()[1]
    if sys.platform != "linux":
        probe.close()
        return port
    _kept.append(probe)
    if len(_kept) > MOST_KEPT:
        _kept.popleft().close()
    return port


def wanted_port(port: int) -> int:
    """`port`, or one the system picks for 0.

    Raises: Conflict when somebody has it, naming who if the system tells.
    """
    if port and not is_free(port):
        raise Conflict(
            f"Port {port} is taken{_by(port)}: stop what listens there, or choose another "
            "with --port (0 picks one)."
        )
    return port or free_port()


def _by(port: int) -> str:
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        return ""
    return ""
