"""A how-to shows the example that the integration tests run, letter for letter, if it has one."""

import re

from tests.architecture.source import ROOT

HOWTOS = ROOT / "docs" / "howto"
INCLUDES = re.compile(r"^\[`examples/(\S+)`\].*\n\n```python\n(.*?)```$", re.MULTILINE | re.DOTALL)


def test_every_howto_shows_a_whole_example_as_it_is() -> None:
    for page in sorted(HOWTOS.glob("*.md")):
        text = page.read_text()
        shown = INCLUDES.findall(text)
        assert shown or "/examples/" not in text, f"{page.name} shows no example whole"
        for name, code in shown:
            assert code == (ROOT / "examples" / name).read_text(), (
                f"{page.name} differs from {name}"
            )
