"""CEL's own conformance cases, asked of the evaluators that workers use.

    cel_cases.json   [{"section", "name", "expression", "bindings"?, "value" | "error"}, ...]

`bindings` is the text that comes in, as JSON; `value` is a literal of CEL. A case gives its value
or its error, or it is refused before a run would begin; docs/reference/flows.md lists sections of
which cases are refused that have a value.

Source: cel-spec, tests/simple/testdata, without what a condition cannot name (messages, containers,
functions of others); variables became fields of `json`, and values literals.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from services.agent_worker.evaluators import Evaluators, Fault, Question
from shared.flow import Branch, ConditionWork
from shared.flow.expression import complaint
from tests.eventually import PATIENCE_SECONDS

HERE = Path(__file__).parent
FLOWS = HERE.parents[2] / "docs/reference/flows.md"
Verdict: TypeAlias = Literal["passed", "refused", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An expression, and what CEL says that it is."""

    section: str
    name: str
    expression: str
    bindings: object = None
    value: str = "true"
    error: str | None = None

    def forms(self) -> list[str]:
        """Expressions that are all true if this one has its value and its type."""
        if self.error is not None or self.value == "true":
            return [self.expression]
        if re.fullmatch(r"\(+7\)+", self.expression):  # as deep as may be
            return [f"{self.value} == {self.expression}"]
        own = f"({self.expression}\n)"  # it may end in a comment
        if "NaN" in self.value:
            return [f"string({own}) == string({self.value})"]
        return [f"dyn({self.value}) == dyn({own})", f"type(dyn({self.value})) == type(dyn({own}))"]

    def question(self, form: str) -> Question:
        work = ConditionWork(branches=(Branch(handle="holds", expression=form),))
        return Question(work, json.dumps(self.bindings), {}, "w", "r")


CASES = [Case(**case) for case in json.loads((HERE / "cel_cases.json").read_text())]


async def judged(case: Case, evaluators: Evaluators) -> Verdict:
    """What becomes of a case."""
    forms = case.forms()
    if case.error is not None and complaint(case.expression):
        wrapped = f"dyn({case.expression}\n) == true"  # of no kind that a condition may be
        if complaint(wrapped):
            return "refused"
        forms = [wrapped]
    for form in forms:
        if complaint(form):
            return "refused"
        found = await evaluators.first_that_holds(case.question(form), PATIENCE_SECONDS)
        is_error = isinstance(found, Fault) and found.code == "expression_failed"
        if not (found == "holds" if case.error is None else is_error):
            return "failed"
    return "passed"


async def test_every_case_gives_its_value_or_its_error_or_is_refused_before() -> None:
    evaluators = Evaluators(most=2)
    verdicts = [await judged(case, evaluators) for case in CASES]
    await evaluators.close()
    failed = [case for case, verdict in zip(CASES, verdicts, strict=True) if verdict == "failed"]
    assert failed == []
    assert Counter(verdicts) == {"passed": 1106, "refused": 61}


async def test_what_is_refused_though_it_has_a_value_is_listed_by_section() -> None:
    refused = {c.section for c in CASES if c.error is None and any(map(complaint, c.forms()))}
    page = FLOWS.read_text()
    assert sorted(section for section in refused if f"`{section}`" not in page) == []
