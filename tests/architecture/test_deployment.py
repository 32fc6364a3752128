"""What compose.yaml, the Dockerfile and the NATS configuration must keep to."""

import json
import re

import pytest

from shared.log.accounts import deployed
from shared.log.declared import consumers
from shared.log.filters import matches
from shared.log.queues import MOST_LANES
from shared.log.rights import roles
from shared.runtime.doors import DATABASE_USERS
from shared.runtime.nats_addresses import servers
from shared.runtime.settings import load
from tests.architecture.source import ROOT
from tests.compose import environment, required, seconds, services

OURS = ("nats", "migrate", "api", "scheduler", "agent-worker", "projector", "provisioner")
SCALED = ("api", "scheduler", "agent-worker", "projector", "provisioner")
DRAIN_SECONDS = 30
VALUES = dict.fromkeys(required(), "letters") | {
    "PENSTOCK_SECRET_KEY": "0" * 64,
    "PENSTOCK_TOKEN": "a-token-of-some-length",
}
IN_CLUSTER = {**VALUES, "NATS_CLUSTER_PASSWORD": "letters"}
DOCKERFILE = (ROOT / "Dockerfile").read_text()
NATS = (ROOT / "deploy" / "nats.conf").read_text()


def test_there_is_a_service_for_every_process_and_nothing_else() -> None:
    assert set(services(VALUES)) == {*OURS, "postgres"}


@pytest.mark.parametrize("name", SCALED)
def test_a_service_may_be_scaled(name: str) -> None:
    service = services(VALUES)[name]
    assert service["deploy"]["replicas"] == 2
    assert "PENSTOCK_INSTANCE" not in service["environment"]
    assert seconds(service["stop_grace_period"]) >= DRAIN_SECONDS + 5


@pytest.mark.parametrize("name", [*OURS, "postgres"])
def test_nothing_has_a_name_of_its_own_or_a_port_outside_but_the_api(name: str) -> None:
    service = services(VALUES)[name]
    assert not {"container_name", "hostname", "network_mode", "privileged"} & set(service)
    assert ("ports" in service) == (name == "api")


def test_the_api_has_a_host_port_for_every_replica() -> None:
    api = services(VALUES)["api"]
    (first, last), inside = re.split("-", api["ports"][0].split(":")[0]), "8080"
    assert int(last) - int(first) + 1 == api["deploy"]["replicas"]
    assert api["ports"][0].endswith(f":{inside}")
    assert environment(api)["PENSTOCK_API_PORT"] == inside


def test_the_ports_that_the_howto_gives_the_api_are_open_to_its_machine_alone() -> None:
    page = (ROOT / "docs" / "howto" / "deploy.md").read_text()
    [given] = re.findall(r'echo "PENSTOCK_PORTS=(.*)"', page)
    assert services({**VALUES, "PENSTOCK_PORTS": given})["api"]["ports"] == [f"{given}:8080"]
    assert given == "127.0.0.1:8080-8081"


@pytest.mark.parametrize("name", [*OURS, "postgres"])
def test_everything_that_stays_is_watched_and_begins_in_order(name: str) -> None:
    service = services(VALUES)[name]
    assert ("healthcheck" in service) == (name != "migrate")
    waits_for = {key: on["condition"] for key, on in service.get("depends_on", {}).items()}
    if name in SCALED:
        assert waits_for == {"migrate": "service_completed_successfully"}
    elif name == "migrate":
        assert waits_for == dict.fromkeys(("nats", "postgres"), "service_healthy")


@pytest.mark.parametrize("name", OURS)
def test_a_container_is_one_process_without_privileges(name: str) -> None:
    service = services(VALUES)[name]
    command = service["command"]
    assert isinstance(command, list)
    assert (
        command[0] == "nats-server" if name == "nats" else command == ["python", "-m", "cli", name]
    )
    assert service["cap_drop"] == ["ALL"]
    assert "init" not in service
    assert "user" not in service


def test_postgres_is_not_root_either() -> None:
    assert services(VALUES)["postgres"]["user"] == "postgres"


@pytest.mark.parametrize("name", [*SCALED, "migrate"])
def test_the_environment_of_a_service_makes_valid_settings(name: str) -> None:
    settings = load(name, environment(services(VALUES)[name]))
    assert settings.monitor_host == "0.0.0.0"
    assert settings.nats_url == f"nats://{name}:letters@nats:4222"
    user = "penstock" if name == "migrate" else DATABASE_USERS.get(name)
    database = f"postgresql://{user}:letters@postgres:5432/penstock" if user else None
    assert environment(services(VALUES)[name]).get("DATABASE_URL") == database


@pytest.mark.parametrize("name", [*SCALED, "migrate"])
def test_a_service_of_a_cluster_knows_all_three_servers(name: str) -> None:
    alone, cluster = services(VALUES), services(IN_CLUSTER, "compose.cluster.yaml")
    together = environment(alone[name]) | environment(cluster[name])
    settings = load(name, together)
    hosts = ("nats", "nats-2", "nats-3")
    assert servers(settings.nats_url) == [f"nats://{name}:letters@{host}:4222" for host in hosts]
    assert settings.replicas == (3 if name == "migrate" else None)


def test_a_cluster_is_of_three_servers_each_with_a_name_and_a_volume_of_its_own() -> None:
    alone, cluster = services(VALUES)["nats"], services(IN_CLUSTER, "compose.cluster.yaml")
    nodes = [cluster[name] for name in ("nats", "nats-2", "nats-3")]
    assert {environment(node)["NATS_SERVER_NAME"] for node in nodes} == {
        *("nats-1", "nats-2", "nats-3")
    }
    volumes = [volume for node in (alone, *nodes) for volume in node["volumes"]]
    assert len({each.partition(":")[0] for each in volumes if each.endswith("/nats")}) == 4
    for node in nodes:
        routes = json.loads(environment(node)["NATS_ROUTES"])
        assert [each.rpartition("@")[2] for each in routes] == [
            *("nats:6222", "nats-2:6222", "nats-3:6222")
        ]


def test_encryption_is_the_same_nats_and_is_told_to_every_service() -> None:
    alone, laid_over = services(VALUES), services(VALUES, "compose.tls.yaml")
    assert set(laid_over) == set(OURS)
    for name in (*SCALED, "migrate"):
        settings = load(name, environment(alone[name]) | environment(laid_over[name]))
        assert settings.nats_tls.ca
        assert [each.split(":")[1] for each in laid_over[name]["volumes"]] == [settings.nats_tls.ca]
    nats = laid_over["nats"]
    options = dict(each.split("=") for each in nats["command"][1:])
    mounted = {each.split(":")[1] for each in nats["volumes"]}
    assert mounted == {options.pop("--tlscert"), options.pop("--tlskey")}
    assert [nats["command"][0], *sum(options.items(), ())] == alone["nats"]["command"]


def test_a_variable_that_is_missing_is_named() -> None:
    for name in sorted(required()):
        with pytest.raises(KeyError, match=name):
            services({key: value for key, value in VALUES.items() if key != name})


def test_the_image_is_built_from_the_lock_on_a_base_of_ones_choice_and_drops_root() -> None:
    args = re.findall(r"^ARG (.*)$", DOCKERFILE, re.MULTILINE)
    assert args == ["BASE=python:3.11-slim", "NODE=node:24-slim"]
    assert re.findall(r"^FROM (.+)$", DOCKERFILE, re.MULTILINE) == [
        *("${NODE} AS console", "${BASE} AS packages", "${BASE}")
    ]
    assert "npm ci --omit=dev --ignore-scripts" in DOCKERFILE
    assert "--require-hashes --no-deps -r requirements.lock" in DOCKERFILE
    users = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    assert users
    assert users[-1] not in ("root", "0")
    uid = re.search(r"--uid (\d+)", DOCKERFILE)
    assert uid is not None
    assert int(uid[1]) >= 1000


def test_every_copied_file_is_let_into_the_image_and_there() -> None:
    let_in = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert source.split("/")[0] in let_in, source


def test_the_configuration_of_nats_is_made_of_the_roles() -> None:
    assert deployed(NATS) == NATS, "deploy/nats.conf is not of shared/log/rights.py: make docs"


def test_no_role_of_a_running_service_may_create_a_consumer() -> None:
    for role in roles():
        if role.name != "migrate":
            create = "$JS.API.CONSUMER.CREATE.RUNS.ext-any"
            durable = "$JS.API.CONSUMER.DURABLE.CREATE.RUNS.any"
            may = (*role.stores, *role.asks)
            assert not any(matches(each, s) for each in may for s in (create, durable)), role.name


def test_workers_may_pull_what_is_declared_for_the_default_pools() -> None:
    pools = load("migrate", {}).pools
    may = {subject for role in roles() for subject in role.may_publish}
    for stream, consumer in consumers(1, pools, MOST_LANES):
        assert f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer['name']}" in may


def test_the_howto_makes_every_variable_without_which_nothing_starts() -> None:
    page = (ROOT / "docs" / "howto" / "deploy.md").read_text()
    loops = re.findall(r'for role in (.*); do\s+echo "(\w+)_\$\{role\}_PASSWORD=', page)
    made = {f"{of}_{role}_PASSWORD" for roles_of, of in loops for role in roles_of.split()}
    made |= set(re.findall(r'echo "(\w+)=', page))
    assert required() <= made
