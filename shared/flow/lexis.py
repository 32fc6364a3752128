"""The characters of an expression, looked at before the engine sees them.

The engine tells every character it cannot read together with the whole expression, so thousands of
them cost it seconds; and it is slow with letters beyond ASCII, of which strings alone may have any.

Source: Common Expression Language, language definition (cel-spec, doc/langdef.md, "Syntax").
"""

import re

_ESCAPE = (
    r"""\\(?:[abfnrtv"'\\?`]|[xX][0-9a-fA-F]{2}|[0-3][0-7]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})"""
)
_TOKENS = (
    r"//[^\n]*+",
    r"[bB]?[rR](?:'''.*?'''|\"\"\".*?\"\"\"|'[^'\n\r]*+'|\"[^\"\n\r]*+\")",
    rf"'''(?>(?:{_ESCAPE}|(?!''')[^\\])*+)'''",
    rf'"""(?>(?:{_ESCAPE}|(?!""")[^\\])*+)"""',
    rf"'(?:{_ESCAPE}|[^'\\\n\r])*+'",
    rf'"(?:{_ESCAPE}|[^"\\\n\r])*+"',
    r"`[A-Za-z0-9_./ -]++`",
    r"\w++",
    r"[ \t\r\n\f]++",
    r"&&|\|\||[=!<>]=|[()\[\]{}<>!+*%?:,./-]",
)
_READABLE = re.compile(f"(?:{'|'.join(_TOKENS)})*+", re.DOTALL | re.ASCII)
_NOT_ASCII = re.compile(r"[^\x00-\x7f\ud800-\udfff]")  # surrogates are for the engine to refuse


def unreadable(expression: str) -> int | None:
    """Where the first character stands that belongs to no word of the language, or None."""
    found = _READABLE.match(expression)
    end = found.end() if found else 0
    return None if end == len(expression) else end


def in_ascii(expression: str) -> str:
    """A readable expression that says the same, but for what its strings hold; as long as it."""
    return _NOT_ASCII.sub("x", expression)
