"""Ports on the loopback interface."""

import socket
from contextlib import closing

import psutil

from shared.errors import Conflict

LOOPBACK = "127.0.0.1"


def free_port(preferred: int | None = None) -> int:
    """`preferred` if nobody has it, else one the system picks."""
    if preferred and is_free(preferred):
        return preferred
    with closing(socket.socket()) as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


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
