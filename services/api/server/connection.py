"""The HTTP server's connections, such that an answer can hear of their end and cut them off."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

EXTENSION = "penstock.connection"


class Connection(HttpToolsProtocol):
    """One client's connection; requests find it in their scope's extensions."""

    when_lost: Callable[[], None] | None = None

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {EXTENSION: {"connection": self}}

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.when_lost is not None:
            self.when_lost()

    def abort(self) -> None:
        """Cut the client off, dropping what it has not read."""
        self.transport.abort()

    @property
    def unsent_bytes(self) -> int:
        """What waits in this process because the client has not taken what came before."""
        return self.transport.get_write_buffer_size()

    @property
    def is_lost(self) -> bool:
        """The client is gone."""
        return self.transport.is_closing()


def connection_of(scope: Scope) -> Connection:
    """The connection a request came by."""
    found: Connection = scope["extensions"][EXTENSION]["connection"]
    return found
