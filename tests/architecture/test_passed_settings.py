"""Every setting is passed to the containers that read it, so that a line in .env does something."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from shared.runtime.settings import Settings, load
from tests.architecture.source import ROOT
from tests.compose import environment, services
from tests.deployment import VALUES

READ = re.compile(r"\bsettings\.([a-z_]+)")
VARIABLES = {name: field.alias for name, field in Settings.model_fields.items() if field.alias}
PLACES: Mapping[str, str] = {
    "migrate": "cli/migrate.py",
    "api": "services/api/**/*.py",
    "scheduler": "services/scheduler/**/*.py",
    "agent-worker": "services/agent_worker/**/*.py",
    "projector": "services/projector/**/*.py",
    "provisioner": "services/provisioner/**/*.py",
}
NOT_PASSED: Mapping[str, str] = {
    "PENSTOCK_URL": "it is the command line's",
    "PENSTOCK_STACK": "it is the command line's",
    "PENSTOCK_MONITOR_FILE": "it tells of a port that is chosen, and in a container that is 9090",
    "PENSTOCK_SIMULATED": "`penstock up` says it, which starts the simulator",
    "PENSTOCK_INSTANCE": "each replica has a name of its own",
}
# What compose.yaml says itself, or makes of passwords.
FIXED = ("NATS_URL", "DATABASE_URL", "PENSTOCK_(API|MONITOR)_(HOST|PORT)")


def read_in(places: str) -> set[str]:
    """The variables whose settings the code in these files reads."""
    names = {name for file in ROOT.glob(places) for name in READ.findall(file.read_text())}
    return {VARIABLES[name] for name in names if name in VARIABLES}


def passed_to(service: str, values: Mapping[str, str] = VALUES) -> dict[str, str]:
    """The settings among what compose.yaml gives a service."""
    given = environment(services(values)[service])
    return {name: value for name, value in given.items() if name in VARIABLES.values()}


def test_every_setting_is_passed_to_some_service_or_there_is_a_reason_why_not() -> None:
    passed = {name for service in PLACES for name in passed_to(service)}
    for name in VARIABLES.values():
        assert (name in passed) != (name in NOT_PASSED), f"{name}: pass it on in compose.yaml"


@pytest.mark.parametrize("service", PLACES)
def test_a_service_is_passed_what_its_code_reads(service: str) -> None:
    by_all = {"PENSTOCK_WAIT_SECONDS", "NATS_TLS_CA", "NATS_TLS_CERT", "NATS_TLS_KEY"}
    read = read_in(PLACES[service]) | read_in("shared/runtime/*.py") | by_all
    if service == "migrate":
        read |= read_in("shared/log/opening.py")
    assert sorted(read - passed_to(service).keys() - NOT_PASSED.keys()) == []


@pytest.mark.parametrize("service", PLACES)
def test_what_env_says_arrives_and_what_it_does_not_say_is_the_default(service: str) -> None:
    said = {name: f"what .env says of {name}" for name in VARIABLES.values()}
    for name, value in passed_to(service, {**VALUES, **said}).items():
        assert value == said[name] or any(re.fullmatch(each, name) for each in FIXED), name
    settings, default = load(service, passed_to(service)), load("scheduler", {})
    optional = {name for name, value in passed_to(service).items() if not value}
    for field, name in VARIABLES.items():
        assert name not in optional or getattr(settings, field) == getattr(default, field), name
