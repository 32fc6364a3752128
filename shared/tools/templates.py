"""The places of a call that arguments are filled into, each in the way of its place.

    in the path of a URL      percent-encoded, never empty, never a step up (`..`)
    in a query                percent-encoded
    in a header               as text in one line
    in a JSON body            a text that is one placeholder is the argument itself, with its type;
                              within more text it is text

A placeholder is `{{NAME}}`, an argument of the call. An argument that is a text is filled in as it
is, any other as JSON. One that is null counts as not given. Where a whole member of a query or of
an object in the body is one placeholder whose argument is not given, the member is left out;
anywhere else that is an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from urllib.parse import quote

from shared.flow.json_value import JSON, quoted
from shared.flow.template import Piece, argument_pieces

Arguments = Mapping[str, JSON]

_STEPS: Final = (".", "..")
_ORIGIN = re.compile(
    r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?=[/?]|$)", re.ASCII
)


class Unfillable(ValueError):
    """A place that an argument is missing for, or does not fit into. `code` is stable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def url_problem(template: str) -> tuple[str, str] | None:
    """Code and sentence of what is wrong with a URL template; None if nothing is."""
    scheme, separator, rest = template.partition("://")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "{{" in scheme + authority or not separator:
        return (
            "placeholder_in_host" if "{{" in template else "bad_url",
            "expected scheme, host and port of the URL without placeholders, as in "
            f"https://api.example.com/items/{{{{id}}}}, got {quoted(template)}",
        )
    if "@" in authority:
        return "user_in_url", "expected a URL without user and password: send them as a header"
    written = "".join(p.name for p in argument_pieces(template) if p.means == "text")
    if "#" in written or "\\" in written or not re.fullmatch(r"[!-~]*", written):
        return "bad_url", "expected a URL of ASCII without blanks, backslashes and fragment"
    if not _ORIGIN.match(template):
        return "bad_url", f"expected http:// or https:// and a host, got {quoted(template)}"
    if any(step in _STEPS for step in template.partition("?")[0].split("/")):
        return "bad_url", "expected a path without . and .. as steps"
    return None


def names_in(pieces: list[Piece]) -> Iterator[tuple[str, bool]]:
    """Every placeholder, and whether it can be an argument."""
    return ((piece.name, piece.means == "variable") for piece in pieces if piece.means != "text")


def body_texts(body: object) -> Iterator[str]:
    """Every text in a body that may have placeholders; keys have none."""
    pending = [body]
    while pending:
        found = pending.pop()
        if isinstance(found, str):
            yield found
        elif isinstance(found, dict):
            pending += found.values()
        elif isinstance(found, list):
            pending += found


def filled_url(template: str, query: Mapping[str, str], arguments: Arguments) -> str:
    """The URL to call; scheme, host and port are the template's. Raises: Unfillable."""
    path, _, asked = template.partition("?")
    filled = _filled(path, arguments, _in_path)
    if any(step in _STEPS for step in filled.split("/")[3:]):
        raise Unfillable("bad_argument", "expected an argument that is no step up in the path")
    parts = [_filled(asked, arguments, _in_query)] if asked else []
    for name, each in query.items():
        if not _is_left_out(each, arguments):
            parts.append(f"{_in_query(name)}={_filled(each, arguments, _in_query)}")
    return "?".join(filter(None, (filled, "&".join(parts))))


def filled_text(template: str, arguments: Arguments) -> str:
    """The text with arguments as they are. Raises: Unfillable."""
    return _filled(template, arguments, lambda text: text)


def filled_body(body: JSON, arguments: Arguments) -> JSON:
    """The JSON value to send. Raises: Unfillable."""
    if isinstance(body, str):
        name = _whole(body)
        return filled_text(body, arguments) if name is None else _given(name, arguments)
    if isinstance(body, Mapping):
        members = ((k, v) for k, v in body.items() if not _is_left_out(v, arguments))
        return {key: filled_body(value, arguments) for key, value in members}
    if isinstance(body, list):
        return [filled_body(each, arguments) for each in body]
    return body


def _filled(template: str, arguments: Arguments, encode: Callable[[str], str]) -> str:
    return "".join(
        piece.name if piece.means == "text" else encode(_text(_given(piece.name, arguments)))
        for piece in argument_pieces(template)
    )


def _given(name: str, arguments: Arguments) -> JSON:
    value = arguments.get(name)
    if value is None:
        raise Unfillable("missing_argument", f"expected the argument {quoted(name)}, got none")
    return value


def in_json(value: JSON) -> str:
    """The value as JSON, compact. Raises: Unfillable, if it has no form there."""
    try:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except (ValueError, TypeError, RecursionError):
        message = "expected arguments that are JSON, got something else"
        raise Unfillable("bad_argument", message) from None


def _text(value: JSON) -> str:
    return value if isinstance(value, str) else in_json(value)


def _in_path(text: str) -> str:
    if not text:
        raise Unfillable("bad_argument", "expected a text for each place in the path, got none")
    return _in_query(text)


def _in_query(text: str) -> str:
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        raise Unfillable("bad_argument", "expected text without lone surrogates") from None


def _is_left_out(template: object, arguments: Arguments) -> bool:
    name = _whole(template) if isinstance(template, str) else None
    return name is not None and arguments.get(name) is None


def _whole(template: str) -> str | None:
    """The name of the one placeholder that a text is."""
    pieces = [each for each in argument_pieces(template) if each != Piece("text", "")]
    return pieces[0].name if len(pieces) == 1 and pieces[0].means == "variable" else None
