"""Texts with placeholders.

    in a template       {{input}}   {{variables.NAME}}   {{nodes.ID.output}}
                        {{input.json.PATH}}              {{nodes.ID.json.PATH}}
    in instructions     {{NAME}}    {{variables.NAME}}
    in a tool           {{NAME}}

`input` is what reaches the step: its inputs joined, or the run's input where it has none. In a tool
NAME is an argument of the call. NAME is letters, digits, `_` and `-`; ID is any text without `{{`.
PATH leads into a text that is JSON: names of members and positions in arrays, with dots between
them; `.PATH` may be absent. Blanks just inside the braces do not count. Everything else is text and
stays as it is. One pass: what was filled in is not read again. Cutting at `{{` first keeps it
linear, since no placeholder holds another. A text too long to be an output is not made: a large
input in many places would take all memory there is.
"""

import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Final, Literal, NamedTuple

from shared.flow.json_value import quoted

_INPUT = re.compile(r"\s*input\s*\}\}")
_TYPED_INPUT = re.compile(r"\s*input(?=\.json[.}\s])")
_VARIABLE = re.compile(r"\s*variables\.(\w[\w-]*)\s*\}\}")
_NODE = re.compile(r"\s*nodes\.")
_NODE_END = re.compile(r"\.output\s*\}\}")
_NAME = re.compile(r"\s*(\w[\w-]*)\s*\}\}")
_LOOKALIKE = re.compile(r"\s*([\w.-]+)\s*\}\}")

LONGEST: Final = 64 << 20  # code points; an output has no more bytes
_JSON: Final = ".json"
_MOST_SPLITS: Final = 16  # of a placeholder whose id might end at more than one `.json`

Means = Literal["text", "input", "variable", "node", "unknown"]


class Piece(NamedTuple):
    """A stretch of a template: what it means, and its text or the name it asks for.

    `path` leads into the JSON that the input or the node's output is; None asks for the text.
    """

    means: Means
    name: str
    path: tuple[str, ...] | None = None


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
    template: str,
    *,
    input: str,
    variables: Mapping[str, str],
    outputs: Mapping[str, str],
    typed: Mapping[Piece, str] | None = None,
) -> str | RenderProblem:
    """The template filled in; `outputs` are texts by node id, empty for a skipped node.

    `typed` are the texts of the pieces that have a path; their nodes are among the outputs.
    """
    return _filled(
        template_pieces(template, outputs),
        {"input": {"input": input}, "variable": variables, "node": outputs},
        typed or {},
    )


def instructions_with(instructions: str, variables: Mapping[str, str]) -> str | RenderProblem:
    """The instructions with the run's variables in their places."""
    return _filled(instruction_pieces(instructions), {"variable": variables}, {})


def template_pieces(template: str, steps: Container[str] = ()) -> list[Piece]:
    """The template cut into pieces; `unknown` ones look like placeholders and are none.

    `steps` are ids of nodes: they tell where an id ends that has `.json` or `.output` in it.
    """
    return _pieces(template, partial(_in_template, steps))


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


def _in_template(steps: Container[str], body: str) -> tuple[Piece, int] | None:
    if match := _INPUT.match(body):
        return Piece("input", "input"), match.end()
    if match := _VARIABLE.match(body):
        return Piece("variable", match[1]), match.end()
    if (match := _TYPED_INPUT.match(body)) and (end := body.find("}}", match.end())) > 0:
        path = _path(body[match.end() : end].rstrip()[len(_JSON) :])
        if path is not None:
            return Piece("input", "input", path), end + 2
    if (match := _NODE.match(body)) and (found := _of_node(steps, body, match.end())):
        return found
    if match := _LOOKALIKE.match(body):
        return Piece("unknown", match[1]), match.end()
    return None


def _of_node(steps: Container[str], body: str, start: int) -> tuple[Piece, int] | None:
    """The output of a node, or what is in it; of both readings the one whose node is a step."""
    close = body.find("}}", start)
    typed = _typed(steps, body[start:close].rstrip()) if close >= 0 else None
    if whole := _NODE_END.search(body, start):
        name = body[start : whole.start()]
        is_nearer = whole.end() == close + 2 and not (typed and typed.name in steps)
        if typed is None or name in steps or is_nearer:
            return Piece("node", name), whole.end()
    return (typed, close + 2) if typed else None


def _typed(steps: Container[str], text: str) -> Piece | None:
    """The piece of `ID.json.PATH`: with the first id that is a step, or else the first."""
    first: Piece | None = None
    for name, rest in islice(_splits(text), _MOST_SPLITS):
        if (first is None or name in steps) and (path := _path(rest)) is not None:
            piece = Piece("node", name, path)
            if name in steps:
                return piece
            first = piece
    return first


def _splits(text: str) -> Iterator[tuple[str, str]]:
    """What stands before and behind each `.json` at which the id may end."""
    at = text.find(_JSON, 1)
    while at > 0:
        behind = at + len(_JSON)
        if behind == len(text) or text[behind] == ".":
            yield text[:at], text[behind:]
        at = text.find(_JSON, behind)


def _path(text: str) -> tuple[str, ...] | None:
    """The steps of `.a.0.b`; None if that is no path."""
    if not text:
        return ()
    before, *path = text.split(".")
    return None if before or not all(path) else tuple(path)


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
    pieces: Sequence[Piece],
    values: Mapping[Means, Mapping[str, str]],
    typed: Mapping[Piece, str],
) -> str | RenderProblem:
    def text_of(piece: Piece) -> str | None:
        if piece.means == "text":
            return piece.name
        if piece.path is not None:
            return typed.get(piece)
        return values.get(piece.means, {}).get(piece.name)

    texts = [(piece, text_of(piece)) for piece in pieces]
    missing = [piece for piece, text in texts if text is None]
    if missing:
        return RenderProblem(
            variables=_names(missing, "variable"),
            nodes=_names(missing, "node"),
            unknown=_names(missing, "unknown") + _names(missing, "input"),
        )
    found = [text for _, text in texts if text is not None]
    length = sum(map(len, found))
    return RenderProblem(length=length) if length > LONGEST else "".join(found)


def _names(pieces: Sequence[Piece], means: Means) -> tuple[str, ...]:
    return tuple(dict.fromkeys(p.name for p in pieces if p.means == means))
