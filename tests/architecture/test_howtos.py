"""A how-to shows the example that the integration tests run, letter for letter."""

import re

from tests.architecture.source import ROOT

HOWTOS = ROOT / "docs" / "howto"
INCLUDES = re.compile(r"^\[`examples/(\S+)`\].*\n\n```python\n(.*?)```$", re.MULTILINE | re.DOTALL)


def test_every_howto_shows_a_whole_example_as_it_is() -> None:
    for page in sorted(HOWTOS.glob("*.md")):
        shown = INCLUDES.findall(page.read_text())
        assert shown, f"{page.name} shows no example"
        for name, code in shown:
            assert code == (ROOT / "examples" / name).read_text(), (
                f"{page.name} differs from {name}"
            )
