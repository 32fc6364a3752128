"""The console's sources: their sizes, and names that every file system tells apart."""

from collections import defaultdict
from pathlib import Path

from tests.architecture.source import ROOT, relative

SOURCES = ROOT / "web" / "src"
SUFFIXES = {".ts", ".tsx"}
FILE_LINES = 300
FILES_A_ROOM = 14
MADE = {"web/src/api/described.d.ts"}
ALLOWED_LONG = {"web/src/words.ts": "every word that the console says, in one place"}


def sources() -> list[Path]:
    return [
        path
        for path in sorted(SOURCES.rglob("*"))
        if path.suffix in SUFFIXES and relative(path) not in MADE
    ]


def test_no_file_is_longer_than_its_budget() -> None:
    lines = {relative(path): path.read_text().count("\n") for path in sources()}
    assert lines
    over = {path: count for path, count in lines.items() if count > FILE_LINES}
    assert set(over) <= set(ALLOWED_LONG), over


def test_no_two_modules_of_a_folder_differ_by_case_alone() -> None:
    """`import "./columns"` finds `Columns.tsx` where file names have no case, as on a Mac."""
    modules: dict[str, set[str]] = defaultdict(set)
    for path in sources():
        module = relative(path.with_suffix(""))
        modules[module.lower()].add(module)
    assert not [alike for alike in modules.values() if len(alike) > 1]


def test_a_folder_holds_no_more_than_one_room() -> None:
    files: dict[str, int] = defaultdict(int)
    for path in sources():
        if ".test." not in path.name:
            files[relative(path.parent)] += 1
    over = {folder: count for folder, count in files.items() if count > FILES_A_ROOM}
    assert not over, over
