"""The one way to the terminal: whatever is printed passes here, so that no text can steer it.

    put, say            one line each, on standard output and standard error
    put_text            a text of a model or a person, with its lines and tabs
    Terminal colours    only through `console()`, which cleans what it draws

Anything else that writes, be it a library, is cleaned by the streams that `guard` puts in place of
standard output and error. So a command that prints some other way is safe too; only colours come
out spelled.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    from rich.console import Console

# Controls (C0, DEL, C1), marks that turn the direction of text, line and paragraph separators,
# the byte order mark, annotations, and halves of characters.
_STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff]"
)
_LINE_ENDS = {"\n": "\\n", "\t": "\\t"}


def printable(text: str) -> str:
    """The text with its lines and tabs; what could steer a terminal is spelled, as `\\u001b`.

    JSON stays the same JSON.
    """
    return _STEERING.sub(_spelled, text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """As `printable`, and line ends and tabs are spelled too."""
    for mark, spelled in _LINE_ENDS.items():
        text = text.replace(mark, spelled)
    return _STEERING.sub(_spelled, text)


def words_of(text: str) -> str:
    """Its words on one line, with one space between: without lines and indents of its own."""
    return one_line(" ".join(text.split()))


def put(line: str) -> None:
    """One line of the command's output."""
    sys.stdout.write(f"{one_line(line)}\n")
    sys.stdout.flush()


def put_text(text: str) -> None:
    """A text of several lines, as part of the command's output."""
    sys.stdout.write(f"{printable(text)}\n")
    sys.stdout.flush()


def say(line: str) -> None:
    """Tells the person, beside the output: on standard error."""
    sys.stderr.write(f"{one_line(line)}\n")
    sys.stderr.flush()


def guard() -> None:
    """From now on standard output and error take printable text alone."""
    sys.stdout = _guarded(sys.stdout)
    sys.stderr = _guarded(sys.stderr)


def unguard() -> None:
    """Gives the streams back, to a service that writes a log of its own."""
    sys.stdout = _open(sys.stdout)
    sys.stderr = _open(sys.stderr)


def console(*, markup: bool = False) -> Console:
    """A console of rich's on standard output that cleans all it draws.

    With `markup` a str may have rich's markup: for our own words, with others' escaped.
    """
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment
    from rich.text import Text

    class Clean(Console):
        def render(
            self, renderable: RenderableType, options: ConsoleOptions | None = None
        ) -> Iterable[Segment]:
            for text, style, control in super().render(renderable, options):
                yield Segment(text if control else printable(text), style, control)

        def render_str(self, text: str, **options: Any) -> Text:
            return super().render_str(text if markup else one_line(text), **options)

    return Clean(
        file=_open(sys.stdout), highlight=False, markup=markup, emoji=False, soft_wrap=markup
    )


class _Guarded:
    """A stream that spells what could steer a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        return self.stream.write(printable(text))

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> object:
        return getattr(self.stream, name)


def _guarded(stream: TextIO) -> TextIO:
    return stream if isinstance(stream, _Guarded) else cast("TextIO", _Guarded(stream))


def _open(stream: TextIO) -> TextIO:
    return stream.stream if isinstance(stream, _Guarded) else stream


def _spelled(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
