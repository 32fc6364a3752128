"""How much a server of a tool takes on."""

from __future__ import annotations

from typing import Any

import pytest
from penstock_client import ToolBounds


@pytest.mark.parametrize(
    "bounds",
    [
        {"at_once": 0},
        {"at_once": -1},
        {"most_waiting": -1},
        {"drain_seconds": -0.1},
        {"drain_seconds": float("nan")},
    ],
)
def test_bounds_by_which_no_call_would_be_carried_out_are_refused(bounds: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"expected at_once of 1 or more, .* got "):
        ToolBounds(**bounds)


def test_the_smallest_are_one_call_at_once_and_no_other_that_waits() -> None:
    assert ToolBounds(at_once=1, most_waiting=0, drain_seconds=0).at_once == 1
