"""The sources of an answer, as a reader of the client knows them."""

from __future__ import annotations

import pytest
from penstock_client.citation_view import CitationView
from penstock_client.view import fold
from pydantic import JsonValue

from tests.unit.client.test_view import event


def test_of_an_attempt_in_flight_the_first_two_hundred_sources_are_known() -> None:
    at: dict[str, JsonValue] = {"step": 0, "node": "a", "attempt": 1, "execution": 1}
    named = [
        event(n, "step.citation", **at, offset=0, citation={"kind": "k", "url": f"https://{n}.x"})
        for n in range(1, 300)
    ]
    found = fold(named).steps[0].citations
    assert (len(found), found[-1].url, found[-1].kind) == (200, "https://200.x", "k")


@pytest.mark.parametrize(
    "said", [None, 7, "x", {}, [None, 7, {}], [{"citation": 7, "offset": "x"}]]
)
def test_an_outcome_whose_sources_are_not_what_they_should_be_is_read(said: JsonValue) -> None:
    at: dict[str, JsonValue] = {"step": 0, "node": "a", "attempt": 1, "execution": 1}
    step = fold([event(1, "step.completed", **at, output="x", citations=said)]).steps[0]
    assert (step.status, step.text) == ("completed", "x")
    assert all(each == CitationView(0) for each in step.citations)
