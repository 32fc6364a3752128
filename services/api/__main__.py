"""The api as a process."""

from __future__ import annotations

from contextlib import closing

from services.api.app import application
from services.api.identity.decision_links import DecisionLinks
from services.api.identity.doorkeeper import Doorkeeper
from services.api.identity.tickets import Tickets
from services.api.lifespan import dismiss_readers, lifespan
from services.api.server.server import Server, listen
from shared.runtime.logging import logger
from shared.runtime.monitor import Health
from shared.runtime.process import Stopping, run_service
from shared.runtime.settings import Settings

log = logger()


async def serve(settings: Settings, health: Health, stopping: Stopping) -> None:
    """Answers requests until `stopping`. Raises: Unavailable, if it cannot begin."""
    assert settings.token is not None
    tickets = Tickets(*settings.secret_keys)
    app = application(
        Doorkeeper(settings.token.get_secret_value(), settings.workspace, tickets),
        origins=frozenset(settings.cors_origins),
        trusted_origins=frozenset(settings.trusted_origins),
        public_url=settings.public_url or "",
        lifespan=lifespan(settings, health, tickets, DecisionLinks(*settings.secret_keys)),
    )
    with closing(listen(settings.api_host, settings.api_port)) as listener:
        # Entered here, not by the server: what bars the start is raised as what it is.
        async with app.router.lifespan_context(app):
            server = Server(app, listener, proxies=settings.trusted_proxies)
            server.start()
            health.ready()
            log.info("api.opened", url=server.url)
            await stopping.wait()
            server.begin_stop()
            await dismiss_readers(app.state.parts)
            await server.stop()


def main() -> None:
    """Runs the api until it is told to stop."""
    run_service("api", serve)


if __name__ == "__main__":
    main()
