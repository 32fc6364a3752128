"""A how-to shows the example that the integration tests run, letter for letter, if it has one."""

import json
import re

from shared.flow import Flow, inline_tools, parse
from tests.architecture.source import ROOT

TOOL = json.loads((ROOT / "examples" / "shop" / "find-item.json").read_text())
# What an MCP server lists is not known here: any definition under its name does.
TOOLS = {name: {**TOOL, "name": name} for name in ("find_item", "notebook")}
HOWTOS = ROOT / "docs" / "howto"
RUNS = re.compile(r"penstock run (examples/\S+\.json)(.*)")
INCLUDES = re.compile(
    r"^\[`examples/(\S+)`\][^\n]*\n\n```(?:python|jsx?)\n(.*?)```$", re.MULTILINE | re.DOTALL
)


def test_every_howto_shows_a_whole_example_as_it_is() -> None:
    for page in sorted(HOWTOS.glob("*.md")):
        text = page.read_text()
        shown = INCLUDES.findall(text)
        assert shown or "/examples/" not in text, f"{page.name} shows no example whole"
        for name, code in shown:
            assert code == (ROOT / "examples" / name).read_text(), (
                f"{page.name} differs from {name}"
            )


def test_the_locks_of_examples_hold_hashes_but_no_address() -> None:
    locks = [*(ROOT / "examples").glob("*/package-lock.json")]
    assert {lock.parent.name for lock in locks} == {"node", "react-page"}
    for lock in locks:
        for name, package in json.loads(lock.read_text())["packages"].items():
            assert "resolved" not in package
            assert not name or package["integrity"].startswith("sha512-")


def test_every_run_that_a_page_shows_is_given_the_variables_of_its_flow() -> None:
    shown = 0
    for page in [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("client/*.md")]:
        for name, rest in RUNS.findall(page.read_text().replace("\\\n", " ")):
            flow = parse(inline_tools(json.loads((ROOT / name).read_text()), TOOLS))
            assert isinstance(flow, Flow)
            given = {pair.partition("=")[0] for pair in re.findall(r"--var ['\"]?(\S+)", rest)}
            assert given == flow.variables, f"{page.name}: penstock run {name}"
            shown += 1
    assert shown
