"""Which Penstock a command talks to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.outcome import CommandError, ExitCode
from cli.stack import Stack, find_stack

FILE = {
    "api_url": "http://127.0.0.1:1",
    "token": "of-the-file",
    "nats_url": "nats://127.0.0.1:2",
    "simulated": True,
}


def described(directory: Path) -> Path:
    path = directory / ".penstock" / "stack.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(FILE))
    return path


def test_a_stack_is_found_in_a_directory_above(tmp_path: Path) -> None:
    path = described(tmp_path)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert find_stack(None, None, below, {"PENSTOCK_TOKEN": "of-a-service"}) == Stack(
        "http://127.0.0.1:1", "of-the-file", str(path), "nats://127.0.0.1:2", simulated=True
    )


def test_options_go_before_environment_and_environment_before_files(tmp_path: Path) -> None:
    path = described(tmp_path)
    environ = {"PENSTOCK_URL": "http://env", "PENSTOCK_TOKEN": "of-env"}
    by_option = find_stack("http://option", None, tmp_path, environ)
    assert (by_option.url, by_option.token) == ("http://option", "of-env")
    by_environment = find_stack(None, "given", tmp_path, environ)
    assert (by_environment.url, by_environment.token) == ("http://env", "given")
    named = find_stack(None, None, Path("/"), {**environ, "PENSTOCK_STACK": str(path)})
    assert (named.url, named.token) == ("http://127.0.0.1:1", "of-the-file")


def test_without_a_stack_the_person_is_told_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No Penstock is running") as missing:
        find_stack(None, None, tmp_path, {"PENSTOCK_STACK": str(tmp_path / "stack.json")})
    assert "penstock up" in missing.value.hint
    assert missing.value.code == ExitCode.UNAVAILABLE


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"api_url": "http://x"}'])
def test_a_file_that_describes_no_stack_is_said_so(tmp_path: Path, content: str) -> None:
    described(tmp_path).write_text(content)
    with pytest.raises(CommandError, match="does not describe a running Penstock"):
        find_stack(None, None, tmp_path, {})
