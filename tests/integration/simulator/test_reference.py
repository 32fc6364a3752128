"""The page about markers is the table of options itself."""

from pathlib import Path

from simulator.markers.option import OPTIONS, reference
from simulator.markers.script import Script

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "simulator.md"


def test_the_reference_in_the_docs_is_the_table_of_options() -> None:
    assert reference() in PAGE.read_text(), "paste: python -m simulator.markers.option"


def test_every_option_has_its_place_in_a_script() -> None:
    scoped = {name for name, option in OPTIONS.items() if option.group == "scope"}
    assert set(Script.model_fields) == set(OPTIONS) - scoped
