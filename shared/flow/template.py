"""Texts with placeholders.

    in a template       {{input}}   {{variables.NAME}}   {{nodes.ID.output}}
    in instructions     {{NAME}}    {{variables.NAME}}
    in a tool           {{NAME}}

`input` is what reaches the step: its inputs joined, or the run's input where it has none. In a tool
NAME is an argument of the call. NAME is letters, digits, `_` and `-`; ID is any text without `{{`.
Blanks just inside the braces do not count. Everything else is text and stays as it is. One pass:
what was filled in is not read again. Cutting at `{{` first keeps it linear, since no placeholder
holds another. A text too long to be an output is not made: a large input in many places would take
all memory there is.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from shared.flow.json_value import quoted

_INPUT = re.compile(r"\s*input\s*\}\}")
_VARIABLE = re.compile(r"\s*variables\.(\w[\w-]*)\s*\}\}")
_NODE = re.compile(r"\s*nodes\.")
_NODE_END = re.compile(r"\.output\s*\}\}")
_NAME = re.compile(r"\s*(\w[\w-]*)\s*\}\}")
_LOOKALIKE = re.compile(r"\s*([\w.-]+)\s*\}\}")

LONGEST: Final = 64 << 20  # code points; an output has no more bytes

Means = Literal["text", "input", "variable", "node", "unknown"]


class Piece(NamedTuple):
    """A stretch of a template: what it means, and its text or the name it asks for."""

    means: Means
    name: str


@dataclass(frozen=True, slots=True)
class RenderProblem:
    """The answer when there is no text to give: it would be too long, or values are missing.

    Those are named once each, in order of appearance.
    """

    variables: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    length: int = 0

    @property
    def code(self) -> Literal["too_large", "missing_value"]:
        """Which of the two."""
        return "too_large" if self.length else "missing_value"

    @property
    def message(self) -> str:
        """What is missing or too long, as a sentence."""
        if self.length:
            return f"expected a text of at most {LONGEST:,} characters, came {self.length:,}"
        missing = [f"variable {quoted(name)}" for name in self.variables]
        missing += [f"output of node {quoted(node)}" for node in self.nodes]
        missing += [f"meaning of {quoted('{{' + name + '}}')}" for name in self.unknown]
        return f"expected a value for each placeholder, but there is no {', no '.join(missing)}"


def render(
    template: str, *, input: str, variables: Mapping[str, str], outputs: Mapping[str, str]
) -> str | RenderProblem:
    """The template filled in; `outputs` are texts by node id, empty for a skipped node."""
    return _filled(
        template_pieces(template),
        {"input": {"input": input}, "variable": variables, "node": outputs},
    )


def instructions_with(instructions: str, variables: Mapping[str, str]) -> str | RenderProblem:
    """The instructions with the run's variables in their places."""
    return _filled(instruction_pieces(instructions), {"variable": variables})


def template_pieces(template: str) -> list[Piece]:
    """The template cut into pieces; `unknown` ones look like placeholders and are none."""
    return _pieces(template, _in_template)


def instruction_pieces(instructions: str) -> list[Piece]:
    """The instructions cut into pieces of text and variables."""
    return _pieces(instructions, _in_instructions)


def argument_pieces(text: str) -> list[Piece]:
    """A text of a tool cut into pieces; a `variable` is an argument of the call."""
    return _pieces(text, _in_tool)


def _pieces(text: str, read: Callable[[str], tuple[Piece, int] | None]) -> list[Piece]:
    first, *rest = text.split("{{")
    pieces = [Piece("text", first)]
    for part in rest:
        # Of three braces the first is text: `{{{input}}}` is the input in braces.
        extra = "{" if part.startswith("{") else ""
        body = part[len(extra) :]
        found = read(body)
        if found is None:
            pieces.append(Piece("text", "{{" + part))
            continue
        piece, end = found
        pieces += (Piece("text", extra), piece, Piece("text", body[end:]))
    return pieces


def _in_template(body: str) -> tuple[Piece, int] | None:
    if match := _INPUT.match(body):
        return Piece("input", "input"), match.end()
    if match := _VARIABLE.match(body):
        return Piece("variable", match[1]), match.end()
    if (start := _NODE.match(body)) and (end := _NODE_END.search(body, start.end())):
        return Piece("node", body[start.end() : end.start()]), end.end()
    if match := _LOOKALIKE.match(body):
        return Piece("unknown", match[1]), match.end()
    return None


def _in_instructions(body: str) -> tuple[Piece, int] | None:
    match = _VARIABLE.match(body) or _NAME.match(body)
    return (Piece("variable", match[1]), match.end()) if match else None


def _in_tool(body: str) -> tuple[Piece, int] | None:
    if match := _NAME.match(body):
        return Piece("variable", match[1]), match.end()
    if match := _LOOKALIKE.match(body):
        return Piece("unknown", match[1]), match.end()
    return None


def _filled(
    pieces: Sequence[Piece], values: Mapping[Means, Mapping[str, str]]
) -> str | RenderProblem:
    missing = [p for p in pieces if p.means != "text" and p.name not in values.get(p.means, {})]
    if missing:
        return RenderProblem(
            variables=_names(missing, "variable"),
            nodes=_names(missing, "node"),
            unknown=_names(missing, "unknown"),
        )
    texts = [p.name if p.means == "text" else values[p.means][p.name] for p in pieces]
    length = sum(map(len, texts))
    return RenderProblem(length=length) if length > LONGEST else "".join(texts)


def _names(pieces: Sequence[Piece], means: Means) -> tuple[str, ...]:
    return tuple(dict.fromkeys(p.name for p in pieces if p.means == means))
