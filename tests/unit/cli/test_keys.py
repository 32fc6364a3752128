"""Keys and secrets on the terminal: values come in by standard input, and never out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.api.keys.models import ProviderKeyShape, SecretPage, SecretShape
from tests.unit.cli.command import penstock
from tests.unit.cli.script import Script
from tests.unit.client.scripted_penstock import answer

KEYS, SECRETS = "/api/v1/provider-keys", "/api/v1/secrets"
VALUE = "sk-ant-api03-of-a-person-wAA1"
KEY: Any = ProviderKeyShape.EXAMPLE
SECRET: Any = SecretShape.EXAMPLE
EMPTY: dict[str, Any] = {"items": [], "next_cursor": None}


async def test_a_key_is_read_from_standard_input_and_printed_masked(script: Script) -> None:
    script.stack.on("PUT", f"{KEYS}/anthropic", answer(KEY))
    given = ("provider-key", "set", "--default-model", "claude-opus-5-5")
    ended = await penstock(*given, directory=script.directory, typed=f"{VALUE}\n")
    assert (ended.code, ended.out) == (0, "anthropic ...wAA1 set\n")
    assert ended.err == "anthropic takes it. Steps use it within a second.\n"
    asked = script.stack.requests[-1]
    assert json.loads(asked.body) == {"key": VALUE, "default_model": "claude-opus-5-5"}
    assert asked.query == {}
    given = ("provider-key", "set", "anthropic", "--no-test")
    ended = await penstock(*given, directory=script.directory, typed=VALUE)
    assert ended.err == "It was not tested. Steps use it within a second.\n"
    assert script.stack.requests[-1].query == {"test": "false"}


async def test_a_secret_is_read_from_standard_input_as_it_is(script: Script) -> None:
    script.stack.on("PUT", f"{SECRETS}/SEARCH_TOKEN", answer(SECRET))
    given = ("secret", "set", "SEARCH_TOKEN")
    ended = await penstock(*given, directory=script.directory, typed=" two\nlines \n")
    assert (ended.code, ended.out, ended.err) == (0, "SEARCH_TOKEN set\n", "")
    assert json.loads(script.stack.requests[-1].body) == {"value": " two\nlines "}


@pytest.mark.parametrize("given", [("provider-key", "set"), ("secret", "set", "S")])
async def test_without_a_value_nothing_is_asked(script: Script, given: tuple[str, ...]) -> None:
    ended = await penstock(*given, directory=script.directory, typed="\n")
    assert (ended.code, ended.out) == (2, "")
    assert "expected it on standard input, found nothing" in ended.err
    assert script.stack.requests == []


@pytest.mark.parametrize(
    "given", [("provider-key", "set", "anthropic", VALUE), ("secret", "set", "S", VALUE)]
)
async def test_no_value_is_taken_from_the_command_line(
    script: Script, given: tuple[str, ...]
) -> None:
    ended = await penstock(*given, directory=script.directory, typed=VALUE)
    assert ended.code == 2
    assert script.stack.requests == []


async def test_keys_and_secrets_are_listed_without_their_values(script: Script) -> None:
    named = {**KEY, "default_model": "claude-opus-5-5"}
    script.stack.on("GET", KEYS, answer({**EMPTY, "items": [named]}))
    script.stack.on("GET", SECRETS, answer(SecretPage.EXAMPLE))
    ended = await penstock("provider-key", "list", directory=script.directory)
    header, line = ended.out.splitlines()
    assert header.split() == ["provider", "key", "default", "model", "set", "by"]
    assert line.split()[:3] == ["anthropic", "...wAA1", "claude-opus-5-5"]
    ended = await penstock("secret", "list", directory=script.directory)
    assert ended.out.splitlines()[1].split()[0] == "SEARCH_TOKEN"
    ended = await penstock("secret", "list", "--json", directory=script.directory)
    assert json.loads(ended.out) == SECRET


async def test_empty_lists_say_how_to_set_one(script: Script) -> None:
    script.stack.on("GET", KEYS, answer(EMPTY))
    script.stack.on("GET", SECRETS, answer(EMPTY))
    ended = await penstock("provider-key", "list", directory=script.directory)
    assert (ended.out, "provider-key set anthropic" in ended.err) == ("", True)
    ended = await penstock("secret", "list", directory=script.directory)
    assert (ended.out, "secret set NAME" in ended.err) == ("", True)


async def test_keys_and_secrets_are_removed(script: Script) -> None:
    script.stack.on("DELETE", f"{KEYS}/anthropic", answer(None, 204))
    script.stack.on("DELETE", f"{SECRETS}/S", answer(None, 204))
    ended = await penstock("provider-key", "remove", directory=script.directory)
    assert ended.out == "anthropic removed\n"
    ended = await penstock("secret", "remove", "S", directory=script.directory)
    assert ended.out == "S removed\n"


def told(resealed: int, remaining: int, unreadable: int = 0) -> dict[str, object]:
    return {
        "secret_key": "3f9a01bc",
        "resealed": resealed,
        "remaining": remaining,
        "unreadable": unreadable,
    }


async def test_a_rotation_goes_on_until_nothing_is_left(script: Script) -> None:
    answers = [answer(told(0, 0)), answer(told(7, 0)), answer(told(100, 7))]
    script.stack.on("POST", "/api/v1/admin/keys/rotate", lambda _: answers.pop())
    ended = await penstock("keys", "rotate", directory=script.directory)
    assert ended.code == 0
    assert ended.out == "107 sealed anew, all under the secret key 3f9a01bc\n"
    assert ended.err == "100 sealed anew, 7 left\n"
    assert len(answers) == 1


async def test_a_rotation_says_what_it_could_not_open(script: Script) -> None:
    script.stack.on("POST", "/api/v1/admin/keys/rotate", answer(told(3, 0, 2)))
    ended = await penstock("keys", "rotate", directory=script.directory)
    assert ended.code == 1
    assert "2 open under no secret key" in ended.err
