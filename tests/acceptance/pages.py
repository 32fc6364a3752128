"""A how-to read as a person reads it: commands to type, and what the page says they write.

    ```sh                               typed, one block after the other, in one shell
    <!-- not run: REASON -->            before a block that no test can run
    ```text, ```json, ```http           the next fence: what the block before it wrote

What a page shows may leave out (`...`) and has ids and times of its own: shown.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.architecture.source import ROOT

FENCE = re.compile(
    r"(?:^<!-- not run: (?P<reason>[^\n]+) -->\n+)?^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
OUTPUTS = ("text", "json", "http")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page says a command writes, in the language of its fence."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """A block to type, with the line of the page where it begins."""

    line: int
    script: str
    not_run: str | None
    output: Shown | None


def commands_of(page: Path) -> list[Command]:
    """The commands of a page, in its order."""
    return list(_commands(page.read_text()))


def pages_with_commands() -> list[Path]:
    """Every how-to in which there is something to type."""
    return [page for page in sorted((ROOT / "docs" / "howto").glob("*.md")) if commands_of(page)]


def _commands(text: str) -> Iterator[Command]:
    fences = list(FENCE.finditer(text))
    for fence, behind in zip(fences, [*fences[1:], None], strict=False):
        if fence["language"] != "sh":
            continue
        shown = None
        if behind is not None and behind["language"] in OUTPUTS:
            shown = Shown(behind["language"], behind["text"])
        line = text.count("\n", 0, fence.start("text"))
        yield Command(line, fence["text"], fence["reason"], shown)
