"""What the pages point at is there: files, and the tests that prove what is promised."""

import re

from tests.architecture.source import ROOT, functions, relative, text_files

LINK = re.compile(r"\]\(([^)\s#]+)(?:#([^)\s]+))?\)")


def test_every_link_leads_to_a_file_and_every_named_test_is_in_it() -> None:
    tests = {f"{each.path}#{each.name}" for each in functions()}
    broken = []
    for page in (path for path in text_files() if path.suffix == ".md"):
        for target, fragment in LINK.findall(page.read_text()):
            if target.startswith(("http:", "https:")):
                continue
            path = (page.parent / target).resolve()
            is_test = path.is_relative_to(ROOT / "tests")
            if not path.exists() or (is_test and f"{relative(path)}#{fragment}" not in tests):
                broken.append(f"{relative(page)}: {target}#{fragment}")
    assert not broken, "\n  ".join(["", *broken])
