"""A provider that is broken, slow, or somebody else's: what it says lets nobody in."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from time import time
from typing import Any

import pytest
from joserfc import jwk

from services.api.openid import asking
from services.api.openid.claims import SKEW_SECONDS
from tests.integration.api.conftest import started
from tests.integration.api.forging_provider import (
    ABOUT,
    CODE,
    KEYS,
    METADATA,
    TOKEN,
    Forging,
    forging,
    saying,
    silence,
)
from tests.integration.api.people import browser
from tests.integration.api.signing_in import ADA, BEGIN, arrived
from tests.integration.api.story import Service
from tests.openid_provider import CLIENT, CLIENT_SECRET

ME = "/api/v1/me"
HUGE = b'{"keys": [' + b" " * (300 << 10) + b"]}"
NESTED = b'{"issuer":' + b"[" * 100_000


@pytest.fixture
async def says() -> AsyncIterator[Forging]:
    async with forging() as provider:
        yield provider


@pytest.fixture
async def signing(
    provisioned: None, says: Forging, nats_url: str, database_url: str
) -> AsyncIterator[Service]:
    async with started(nats_url, database_url, **says.settings()) as running:
        yield running


async def tried(service: Service, says: Forging, **more: str) -> str:
    """What a sign-in comes to; nobody is let in unless it says so."""
    async with browser(service.url) as page:
        outcome = await says.sign_in(page, **more)
        status = (await page.get(ME)).status_code
    assert status == (200 if outcome == "in" else 401)
    return outcome


def at(seconds: float) -> int:
    return int(time() + seconds)


async def test_a_code_is_changed_for_a_token_once_with_the_secret_and_the_verifier(
    signing: Service, says: Forging
) -> None:
    assert await tried(signing, says, session_state="x", iss=says.url) == "in"
    (shown,) = says.shown
    assert shown["authorization"].startswith("Basic ")
    assert (shown["grant_type"], shown["code"]) == ("authorization_code", CODE)
    assert shown["redirect_uri"] == says.asked["redirect_uri"]
    assert CLIENT_SECRET not in str(says.asked)


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"nonce": "another"}, "openid_token_refused"),
        ({"nonce": None}, "openid_token_refused"),
        ({"aud": "another-client"}, "openid_token_refused"),
        ({"aud": [CLIENT, "another-client"]}, "openid_token_refused"),
        ({"aud": None}, "openid_token_refused"),
        ({"azp": "another-client"}, "openid_token_refused"),
        ({"iss": "https://evil.example"}, "openid_token_refused"),
        ({"at_hash": "bm90IHRoaXMgdG9rZW4"}, "openid_token_refused"),
        ({"sub": ""}, "openid_token_refused"),
        ({"sub": None}, "openid_token_refused"),
        ({"sub": 7}, "openid_token_refused"),
        ({"sub": "a\0b"}, "openid_token_refused"),
        ({"sub": "\ud800"}, "openid_token_refused"),
        ({"sub": "a" * 256}, "openid_token_refused"),
        ({"exp": "soon"}, "openid_token_refused"),
        ({"exp": None}, "openid_token_refused"),
        ({"iat": None}, "openid_token_refused"),
        ({"amr": 7}, "openid_token_refused"),
        ({"email": "a\ud800@example.org"}, "openid_email_unverified"),
        ({"email": ["ada@example.org"]}, "openid_email_unverified"),
        ({"email_verified": "false"}, "openid_email_unverified"),
        ({"email_verified": "true"}, "in"),
        ({"name": " \x00\n\ud800 ", "groups": {"a": 1}}, "in"),
        ({"name": "x" * 10_000, "groups": ["eng", 7]}, "in"),
        ({"aud": [CLIENT]}, "in"),
    ],
)
async def test_only_claims_for_this_sign_in_let_in(
    signing: Service, says: Forging, claims: dict[str, Any], code: str
) -> None:
    says.claims |= claims
    assert await tried(signing, says) == code


async def test_clocks_may_differ_by_a_minute_and_no_more(signing: Service, says: Forging) -> None:
    for claims, code in (
        ({"exp": at(-SKEW_SECONDS / 2)}, "in"),
        ({"iat": at(SKEW_SECONDS / 2)}, "in"),
        ({"iat": at(-600), "exp": at(-2 * SKEW_SECONDS)}, "openid_token_expired"),
        ({"iat": at(5 * SKEW_SECONDS), "exp": at(600)}, "openid_token_expired"),
        ({"nbf": at(5 * SKEW_SECONDS)}, "openid_token_expired"),
    ):
        says.claims = claims
        assert await tried(signing, says) == code, claims


async def test_only_a_key_of_the_provider_signs(signing: Service, says: Forging) -> None:
    right, kid = says.key, says.key.kid or ""
    says.key = jwk.RSAKey.generate_key(2048, {"kid": kid})
    assert await tried(signing, says) == "openid_token_refused"
    says.key = jwk.RSAKey.generate_key(2048, {"kid": "unknown"})
    assert await tried(signing, says) == "openid_token_refused"
    says.key, says.header = jwk.OctKey.import_key(CLIENT_SECRET), {"alg": "HS256", "kid": kid}
    assert await tried(signing, says) == "openid_token_refused"
    says.key, says.header = right, {}
    plain = right.as_dict(private=False)
    says.keys = [{"kty": "oct", "k": "AAAA"}, {"kty": "RSA", "n": 7}, 7, plain]
    assert await tried(signing, says) == "in"


async def test_a_token_that_nobody_signed_lets_nobody_in(signing: Service, says: Forging) -> None:
    for token in ("", "a.b", "a.b.c", "é.é.é", _unsigned(), "." * 1_000, "e30." * 3):
        body = json.dumps({"id_token": token}).encode()
        says.instead[TOKEN] = saying(body)
        assert await tried(signing, says) == "openid_token_refused", token


async def test_a_key_that_is_new_is_asked_for(signing: Service, says: Forging) -> None:
    assert await tried(signing, says) == "in"
    says.rotate()
    assert await tried(signing, says) == "in"


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ((TOKEN, b'{"error": "invalid_grant"}', 400), "openid_over"),
        ((TOKEN, b'{"error": "invalid_client"}', 401), "openid_provider_broken"),
        ((TOKEN, b'{"id_token": 7}', 200), "openid_provider_broken"),
        ((TOKEN, b"<html>", 200), "openid_provider_broken"),
        ((TOKEN, b"[]", 200), "openid_provider_broken"),
        ((TOKEN, NESTED, 200), "openid_provider_broken"),
        ((TOKEN, HUGE, 200), "openid_provider_broken"),
        ((TOKEN, b"", 302), "openid_provider_broken"),
        ((TOKEN, b"down", 503), "openid_provider_away"),
        ((KEYS, b"{}", 200), "openid_provider_broken"),
        ((KEYS, b'{"keys": 7}', 200), "openid_provider_broken"),
        ((KEYS, b'{"keys": []}', 200), "openid_token_refused"),
        ((KEYS, HUGE, 200), "openid_provider_broken"),
        ((KEYS, b"", 404), "openid_provider_broken"),
        ((KEYS, b"", 500), "openid_provider_away"),
    ],
)
async def test_an_answer_that_is_broken_is_told_and_lets_nobody_in(
    signing: Service, says: Forging, broken: tuple[str, bytes, int], code: str
) -> None:
    path, content, status = broken
    says.instead[path] = saying(content, status, location=f"{says.url}/elsewhere")
    assert await tried(signing, says) == code


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"token_endpoint": "http://evil.example/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": 7},
        {"authorization_endpoint": "https://a.example/\r\nx: y"},
        {"authorization_endpoint": "https://é.example/"},
        {"token_endpoint": "https://[::1"},
        {"userinfo_endpoint": "file:///etc/passwd"},
    ],
)
async def test_metadata_of_somebody_else_sends_nobody_anywhere(
    signing: Service, says: Forging, metadata: dict[str, Any]
) -> None:
    says.metadata |= metadata
    async with browser(signing.url) as page:
        assert arrived(await page.get(BEGIN)) == "openid_provider_broken"
        says.metadata.clear()
        assert await says.sign_in(page) == "in"


@pytest.mark.parametrize("packed", [b"{}", b"\x1f\x8b\x08garbage"])
async def test_an_answer_that_is_packed_is_not_unpacked(
    signing: Service, says: Forging, packed: bytes
) -> None:
    says.instead[METADATA] = saying(packed, content_encoding="gzip")
    async with browser(signing.url) as page:
        assert arrived(await page.get(BEGIN)) == "openid_provider_broken"


async def test_a_provider_that_is_silent_is_waited_for_no_longer_than_is_said(
    signing: Service, says: Forging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "ANSWER_SECONDS", 0.2)
    says.instead[TOKEN] = silence
    assert await tried(signing, says) == "openid_provider_away"


async def test_a_provider_that_says_its_name_must_say_it(signing: Service, says: Forging) -> None:
    says.metadata["authorization_response_iss_parameter_supported"] = True
    assert await tried(signing, says) == "openid_wrong_issuer"
    assert await tried(signing, says, iss=says.url) == "in"


async def test_a_secret_is_shown_in_the_form_to_a_provider_that_wants_it_there(
    signing: Service, says: Forging
) -> None:
    says.metadata["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    assert await tried(signing, says) == "in"
    assert says.shown[0]["client_secret"] == CLIENT_SECRET
    assert says.shown[0]["authorization"] == ""


async def test_what_the_token_does_not_tell_is_asked_for(signing: Service, says: Forging) -> None:
    says.claims = dict.fromkeys(ADA)
    says.about = {**ADA, "iss": "https://evil.example"}
    assert await tried(signing, says) == "in"
    assert await tried(signing, says) == "in"
    says.claims = {"email": "eve@example.org", "email_verified": None, "sub": "eve"}
    says.about = {"sub": "eve"}
    assert await tried(signing, says) == "openid_email_unverified"
    says.about = {**ADA, "email": "mallory@example.org", "sub": "eve"}
    assert await tried(signing, says) == "in"
    who = await signing.http.get("/api/v1/users")
    assert {each["email"] for each in who.json()["items"]} == {
        "ada@example.org",
        "mallory@example.org",
    }
    says.about["sub"] = "somebody-else"
    assert await tried(signing, says) == "openid_token_refused"
    says.instead[ABOUT] = saying(b"", 500)
    assert await tried(signing, says) == "openid_provider_away"


async def test_nothing_more_is_asked_of_a_provider_that_has_told_all(
    signing: Service, says: Forging
) -> None:
    says.instead[ABOUT] = saying(b"", 500)
    assert await tried(signing, says) == "in"


async def test_a_code_that_is_none_is_not_sent_to_the_provider(
    signing: Service, says: Forging
) -> None:
    for code in ("", "x" * 5_000):
        assert await tried(signing, says, code=code) == "openid_provider_broken"
    assert await tried(signing, says, code="another") == "openid_over"
    assert len(says.shown) == 1


async def test_no_secret_is_logged(
    signing: Service, says: Forging, capfd: pytest.CaptureFixture[str]
) -> None:
    says.claims["nonce"] = "another"
    assert await tried(signing, says) == "openid_token_refused"
    says.instead[TOKEN] = saying(b'{"error": "invalid_client"}', 401)
    assert await tried(signing, says) == "openid_provider_broken"
    captured = capfd.readouterr()
    logged = captured.out + captured.err
    assert "openid.refused" in logged
    said = (CLIENT_SECRET, CODE, *says.asked.values(), says.shown[0]["code_verifier"])
    assert not [each for each in said if len(each) > 20 and each in logged]
    assert "an-access-token" not in logged


def _unsigned() -> str:
    parts = ({"alg": "none"}, {"sub": "ada"})
    return ".".join(
        [*(urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts), ""]
    )
