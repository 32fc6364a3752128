"""What a stack on one machine is made of, as data: the servers, and the services by name."""

import json
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from cli.up.child import Part
from cli.up.data import DataDirectory
from cli.up.nats import EmbeddedNats
from cli.up.port import LOOPBACK, free_port
from cli.up.postgres import EmbeddedPostgres, identity
from cli.up.probe import HttpMonitor, PostgresMonitor, ServiceMonitor
from shared.log.opening import bounds_of
from shared.runtime.doors import DATABASE_USERS
from shared.runtime.model_providers import ModelProvider
from shared.runtime.settings import Settings

DRAIN_SECONDS = 3
# For stores of earlier versions that hold more than their bound: they keep all of it.
STORE_MARGIN_BYTES = 16 << 30
SIMULATED_KEY = "simulated"
BASE_URLS = ("ANTHROPIC_BASE_URL", "OPENAI_BASE_URL", "PENSTOCK_PROVIDERS")
PROVIDER_KEYS = "PENSTOCK_PROVIDER_KEYS"
OPENID_SECRET = "PENSTOCK_OIDC_CLIENT_SECRET"
EGRESS_PROXY = "PENSTOCK_EGRESS_PROXY"
_OF_SOME = (OPENID_SECRET, EGRESS_PROXY, PROVIDER_KEYS)
SECRET = ("PENSTOCK_TOKEN", "PENSTOCK_SECRET_KEY", *_OF_SOME)  # or files of them
EXAMPLES = f"{LOOPBACK}:9078,{LOOPBACK}:9200"
"""Where examples/shop and examples/notebook listen: all that tools may call here, unless it is set.
"""
MACHINE = (
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ", "LANG", "TERM"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("VIRTUAL_ENV", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
)
MACHINE_PREFIXES = ("LC_", "PYTHON", "COV_", "COVERAGE_", "MALLOC_", "GO")
# The server's heap is small and its garbage short-lived: collecting it half as often saves a tenth
# of its CPU for a few tens of MiB under load.
NATS_GOGC = "300"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The addresses of one stack, chosen before anything starts."""

    data: DataDirectory
    nats: EmbeddedNats
    postgres: EmbeddedPostgres
    api_port: int
    simulator_port: int | None
    workers: int
    providers: tuple[ModelProvider, ...] = ()

    @property
    def api_url(self) -> str:
        return f"http://{LOOPBACK}:{self.api_port}"

    @property
    def simulated(self) -> bool:
        return self.simulator_port is not None


def planned(
    data: DataDirectory, settings: Settings, *, api_port: int, workers: int, live: bool
) -> Plan:
    """A plan for `data`, on the ports of last time where they are free."""

    def port(name: str) -> int:
        chosen = free_port(data.remembered(name))
        data.remember(name, chosen)
        return chosen

    return Plan(
        data=data,
        nats=EmbeddedNats(
            folder=data.path / "nats",
            port=port("nats"),
            monitor_port=port("nats-monitor"),
            max_store_bytes=bounds_of(settings).together + STORE_MARGIN_BYTES,
            passwords=data.passwords().nats,
        ),
        postgres=EmbeddedPostgres(
            folder=data.path / "postgres",
            port=port("postgres"),
            password=data.secrets().database_password,
        ),
        api_port=api_port,
        simulator_port=None if live else port("simulator"),
        workers=workers,
        providers=settings.providers,
    )


def servers(plan: Plan) -> list[Part]:
    """NATS, PostgreSQL and, where answers are simulated, the simulator; made ready to start."""
    parts = [
        Part(
            name="nats",
            command=plan.nats.prepared(),
            monitor=HttpMonitor(plan.nats.monitor_url, "/healthz"),
            environ={**of_the_machine(), "GOGC": NATS_GOGC},
        ),
        Part(
            name="postgres",
            command=plan.postgres.prepared(),
            monitor=PostgresMonitor(plan.postgres),
            environ=of_the_machine(),
            identity=identity(),
            stop=signal.SIGINT,
        ),
    ]
    if plan.simulator_port is not None:
        url = f"http://{LOOPBACK}:{plan.simulator_port}"
        command = penstock("simulator", "--port", str(plan.simulator_port))
        parts.append(
            Part(
                name="simulator",
                command=command,
                monitor=HttpMonitor(url, "/health"),
                environ=environ(plan, "simulator"),
            )
        )
    return parts


def services(plan: Plan) -> list[Part]:
    """The services, in the order in which they are shown."""
    workers = [f"agent-worker-{n}" for n in range(1, plan.workers + 1)]
    return [
        Part(
            name=name,
            command=penstock("agent-worker" if name in workers else name),
            monitor=ServiceMonitor(plan.data.path / "monitors" / name),
            environ=environ(plan, name),
        )
        for name in ("api", "scheduler", "projector", "provisioner", *workers)
    ]


def penstock(*arguments: str) -> tuple[str, ...]:
    """The command line of one of our own commands, whatever the working directory holds."""
    return (sys.executable, "-P", "-m", "cli", *arguments)


def environ(plan: Plan, name: str) -> Mapping[str, str]:
    """The environment of one process of ours: what it needs of the caller's, then of the plan."""
    role = _role(name)
    given = of_the_machine() | {
        key: value
        for key, value in os.environ.items()
        if key.startswith("PENSTOCK_") and not key.startswith(SECRET)
    }
    given.setdefault("PENSTOCK_LOG_FORMAT", "console")
    # One scheduler and one projector work them all, and each costs nats-server two consumers; a
    # lane costs two of each pool, and one machine has few workspaces to keep apart.
    given.setdefault("PENSTOCK_PARTITIONS", "1")
    given.setdefault("PENSTOCK_LANES", "1")
    given.pop("PENSTOCK_INSTANCE", None)
    if role == "agent-worker":
        given.setdefault("PENSTOCK_EGRESS_ALLOW", EXAMPLES)
    direct = ",".join(filter(None, [given.get("NO_PROXY"), LOOPBACK, "localhost"]))
    return (
        given
        | _secrets(plan, role)
        | {
            "PENSTOCK_API_HOST": LOOPBACK,
            "PENSTOCK_API_PORT": str(plan.api_port),
            "PENSTOCK_DRAIN_SECONDS": str(DRAIN_SECONDS),
            "PENSTOCK_MONITOR_PORT": "0",
            "PENSTOCK_MONITOR_FILE": str(plan.data.path / "monitors" / name),
            "NO_PROXY": direct,
            "no_proxy": direct,
        }
    )


def of_the_machine() -> dict[str, str]:
    """What any program needs of the caller's environment; no secret of the caller's."""
    return {
        key: value
        for key, value in os.environ.items()
        if key in MACHINE or key.startswith(MACHINE_PREFIXES)
    }


def _role(name: str) -> str:
    return "agent-worker" if name.startswith("agent-worker") else name


def _secrets(plan: Plan, role: str) -> dict[str, str]:
    """The addresses and secrets that a role has, and no other's."""
    kept, passwords = plan.data.secrets(), plan.data.passwords()
    given: dict[str, str] = {}
    if role in passwords.nats:
        given["NATS_URL"] = plan.nats.url_of(role)
    if user := DATABASE_USERS.get(role):
        given["DATABASE_URL"] = plan.postgres.url_for(user, passwords.postgres[user])
    if role == "migrate":
        given["DATABASE_URL"] = plan.postgres.url
        for name, user in DATABASE_USERS.items():
            given[f"POSTGRES_{name.upper()}_PASSWORD"] = passwords.postgres[user]
    if role == "api":
        given["PENSTOCK_TOKEN"] = kept.token
        given |= {k: v for k, v in os.environ.items() if k.startswith(OPENID_SECRET)}
    if role == "agent-worker":
        given |= {k: v for k, v in os.environ.items() if k.startswith(EGRESS_PROXY)}
    if role == "api" and plan.simulated:
        given["PENSTOCK_SIMULATED"] = "1"
    if role in ("api", "agent-worker"):
        given["PENSTOCK_SECRET_KEY"] = kept.secret_key
        given |= _provider(plan, role)
    return given


def _provider(plan: Plan, role: str) -> dict[str, str]:
    """Where the model providers are; workers also have keys of them."""
    if plan.simulator_port is None:
        of_them = ("ANTHROPIC_", "OPENAI_", PROVIDER_KEYS)
        found = {k: v for k, v in os.environ.items() if k.startswith(of_them)}
    else:
        found = _simulated(plan, f"http://{LOOPBACK}:{plan.simulator_port}")
    return found if role == "agent-worker" else {k: v for k, v in found.items() if k in BASE_URLS}


def _simulated(plan: Plan, address: str) -> dict[str, str]:
    """The simulator in place of every provider, so that nothing is asked of a real one."""
    of_kind = {"anthropic": address, "openai": f"{address}/v1"}
    providers = [
        each.model_copy(update={"base_url": of_kind[each.kind]}) for each in plan.providers
    ]
    found = {
        "ANTHROPIC_BASE_URL": of_kind["anthropic"],
        "ANTHROPIC_API_KEY": SIMULATED_KEY,
        "OPENAI_BASE_URL": of_kind["openai"],
        "OPENAI_API_KEY": SIMULATED_KEY,
    }
    if providers:
        found["PENSTOCK_PROVIDERS"] = json.dumps([each.model_dump() for each in providers])
        found[PROVIDER_KEYS] = json.dumps({each.name: SIMULATED_KEY for each in providers})
    return found
