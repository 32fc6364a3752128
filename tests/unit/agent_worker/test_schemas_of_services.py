"""Schemas of services: which answers fit them, and which paths those may be read by."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from services.agent_worker.checkers import Checkers, Fits, Unfit
from shared.flow import Flow, Invalid, parse
from shared.flow.schema_path import first_unknown
from tests.eventually import PATIENCE_SECONDS
from tests.unit.agent_worker.service_schemas import CASES, Case
from tests.unit.flow.drawing import agent, drawing, edge, node


@pytest.fixture
async def checkers(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Checkers]:
    monkeypatch.setattr("services.agent_worker.checkers.LONGEST_SECONDS", PATIENCE_SECONDS)
    found = Checkers(most=1)
    yield found
    await found.close()


async def test_each_has_answers_that_fit_and_complaints_of_those_that_do_not(
    checkers: Checkers,
) -> None:
    for case in CASES:
        assert await checkers.check(case.schema, case.fits, ("w", "r")) == Fits(case.fits)
        found = await checkers.check(case.schema, case.unfit, ("w", "r"))
        assert isinstance(found, Unfit), case.name
        assert case.complaint in "\n".join(found.complaints), case.name


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_each_has_the_path_that_is_read_of_it(case: Case) -> None:
    assert first_unknown(case.schema, case.path.split(".")) is None


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_template_may_read_the_one_path_and_not_the_other(case: Case) -> None:
    def read(path: str) -> Flow | Invalid:
        last = node("t", template=f"{{{{nodes.a.json.{path}}}}}")
        return parse(drawing([agent("a", output_schema=case.schema), last], [edge("a", "t")]))

    assert isinstance(read(case.path), Flow)
    if not case.unknown:
        assert first_unknown(case.schema, ["whatever"]) is None
        return
    assert first_unknown(case.schema, case.unknown.split(".")) == case.unknown.count(".")
    found = read(case.unknown)
    assert isinstance(found, Invalid)
    assert [problem.code for problem in found.problems] == ["unknown_path"]
    assert f'"nodes.a.json.{case.unknown}"' in found.problems[0].message
