"""What the pages point at is there: files, headings, and the tests that prove what is promised."""

import re
from functools import cache
from itertools import count
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, functions, relative, text_files

LINK = re.compile(r"\]\(([^)\s#]*)(?:#([^)\s]+))?\)")
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
MARKUP = re.compile(r"[`*]|\[([^]]*)\]\([^)]*\)")
INDEX = ROOT / "docs" / "README.md"


def pages() -> list[Path]:
    """Every page of the repository."""
    return [path for path in text_files() if path.suffix == ".md"]


@cache
def anchors(page: Path) -> set[str]:
    """What stands behind `#` in links to the headings of a page, as GitHub makes it."""
    found: set[str] = set()
    for heading in HEADING.findall(FENCED.sub("", page.read_text())):
        words = MARKUP.sub(r"\1", heading).lower().strip()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        names = (f"{slug}-{n}" if n else slug for n in count())
        found.add(next(name for name in names if name not in found))
    return found


def leads_somewhere(page: Path, target: str, fragment: str) -> bool:
    """A link's file is there, and its heading or test is in it."""
    path = (page.parent / target).resolve() if target else page
    if not path.exists():
        return False
    if path.is_relative_to(ROOT / "tests") and path.suffix == ".py":
        return any((each.path, each.name) == (relative(path), fragment) for each in functions())
    return not fragment or (path.suffix == ".md" and fragment in anchors(path))


def test_every_link_leads_to_a_file_and_what_it_names_is_in_it() -> None:
    broken = [
        f"{relative(page)}: {target}#{fragment}"
        for page in pages()
        for target, fragment in LINK.findall(FENCED.sub("", page.read_text()))
        if not target.startswith(("http:", "https:"))
        and not leads_somewhere(page, target, fragment)
    ]
    assert not broken, "\n  ".join(["", *broken])


def test_every_page_is_in_the_index_or_in_that_of_its_folder() -> None:
    listed = {
        (index.parent / target).resolve()
        for index in (INDEX, ROOT / "docs" / "adr" / "README.md")
        for target, _ in LINK.findall(index.read_text())
    }
    written = {path for path in pages() if path.is_relative_to(ROOT / "docs")} - {INDEX}
    missing = sorted(relative(path) for path in written - listed)
    assert not missing, f"docs/README.md says nothing of {missing}"


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("## By a link", "by-a-link"),
        ("## `penstock up`, and *more*", "penstock-up-and-more"),
        ("### A user [for one](x.md) workspace", "a-user-for-one-workspace"),
    ],
)
def test_an_anchor_is_made_as_github_makes_it(tmp_path: Path, heading: str, anchor: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"{heading}\n\n```sh\n# no heading\n```\n\n{heading}\n")
    assert anchors(page) == {anchor, f"{anchor}-1"}
