"""What came into a result: the text of it, or the value at a place in its JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from typing import Final, NoReturn

from services.agent_worker.clean import clean
from services.agent_worker.egress import Answer
from services.agent_worker.tools.redaction import redacted
from services.agent_worker.tools.result import ToolResult, failed
from shared.tools.pointer import NOTHING, value_at

LARGEST_OUTPUT: Final = 1 << 20
EXCERPT: Final = 2000  # code points of an error's answer
_LOOKED_AT: Final = 64 << 10  # code points of it in which secrets are looked for
# Others are read as UTF-8: a codec of Python's that is named from outside may take very long.
_CHARSETS = ("utf-8", "iso-8859-1", "us-ascii", "windows-1252", "utf-16", "shift_jis", "gb18030")
_TEXTUAL = ("json", "xml", "javascript", "x-www-form-urlencoded", "yaml", "x-ndjson", "csv", "toml")


def result_of(answer: Answer, result_path: str | None, secrets: Mapping[str, str]) -> ToolResult:
    """The result of a call that was answered; `secrets` are values by name, and stand in none."""
    if not 200 <= answer.status < 300:
        text = _text(answer) if _is_text(answer) else ""
        message = f"expected a status from 200 to 299, got {answer.status}"
        return failed("http_status", message, excerpt_of(text, secrets, cut=answer.cut))
    if result_path is not None:
        return _picked(answer, result_path, secrets)
    if not answer.body:
        message = f"The tool answered with status {answer.status} and no content."
        return ToolResult(outcome="ok", output=message)
    if not _is_text(answer):
        message = f"expected an answer in text, got {_type(answer) or 'bytes that are none'}"
        return failed("not_text", message)
    return result_of_text(_text(answer), secrets, cut=answer.cut)


def _picked(answer: Answer, path: str, secrets: Mapping[str, str]) -> ToolResult:
    if answer.cut:
        message = f"expected JSON of at most {len(answer.body):,} bytes, got more"
        return failed("answer_too_large", message)
    try:
        whole = json_of(answer.body)
    except (ValueError, RecursionError):
        found = (_type(answer) or "something else") if answer.body else "nothing"
        return failed("not_json", f"expected an answer in JSON, got {found}")
    value = value_at(whole, path)
    if value is NOTHING:
        return failed("no_result", f"expected a value at {path} of the answer, got none")
    return result_of_text(value if isinstance(value, str) else in_json(value), secrets)


def result_of_text(text: str, secrets: Mapping[str, str], *, cut: bool = False) -> ToolResult:
    """The result that is a text, which is cut if it is longer than a result may be."""
    # Cut before it is redacted, too: a secret of one letter makes it many times as long.
    cut = cut or len(text) > LARGEST_OUTPUT
    whole = redacted(clean(text[:LARGEST_OUTPUT]), secrets, cut=cut)
    encoded = whole.encode()
    if len(encoded) > LARGEST_OUTPUT:
        whole, cut = encoded[:LARGEST_OUTPUT].decode(errors="ignore"), True
    if cut:
        whole = f"{whole}\n\n[The answer was longer: this is its beginning.]"
    return ToolResult(outcome="ok", output=whole, cut=cut)


def excerpt_of(text: str, secrets: Mapping[str, str], *, cut: bool = False) -> str:
    """The beginning of what came with an error."""
    cut = cut or len(text) > _LOOKED_AT
    return redacted(text[:_LOOKED_AT], secrets, cut=cut)[:EXCERPT]


def _type(answer: Answer) -> str:
    """The media type, if it is one."""
    found = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    return found if len(found) <= 100 and found.isascii() and found.isprintable() else ""


def _is_text(answer: Answer) -> bool:
    found = _type(answer)
    if found and not found.startswith("text/") and not found.endswith(_TEXTUAL):
        return False
    return _charset(answer) == "utf-16" or b"\0" not in answer.body


def _text(answer: Answer) -> str:
    return clean(answer.body.decode(_charset(answer), errors="replace"))


def _charset(answer: Answer) -> str:
    for part in answer.headers.get("content-type", "").lower().split(";")[1:]:
        name, _, value = part.strip().partition("=")
        if name == "charset" and value.strip("\"' ") in _CHARSETS:
            return value.strip("\"' ")
    return "utf-8"


def in_json(value: object) -> str:
    """A value that came, as JSON. Raises: ValueError, where a number is NaN or infinite."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def json_of(data: bytes) -> object:
    """The value that came. NaN, the infinities and numbers that become one are none.

    Raises: ValueError, RecursionError.
    """
    return json.loads(data, parse_constant=_refuse, parse_float=_finite)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _finite(digits: str) -> float:
    number = float(digits)
    return number if isfinite(number) else _refuse(digits)
