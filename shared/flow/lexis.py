"""The words of an expression, looked at before the engine sees them.

The engine tells every character it cannot read together with the whole expression, so thousands of
them cost it seconds. The type of a map names the type of its keys: of maps whose keys are computed
from maps it grows twofold each time, and twenty of them take the engine gigabytes. And the engine
takes 1 and 1u for different keys of a map, which CEL does not.

Source: Common Expression Language, language definition (cel-spec, doc/langdef.md, "Syntax").
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MOST_COMPUTED_KEYS = 4
_ESCAPE = (
    r"""\\(?:[abfnrtv"'\\?`]|[xX][0-9a-fA-F]{2}|[0-3][0-7]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})"""
)
_STRINGS = (
    r"[bB]?[rR](?:'''.*?'''|\"\"\".*?\"\"\"|'[^'\n\r]*+'|\"[^\"\n\r]*+\")",
    rf"'''(?>(?:{_ESCAPE}|(?!''')[^\\])*+)'''",
    rf'"""(?>(?:{_ESCAPE}|(?!""")[^\\])*+)"""',
    rf"'(?:{_ESCAPE}|[^'\\\n\r])*+'",
    rf'"(?:{_ESCAPE}|[^"\\\n\r])*+"',
)
_TOKENS = (
    r"//[^\n]*+",
    *_STRINGS,
    r"`[A-Za-z0-9_./ -]++`",
    r"\w++",
    r"[ \t\r\n\f]++",
    r"&&|\|\||[=!<>]=|[()\[\]{}<>!+*%?:,./-]",
)
_READABLE = re.compile(f"(?:{'|'.join(_TOKENS)})*+", re.DOTALL | re.ASCII)
_WORD = re.compile("|".join(_TOKENS), re.DOTALL | re.ASCII)
_WHOLE_NUMBER = re.compile(r"(-?(?:0[xX][0-9a-fA-F]+|[0-9]+))[uU]?")
_SELF_SAID = re.compile(f"true|false|(?>{'|'.join(_STRINGS)})", re.DOTALL)
_NAME = re.compile(r"\w+")


def unreadable(expression: str) -> int | None:
    """Where the first character stands that belongs to no word of the language, or None."""
    rest = _READABLE.sub("", expression, count=1)  # from the first, if only nothing
    return len(expression) - len(rest) if rest else None


def words_of(expression: str) -> list[str]:
    """The words of a readable expression in their order, without comments and what is blank."""
    return list(_words(expression))


def reads(expression: str, name: str) -> bool:
    """A readable expression may read this variable: the word is there, not as a field's name."""
    before = last = ""
    for word in _words(expression):
        is_field = last == "." and bool(re.match(r"[\w`'\")\]}]", before[-1:]))
        if word == name and not is_field:
            return True
        before, last = last, word
    return False


def odd_keys(expression: str) -> str | None:
    """What is wrong with the keys of a readable expression's maps, or None."""
    computed = 0
    for key, earlier in _keys(expression):
        if number := _WHOLE_NUMBER.fullmatch(key):
            value = int(number[1], 0) if "x" in key.lower() else int(number[1])
            if value in earlier:
                return f"expected each key of a map once, came {value} again"
            earlier.add(value)
        elif not _SELF_SAID.fullmatch(key):
            computed += 1
    if computed > MOST_COMPUTED_KEYS:
        return f"expected at most {MOST_COMPUTED_KEYS} keys of maps to be computed, came {computed}"
    return None


@dataclass(slots=True)
class _Bracket:
    """One that is open; `key` is what has been read of the key of a map, None elsewhere in it."""

    is_map: bool = False
    key: str | None = None
    numbers: set[int] = field(default_factory=set)


def _keys(expression: str) -> Iterator[tuple[str, set[int]]]:
    """The words of each map's keys as one, with the set of its map's whole numbers."""
    within = [_Bracket()]
    last = ""
    for word in _words(expression):
        inner = within[-1]
        if inner.key is not None and word == ":":
            yield inner.key, inner.numbers
            inner.key = None
        elif inner.key is not None:
            inner.key += word
        if word in {"(", "[", "{"}:
            is_map = word == "{" and (last == "in" or not _NAME.fullmatch(last))
            within.append(_Bracket(is_map, "" if is_map else None))
        elif word in {")", "]", "}"}:
            del within[max(1, len(within) - 1) :]
        elif word == ",":
            inner.key = "" if inner.is_map else None
        last = word


def _words(expression: str) -> Iterator[str]:
    """Its words in their order, without comments and what is blank."""
    for found in _WORD.finditer(expression):
        word = found.group()
        if not word.isspace() and not word.startswith("//"):
            yield word
