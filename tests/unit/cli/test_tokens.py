"""Tokens on the terminal."""

from __future__ import annotations

import json
from typing import Any

from services.api.people.models import MadeToken, TokenPage
from tests.unit.cli.command import penstock
from tests.unit.cli.script import Script
from tests.unit.client.scripted_penstock import answer

TOKENS = "/api/v1/tokens"
MADE: Any = MadeToken.EXAMPLE
PAGE: Any = TokenPage.EXAMPLE
OTHER = {**PAGE["items"][0], "id": "01951f6e-7a10-7000-8000-000000000008", "name": "old"}
REVOKED = {**OTHER, "revoked_at": "2030-02-01T00:00:00Z"}


async def test_a_new_token_is_printed_alone(script: Script) -> None:
    script.stack.on("POST", TOKENS, answer(MADE, 201))
    given = ("token", "add", "nightly", "--role", "viewer", "--days", "30")
    ended = await penstock(*given, directory=script.directory)
    assert (ended.code, ended.out) == (0, f"{MADE['token']}\n")
    assert "member of default, good until it is revoked. It is not shown again." in ended.err
    assert f"token revoke {MADE['id']}" in ended.err
    asked = json.loads(script.stack.requests[-1].body)
    assert (asked["name"], asked["role"], asked["workspace"]) == ("nightly", "viewer", None)
    assert asked["expires_at"].endswith("+00:00")


async def test_tokens_are_listed_with_what_became_of_them(script: Script) -> None:
    script.stack.on("GET", TOKENS, answer({**PAGE, "items": [*PAGE["items"], REVOKED]}))
    ended = await penstock("token", "list", directory=script.directory)
    header, good, revoked = ended.out.splitlines()
    assert header.split() == ["token", "id", "role", "used"]
    assert good.split() == ["nightly", MADE["id"], "member", "never"]
    assert "revoked" in revoked
    ended = await penstock("token", "list", "--json", directory=script.directory)
    assert [json.loads(line)["name"] for line in ended.out.splitlines()] == ["nightly", "old"]


async def test_a_token_is_revoked_by_its_name_or_the_beginning_of_its_id(script: Script) -> None:
    script.stack.on("GET", TOKENS, answer({**PAGE, "items": [*PAGE["items"], OTHER]}))
    script.stack.on("DELETE", f"{TOKENS}/{MADE['id']}", answer(None, 204))
    for given in ("nightly", MADE["id"]):
        ended = await penstock("token", "revoke", given, directory=script.directory)
        assert (ended.code, ended.out) == (0, f"{MADE['id']} revoked\n")
    for given, why in (("0195", "2 good tokens are called '0195'"), ("no", "is called 'no'")):
        ended = await penstock("token", "revoke", given, directory=script.directory)
        assert (ended.code, why in ended.err) == (2, True)


async def test_what_was_revoked_is_not_meant_by_its_name(script: Script) -> None:
    script.stack.on("GET", TOKENS, answer({**PAGE, "items": [REVOKED]}))
    ended = await penstock("token", "revoke", "old", directory=script.directory)
    assert ended.code == 2
    assert "token list" in ended.err


async def test_an_empty_list_says_how_to_make_one(script: Script) -> None:
    script.stack.on("GET", TOKENS, answer({"items": [], "next_cursor": None}))
    ended = await penstock("token", "list", directory=script.directory)
    assert (ended.code, ended.out) == (0, "")
    assert "token add NAME" in ended.err
