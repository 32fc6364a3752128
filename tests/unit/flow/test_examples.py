"""The examples are flows that a canvas can show and a run can take."""

import json
from pathlib import Path

import pytest

from shared.flow import JSON, AgentWork, Flow, TemplateWork, parse, render

EXAMPLES = Path(__file__).parents[3] / "examples"


def _example(name: str) -> JSON:
    raw: JSON = json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return raw


def _flow(name: str) -> Flow:
    flow = parse(_example(name), known_agents=())
    assert isinstance(flow, Flow), flow
    return flow


def test_every_example_is_a_flow_with_places_and_labels() -> None:
    names = sorted(path.stem for path in EXAMPLES.glob("*.json"))
    assert names == ["hello-template", "publish", "research", "review", "triage"]
    for name in names:
        raw = _example(name)
        assert isinstance(raw, dict)
        assert isinstance(nodes := raw["nodes"], list)
        assert all(node["data"]["label"] and set(node["position"]) == {"x", "y"} for node in nodes)
        assert _flow(name).steps


def test_research_is_three_agents_in_a_row() -> None:
    flow = _flow("research")
    assert [step.kind for step in flow.steps] == ["input", "agent", "agent", "agent", "output"]
    assert all(len(step.outputs) == 1 for step in flow.steps[:-1])
    assert flow.variables == {"audience"}


def test_publish_shortens_what_is_long_and_asks_a_person() -> None:
    flow = _flow("publish")
    asked = flow.step_of("publish?")
    assert [flow.steps[edge.source].node for edge in asked.inputs] == ["long?", "shorten"]
    assert {edge.handle for edge in asked.outputs} == {"approved", "rejected"}


def test_review_asks_three_reviewers_at_once() -> None:
    flow = _flow("review")
    merge = flow.step_of("reviews")
    assert [flow.steps[e.source].node for e in merge.inputs] == [
        "draft",
        "facts",
        "clarity",
        "tone",
    ]
    assert [flow.steps[sink].node for sink in flow.sinks] == ["text"]
    assert flow.variables == frozenset()


@pytest.mark.parametrize("name", ["research", "review"])
def test_agents_of_examples_bring_their_own_instructions(name: str) -> None:
    works = [step.work for step in _flow(name).steps if isinstance(step.work, AgentWork)]
    assert all(w.instructions and w.model == "claude-haiku-4-5" and w.name for w in works)


def test_hello_template_greets_without_a_model() -> None:
    text = "Ada"
    for step in _flow("hello-template").steps:
        assert isinstance(step.work, TemplateWork)
        rendered = render(step.work.template, input=text, variables={}, outputs={})
        assert isinstance(rendered, str)
        text = rendered
    assert text == "Hello, Ada! Welcome to Penstock.\n\nNo model was asked for this."
