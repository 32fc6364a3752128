"""A definition and arguments into one call to the outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from services.agent_worker.egress import Call
from shared.flow.json_value import JSON
from shared.tools import HttpTool, SecretHeader
from shared.tools.headers import is_value
from shared.tools.templates import (
    Unfillable,
    filled_body,
    filled_text,
    filled_url,
    in_json,
)

LARGEST_REQUEST: Final = 1 << 20

Headers: TypeAlias = Mapping[str, str | SecretHeader]
Secrets: TypeAlias = Callable[[str], str]
"""The value of a secret of the workspace, by its name. Raises: LookupError, if there is none."""


def secret_names(headers: Headers) -> list[str]:
    """The secrets that the headers of a tool name, each once, in the order of their letters."""
    return sorted({h.secret for h in headers.values() if isinstance(h, SecretHeader)})


def secrets_of(headers: Headers, secret: Secrets) -> dict[str, str]:
    """The values of the secrets that the headers of a tool name. Raises: Unfillable."""
    return {name: _value(name, secret) for name in secret_names(headers)}


def call_of(
    tool: HttpTool, arguments: Mapping[str, JSON], secrets: Mapping[str, str], key: str
) -> Call:
    """The call; `key` is its idempotency key. Raises: Unfillable."""
    http = tool.http
    headers = {"accept": "application/json, text/*;q=0.9, */*;q=0.1", "idempotency-key": key}
    body: bytes | None = None
    if http.body is not None:
        body = encoded(filled_body(http.body, arguments))
        headers["content-type"] = "application/json"
    for name, header in http.headers.items():
        headers[name.lower()] = header_value(name, header, arguments, secrets)
    return Call(
        method=http.method,
        url=filled_url(http.url, http.query, arguments),
        headers=headers,
        body=body,
        timeout_seconds=http.timeout_seconds,
        largest_bytes=http.largest_bytes,
    )


def _value(name: str, secret: Secrets) -> str:
    try:
        return secret(name)
    except LookupError:
        message = f"expected a secret named {name} in the workspace, got none"
        raise Unfillable("missing_secret", message) from None


def header_value(
    name: str,
    header: str | SecretHeader,
    arguments: Mapping[str, JSON],
    secrets: Mapping[str, str],
) -> str:
    """What is sent as that header. Raises: Unfillable."""
    if isinstance(header, SecretHeader):
        value = f"{header.prefix}{secrets[header.secret]}"
        code, whose = "bad_secret", f"the secret {header.secret}"
    else:
        value = filled_text(header, arguments)
        code, whose = "bad_argument", f"the header {name}"
    if not is_value(value):
        message = f"expected {whose} to be one line of printable ASCII, got something else"
        raise Unfillable(code, message)
    return value


def encoded(body: JSON) -> bytes:
    """The value as JSON in UTF-8. Raises: Unfillable, also if it is larger than a request is."""
    try:
        found = in_json(body).encode()
    except UnicodeEncodeError:
        raise Unfillable("bad_argument", "expected text without lone surrogates") from None
    if len(found) > LARGEST_REQUEST:
        message = f"expected a body of at most {LARGEST_REQUEST:,} bytes, got {len(found):,}"
        raise Unfillable("bad_argument", message)
    return found
