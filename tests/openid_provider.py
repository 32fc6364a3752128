"""A provider of OpenID Connect that others wrote, as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.request import urlopen

import httpx2

from cli.up.port import free_port
from tests.eventually import PATIENCE_SECONDS, eventually_now

CLIENT = "penstock-for-tests"
CLIENT_SECRET = "what-the-provider-is-shown"


@dataclass(frozen=True, slots=True)
class OpenIdProvider:
    """Where it answers; it lets in whoever says who they are."""

    url: str

    def settings(self, **more: str) -> dict[str, str]:
        """What has an api sign people in by it; `more` are named without their beginning."""
        given = {"ISSUER": self.url, "CLIENT_ID": CLIENT, "CLIENT_SECRET": CLIENT_SECRET}
        given |= {"DOMAINS": "example.org", "NAME": "Acme", **more}
        return {f"PENSTOCK_OIDC_{name}": value for name, value in given.items()}

    async def knows(self, subject: str, **claims: object) -> None:
        """Somebody it knows, and says this of."""
        async with httpx2.AsyncClient(timeout=PATIENCE_SECONDS, trust_env=False) as http:
            answer = await http.put(f"{self.url}/users/{subject}", json=claims)
        assert answer.status_code == 204, answer.text

    async def says_who(self, url: str, form: Mapping[str, str]) -> str:
        """Where a browser is sent that has come to this address, and filled in its form."""
        async with httpx2.AsyncClient(timeout=PATIENCE_SECONDS, trust_env=False) as http:
            answer = await http.post(url, data=dict(form))
        assert answer.status_code == 302, answer.text
        return str(answer.headers["location"])


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=PATIENCE_SECONDS) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@contextmanager
def running_provider(*arguments: str) -> Iterator[OpenIdProvider]:
    """One on a port of its own; `arguments` are those of `oidc-provider-mock`."""
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), *arguments]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=quiet, stderr=quiet)
    provider = OpenIdProvider(f"http://127.0.0.1:{port}")
    try:
        eventually_now(lambda: _answers(f"{provider.url}/.well-known/openid-configuration"))
        yield provider
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)
