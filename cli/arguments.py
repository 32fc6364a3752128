"""What the command line holds, read: a flow file, the run's input, its variables."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NoReturn

from cli.outcome import CommandError
from shared.encoding import NotUtf8, json_text_of, text_of


def read_flow(path: Path) -> dict[str, object]:
    """The JSON object in `path`. Raises: CommandError, saying where it stops being one."""
    return _object(_read(path, json_text_of), str(path), "nodes and edges")


def read_object(path: Path, content: str) -> dict[str, Any]:
    """The JSON object in `path`, or on standard input for `-`; `content` says what is in it.

    Raises: CommandError.
    """
    if str(path) == "-":
        source = "standard input"
        text = _decoded(sys.stdin.buffer.read(), source, json_text_of)
        return _object(text, source, content)
    return _object(_read(path, json_text_of), str(path), content)


def read_object_text(given: str, option: str, content: str) -> dict[str, Any]:
    """The JSON object that an option says: itself, the file after `@`, or standard input for `-`.

    Raises: CommandError.
    """
    if given == "-" or given.startswith("@"):
        return read_object(Path(given.removeprefix("@")), content)
    return _object(_decoded(given.encode(errors="surrogateescape"), option), option, content)


def _object(text: str, source: str, content: str) -> dict[str, Any]:
    try:
        found: object = json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise CommandError(f"{source} is not JSON: {error.msg} at {place}.") from None
    except RecursionError:
        raise CommandError(f"{source} is nested too deeply.") from None
    if not isinstance(found, dict):
        raise CommandError(f"{source} holds no object with {content}.")
    return found


def read_input(given: str) -> str:
    """The run's input: the text itself, the file after `@`, or standard input for `-`."""
    if given == "-":
        return _decoded(sys.stdin.buffer.read(), "standard input")
    if given.startswith("@"):
        return _read(Path(given[1:]))
    return _decoded(given.encode(errors="surrogateescape"), "--input")


def read_variables(given: Iterable[str]) -> dict[str, str]:
    """`name=value` pairs by name. Raises: CommandError for anything else, or a name given twice."""
    variables: dict[str, str] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise CommandError(f"--var {pair!r}: expected NAME=VALUE.")
        if name in variables:
            raise CommandError(f"--var {name} is given twice.")
        text = _decoded(value.encode(errors="surrogateescape"), f"--var {name}")
        variables[name] = text
    return variables


def _read(path: Path, read: Callable[[bytes], str] = text_of) -> str:
    try:
        return _decoded(path.read_bytes(), str(path), read)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror or error}.") from None


def _decoded(raw: bytes, source: str, read: Callable[[bytes], str] = text_of) -> str:
    try:
        return read(raw)
    except NotUtf8 as error:
        raise CommandError(f"{source} is not UTF-8: {error}.") from None


def _no_number(name: str) -> NoReturn:
    raise CommandError(f"{name} is not JSON; use a number or null.")
