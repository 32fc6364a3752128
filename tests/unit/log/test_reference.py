"""The reference of events says what the models say."""

import json
from pathlib import Path
from typing import get_args

import pytest

from shared.log.reference import reference, schema
from shared.run.facts import Lifecycle, Stream

PAGES = Path(__file__).parents[3] / "docs" / "reference"


def test_the_page_about_events_is_made_from_the_models() -> None:
    assert (PAGES / "events.md").read_text() == reference(), (
        "run: python -m shared.log.reference > docs/reference/events.md"
    )


def test_the_schema_of_events_is_made_from_the_models() -> None:
    assert (PAGES / "events.schema.json").read_text() == schema(), (
        "run: python -m shared.log.reference --schema > docs/reference/events.schema.json"
    )


@pytest.mark.parametrize("kind", [*get_args(Lifecycle), *get_args(Stream)])
def test_every_fact_has_its_place_in_both(kind: type[Lifecycle]) -> None:
    name = kind.model_fields["type"].default
    assert f"## {name}\n" in reference()
    assert kind.__name__ in json.loads(schema())["$defs"]
