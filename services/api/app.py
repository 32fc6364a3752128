"""The api as a Starlette application: routes, middleware, and what lives as long as it does.

request -> Watched -> Route -> Endpoint -> handler(request, ...)
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.types import Lifespan

from services.api.calls import CALLS
from services.api.http.endpoint import routes_of
from services.api.http.middleware import Watched, refuse_route
from services.api.http.parts import Parts
from services.api.identity.doorkeeper import Doorkeeper
from services.api.pages.console import assets


def application(
    doorkeeper: Doorkeeper,
    *,
    origins: frozenset[str] = frozenset(),
    trusted_origins: frozenset[str] = frozenset(),
    public_url: str = "",
    lifespan: Lifespan[Starlette] | None = None,
) -> Starlette:
    """The application; `lifespan` adds the parts that handlers work with.

    `public_url` is where clients see it, if that is not what their requests are sent to. Pages of
    `origins` may read what a ticket opens; those of `trusted_origins` may write with a cookie.
    """
    app = Starlette(
        routes=[*routes_of(CALLS, doorkeeper, origins), assets()],
        middleware=[Middleware(Watched)],
        exception_handlers={HTTPException: refuse_route},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.state.parts = Parts()
    app.state.public_url = public_url
    app.state.trusted_origins = trusted_origins
    return app
