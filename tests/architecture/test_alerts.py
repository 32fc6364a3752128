"""Alerts and dashboard speak of metrics that exist; every alert is explained, and was tried."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import yaml

from cli.commands import root
from services.agent_worker.signals import OPERATORS_CODES
from tests.acceptance.installation import SERVICES
from tests.acceptance.troubles import TROUBLES
from tests.architecture.source import ROOT

DEPLOY, REFERENCE = ROOT / "deploy", ROOT / "docs" / "reference"
HOWTO = ROOT / "docs" / "howto" / "alerts.md"
METRIC = re.compile(r"\b(penstock_\w+)(?:\{([^}]*)\})?")
ROW = re.compile(r"^\| `(penstock_\w+)` \| (\w+) \| .*? \| .*? \| (.*?) \|", re.MULTILINE)
GROUPED = re.compile(r"by \(([^)]*)\)")
# What Prometheus and its library for Python tell by themselves, and labels that it adds.
GIVEN = {"up", "ALERTS", "process_cpu_seconds_total", "process_resident_memory_bytes"}
ADDED = {"job", "instance", "le", "alertname", "alertstate"}
FOREIGN = re.compile(r"\b(up|ALERTS|process_\w+)\b")


@cache
def documented() -> dict[str, set[str]]:
    """The labels of every sample that the services tell, by its name, as signals.md lists them."""
    found = {}
    for name, kind, labels in ROW.findall((REFERENCE / "signals.md").read_text()):
        named = set(re.findall(r"`(\w+)`", labels))
        suffixes = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
        found.update({name + suffix: named for suffix in suffixes})
    return found


@cache
def rules() -> dict[str, Any]:
    """The alerts by name."""
    read = yaml.safe_load((DEPLOY / "alerts.yml").read_text())
    return {rule["alert"]: rule for group in read["groups"] for rule in group["rules"]}


@cache
def sections() -> dict[str, str]:
    """What the how-to says of each alert, by name."""
    parts = re.split(r"^## ", HOWTO.read_text(), flags=re.MULTILINE)[1:]
    return {name: text for name, _, text in (part.partition("\n") for part in parts)}


def panels() -> list[dict[str, Any]]:
    """The panels of the dashboard, without the titles of its rows."""
    board = json.loads((DEPLOY / "grafana-dashboard.json").read_text())
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def expressions() -> Iterator[tuple[str, str]]:
    """Every expression of rules and dashboard, with where it stands."""
    for name, rule in rules().items():
        yield name, rule["expr"]
    for panel in panels():
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def test_every_metric_that_is_asked_for_exists() -> None:
    asked = {(where, name) for where, text in expressions() for name, _ in METRIC.findall(text)}
    assert len(asked) > len(rules())
    assert [each for each in asked if each[1] not in documented()] == []
    foreign = {name for _, text in expressions() for name in FOREIGN.findall(text)}
    assert foreign <= GIVEN


def test_every_label_that_is_asked_for_is_one_of_its_metric() -> None:
    wrong: list[tuple[str, str]] = []
    for where, text in expressions():
        allowed = set(ADDED)
        for name, matched in METRIC.findall(text):
            allowed |= documented()[name]
            wanted = set(re.findall(r"(\w+)[=!]", matched))
            wrong += [(where, each) for each in wanted - documented()[name] - ADDED]
        grouped = {each.strip() for found in GROUPED.findall(text) for each in found.split(",")}
        wrong += [(where, each) for each in grouped - allowed]
    assert wrong == []


def test_every_part_of_health_that_is_asked_for_exists() -> None:
    known = set(re.findall(r"^\| `(\w+)` \|", (REFERENCE / "health.md").read_text(), re.MULTILINE))
    asked = {part for _, text in expressions() for part in re.findall(r'part="(\w+)"', text)}
    assert asked
    assert asked <= known


def test_services_are_told_apart_by_the_jobs_that_exist() -> None:
    read = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())
    jobs = {each["job_name"] for each in read["scrape_configs"]}
    composed = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    assert jobs == set(SERVICES) == composed.keys() - {"nats", "postgres", "migrate"}
    for _, text in expressions():
        for found in re.findall(r'job=~?"([^"]*)"', text):
            assert set(found.split("|")) <= jobs
    gone = rules()["PenstockServiceGone"]["expr"]
    assert set(re.findall(r'job="([^"]*)"', gone)) == jobs


def test_the_codes_only_an_operator_can_mend_are_those_a_provider_gives() -> None:
    asked = re.search(r'code=~"([^"]*)"', rules()["PenstockModelRefusesUs"]["expr"])
    assert asked is not None
    assert set(asked[1].split("|")) == set(OPERATORS_CODES)
    sources = [ROOT / f"services/agent_worker/providers/{n}.py" for n in ("causes", "transport")]
    given = {code for each in sources for code in re.findall(r'Kind\("(\w+)"', each.read_text())}
    assert set(OPERATORS_CODES) <= given


def test_every_alert_has_a_section_and_every_section_an_alert() -> None:
    assert sections().keys() == rules().keys()


@pytest.mark.parametrize("name", rules())
def test_an_alert_says_how_urgent_it_is_and_where_to_read_on(name: str) -> None:
    rule = rules()[name]
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["runbook"] == f"docs/howto/alerts.md#{name.lower()}"
    for word in ("**Means**:", "**Do**:", "**Tried**:"):
        assert sections()[name].count(word) == 1, f"{name}: say {word} once"


def test_every_alert_is_brought_about() -> None:
    assert {name for trouble in TROUBLES for name in trouble.alerts} == rules().keys()


def test_the_how_to_names_commands_that_exist() -> None:
    named = set(re.findall(r"`?penstock ([a-z]+)", HOWTO.read_text()))
    assert named
    assert named <= root().commands.keys()


def test_every_panel_says_what_it_shows_and_none_lies_on_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        assert panel["title"]
        assert panel["description"]
        assert panel["fieldConfig"]["defaults"]["unit"]
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken
        taken |= cells
