"""No provider, or one that is away: others are let in as ever."""

from __future__ import annotations

from cli.up.port import free_port
from tests.integration.api.conftest import started
from tests.integration.api.people import browser, logged_in, user
from tests.integration.api.signing_in import BEGIN, CALLBACK, arrived
from tests.integration.api.story import Service
from tests.openid_provider import OpenIdProvider

ME = "/api/v1/me"


async def test_without_a_provider_there_is_no_button_and_no_way(service: Service) -> None:
    async with browser(service.url) as page:
        assert (await page.get("/api/v1/openid")).json() == {"provider": None}
        assert arrived(await page.get(BEGIN)) == "openid_off"
        assert arrived(await page.get(CALLBACK)) == "openid_off"


async def test_an_api_opens_while_the_provider_is_away_and_lets_in_by_password(
    service: Service, nats_url: str, database_url: str
) -> None:
    nobody = OpenIdProvider(f"http://127.0.0.1:{free_port()}")
    ada = await user(service, "Ada")
    async with (
        started(nats_url, database_url, **nobody.settings()) as running,
        logged_in(running.url, ada) as page,
    ):
        assert arrived(await page.get(BEGIN)) == "openid_provider_away"
        assert (await page.get(ME)).status_code == 200
