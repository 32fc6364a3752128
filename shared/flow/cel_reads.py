"""What an expression reads of the texts it is given: of nodes by id, and which paths of their JSON.

    nodes.ID.output     nodes.ID.json.score     nodes["an id"].json.items[0].name     json.score

Nodes are named, not computed, so that no text is fetched or parsed in vain and an unknown one is
found before the run. A path goes as far as the words say it: a call or a computed index ends it.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from shared.flow.json_value import quoted
from shared.flow.lexis import words_of

NODES, JSON = "nodes", "json"
_EXPECTED = 'expected nodes.ID.output or nodes.ID.json, with an id in quotes as nodes["ID"]'
_NAME = re.compile(r"`([^`]+)`|([A-Za-z_]\w*)", re.ASCII)
_TEXT = re.compile(
    r"""[rR](?:'([^'\n]*)'|"([^"\n]*)")|'([^'\\\n]*)'|"([^"\\\n]*)\"""", re.DOTALL
)  # fmt: skip
_ENDS_A_VALUE = re.compile(r"[\w`'\")\]}]")


class NodeRead(NamedTuple):
    """A reading of a node: its output as text (`path` is None), or a path into its JSON."""

    node: str
    path: tuple[str, ...] | None


class Reads(NamedTuple):
    """The nodes that are read, the paths into the condition's own JSON, and what is wrong."""

    nodes: tuple[NodeRead, ...] = ()
    paths: tuple[tuple[str, ...], ...] = ()
    complaint: str | None = None


@lru_cache(maxsize=1_024)
def reads_of(expression: str) -> Reads:
    """What a readable expression reads, each once."""
    words = words_of(expression)
    nodes: dict[NodeRead, None] = {}
    paths: dict[tuple[str, ...], None] = {}
    for selectors, _ in _selections(words, JSON):
        paths[tuple(selectors)] = None
    for selectors, behind in _selections(words, NODES):
        if len(selectors) < 2 or selectors[1] not in ("output", JSON):
            more = behind if behind in ("[", ".") else ""
            said = "".join((NODES, *(f".{each}" for each in selectors), more))
            return Reads(complaint=f"{_EXPECTED}, came {quoted(said)}")
        name, part, *path = selectors
        nodes[NodeRead(name, tuple(path) if part == JSON else None)] = None
    return Reads(tuple(nodes), tuple(paths))


def _selections(words: Sequence[str], name: str) -> Iterator[tuple[list[str], str]]:
    """What is selected of each use of the variable, and the word behind that.

    A macro may call its own variable so: it is declared in front of a comma, and none is ours then.
    """
    uses = [at for at, word in enumerate(words) if word == name and not _is_field(words, at)]
    if any(words[at + 1 : at + 2] == [","] for at in uses):
        return
    for at in uses:
        yield _selectors(words, at + 1)


def _is_field(words: Sequence[str], at: int) -> bool:
    before = words[at - 2] if at > 1 else ""
    return at > 0 and words[at - 1] == "." and bool(_ENDS_A_VALUE.match(before[-1:]))


def _selectors(words: Sequence[str], at: int) -> tuple[list[str], str]:
    found: list[str] = []
    while at < len(words):
        ahead = [*words[at : at + 3], "", "", ""]
        selector, is_index = _selector(ahead), ahead[0] == "["
        if selector is None:
            break
        found.append(selector)
        at += 3 if is_index else 2
    return found, "".join(words[at : at + 1])


def _selector(ahead: Sequence[str]) -> str | None:
    """The member or position that these words select; None for a call and what is computed."""
    sign, word, behind = ahead[:3]
    if sign == "." and behind != "(" and (name := _NAME.fullmatch(word)):
        return name[1] or name[2]
    if sign == "[" and behind == "]":
        if text := _TEXT.fullmatch(word):
            return next((each for each in text.groups() if each is not None), "")
        if word.isdecimal():
            return str(int(word)) if len(word) < 20 else None
    return None
