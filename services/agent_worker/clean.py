"""Text that every store can keep: NUL and lone surrogates become U+FFFD."""

import re

_UNFIT = re.compile("[\0\ud800-\udfff]")
REPLACEMENT = "\ufffd"


def clean(text: str) -> str:
    """The text with as many code points, none of them unfit for UTF-8 or for Postgres."""
    if text.isascii() and "\0" not in text:
        return text
    return _UNFIT.sub(REPLACEMENT, text)


def cleaned(value: object) -> object:
    """A JSON value with every text in it, keys too, clean."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(key)): cleaned(member) for key, member in value.items()}
    if isinstance(value, list):
        return [cleaned(member) for member in value]
    return value
