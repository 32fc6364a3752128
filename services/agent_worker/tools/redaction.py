"""What is secret taken out of what came: a server may answer with the header it was sent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from operator import itemgetter
from urllib.parse import quote, quote_plus

# Of a value at the end of a text that was cut: fewer tell nothing, and stand there by chance.
_FEWEST = 4


def redacted(text: str, secrets: Mapping[str, str], *, cut: bool = False) -> str:
    """The text with `[secret NAME]` in place of each value, also where it stands percent-encoded or
    as in JSON. Of a text that is cut, the beginning of a value at its end is replaced, too."""
    names = {form: name for name, value in secrets.items() for form in _forms(value)}
    if not names:
        return text
    # Few texts have any, and to look for one is far cheaper than to look for all at once. The
    # longest first: one secret may be the beginning of another.
    if forms := sorted((form for form in names if form in text), key=len, reverse=True):
        found = re.compile("|".join(map(re.escape, forms)))
        text = found.sub(lambda match: f"[secret {names[match[0]]}]", text)
    return _without_beginnings(text, names) if cut else text


def _forms(value: str) -> Iterator[str]:
    if value:
        in_json = json.dumps(value)[1:-1]
        yield value
        yield in_json
        yield json.dumps(value, ensure_ascii=False)[1:-1]
        yield in_json.replace("/", "\\/")
        yield from (quote(value, safe=""), quote(value), quote_plus(value))


def _without_beginnings(text: str, names: Mapping[str, str]) -> str:
    length, form = max(((_overlap(text, form), form) for form in names), key=itemgetter(0))
    return f"{text[:-length]}[secret {names[form]}]" if length else text


def _overlap(text: str, form: str) -> int:
    """How much of a form, if not all of it, the text ends with."""
    if len(form) <= _FEWEST:
        return 0
    tail, beginning = text[1 - len(form) :], form[:_FEWEST]
    at = tail.find(beginning)
    while at >= 0 and not form.startswith(tail[at:]):
        at = tail.find(beginning, at + 1)
    return len(tail) - at if at >= 0 else 0
