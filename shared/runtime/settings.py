"""The registry of settings: every environment variable Penstock reads, its type and its meaning.

`load` reads the environment once, reports every problem at once and returns a frozen object.
A variable that begins with `PENSTOCK_` and is not declared here is an error: a misspelt setting
must not silently do nothing. An empty value counts as unset. `docs/reference/settings.md` is
this file as a table: `python -m shared.runtime.settings` prints it.
"""

import os
import re
import socket
import sys
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from shared.errors import Rejected
from shared.runtime.addresses import (
    HttpUrl,
    NatsUrls,
    OwnOrigins,
    PostgresUrl,
    Proxies,
    PublicUrl,
    split,
)
from shared.runtime.doors import Doors, doors_last
from shared.runtime.egress import EgressPlaces, EgressProxy
from shared.runtime.model_providers import Providers
from shared.runtime.secret_files import NOTE, SecretKeys, read_files, secret_keys_of
from shared.runtime.sign_in import incomplete, shown

PREFIX = "PENSTOCK_"

REQUIRED: Mapping[str, frozenset[str]] = {
    "api": frozenset({"PENSTOCK_TOKEN", "PENSTOCK_SECRET_KEY"}),
}
"""Variables without which a service cannot start, by service."""


class SettingsInvalid(Rejected):
    """The environment does not make valid settings; the message lists every problem."""

    code = "settings_invalid"


def _instance() -> str:
    host = re.sub(r"[^A-Za-z0-9_-]", "-", socket.gethostname())[:40] or "host"
    return f"{host}-{os.getpid()}"


Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,63}$")]
Names = Annotated[tuple[Name, ...], BeforeValidator(split), Field(min_length=1)]
Replicas = Annotated[Literal[1, 3], BeforeValidator(lambda n: {"1": 1, "3": 3}.get(n, n))]
Origins = Annotated[
    tuple[Annotated[str, StringConstraints(pattern=r"^(\*|https?://[^/\s]+)$")], ...],
    BeforeValidator(split),
]
Port = Annotated[int, Field(ge=0, le=65535)]
Count = Annotated[int, Field(ge=1)]
StoreBytes = Annotated[int, Field(ge=1 << 20)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Settings(Providers, Doors):
    """What one process was told by its environment; secrets are masked wherever it is shown."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_by_name=True, hide_input_in_errors=True
    )

    service: str = Field(exclude=True, description="the service these settings were read for")
    nats_url: NatsUrls = Field(
        "nats://127.0.0.1:4222",
        alias="NATS_URL",
        description="NATS servers with JetStream, 2.14 or newer; several with commas",
    )
    database_url: PostgresUrl = Field(
        "postgresql://127.0.0.1/penstock",
        alias="DATABASE_URL",
        description="the Postgres database; may hold a password, so it is never logged",
        repr=False,
    )
    workspace: Name = Field(
        "default", alias="PENSTOCK_WORKSPACE", description="the workspace of PENSTOCK_TOKEN"
    )
    token: SecretStr | None = Field(
        None,
        alias="PENSTOCK_TOKEN",
        description="bearer token that opens the workspace",
        min_length=16,
    )
    secret_key: SecretKeys | None = Field(
        None,
        alias="PENSTOCK_SECRET_KEY",
        description="32 random bytes as 64 hex digits, for api and workers: seals keys, "
        "signs tickets; several with commas, the newest first",
    )
    url: HttpUrl | None = Field(
        None, alias="PENSTOCK_URL", description="the api that the command line talks to"
    )
    stack: str | None = Field(
        None, alias="PENSTOCK_STACK", description="the stack.json that the command line goes by"
    )
    api_host: str = Field(
        "127.0.0.1", alias="PENSTOCK_API_HOST", description="address the api listens on"
    )
    api_port: Port = Field(
        8080, alias="PENSTOCK_API_PORT", description="port the api listens on; 0 picks one"
    )
    public_url: PublicUrl | None = Field(
        None,
        alias="PENSTOCK_PUBLIC_URL",
        description="the api's own URL as clients see it, for the URLs it hands out; "
        "default: what each request was sent to",
    )
    trusted_proxies: Proxies = Field(
        ("127.0.0.1", "::1"),
        alias="PENSTOCK_TRUSTED_PROXIES",
        description="addresses and networks, with commas, whose X-Forwarded-Proto and -For are "
        "believed; * is any",
    )
    cors_origins: Origins = Field(
        (),
        alias="PENSTOCK_CORS_ORIGINS",
        description="origins whose pages may open event streams, with commas; * is any",
    )
    trusted_origins: OwnOrigins = Field(
        (),
        alias="PENSTOCK_TRUSTED_ORIGINS",
        description="origins besides the api's own whose pages may write with the cookie of a "
        "session, with commas",
    )
    partitions: Annotated[int, Field(ge=1, le=1024)] = Field(
        8, alias="PENSTOCK_PARTITIONS", description="partitions of a log that is created; may grow"
    )
    lanes: Annotated[int, Field(ge=1, le=8)] = Field(
        4,
        alias="PENSTOCK_LANES",
        description="lanes that workspaces are spread over, so that one's queued steps do not keep "
        "all others waiting, for `penstock migrate`; may grow",
    )
    replicas: Replicas | None = Field(
        None,
        alias="PENSTOCK_REPLICAS",
        description="how many NATS servers keep each stream, 1 or 3, for `penstock migrate`; "
        "unset: as many as do, 1 at first",
    )
    pools: Names = Field(
        ("default", "local"),
        alias="PENSTOCK_POOLS",
        description="pools that exist, and that a worker serves, with commas",
    )
    model_slots: Count = Field(
        64, alias="PENSTOCK_MODEL_SLOTS", description="model calls one worker makes at a time"
    )
    local_slots: Count = Field(
        16, alias="PENSTOCK_LOCAL_SLOTS", description="cheap steps one worker runs at a time"
    )
    default_model: str = Field(
        "claude-haiku-5-5",
        alias="PENSTOCK_DEFAULT_MODEL",
        description="model of agents that name none; the api writes it into a run's flow",
    )
    delta_milliseconds: Annotated[float, Field(ge=0, le=10_000)] = Field(
        25,
        alias="PENSTOCK_DELTA_MILLISECONDS",
        description="how long a worker gathers text into one delta; 0 sends each chunk",
    )
    egress_allow: EgressPlaces = Field(
        (),
        alias="PENSTOCK_EGRESS_ALLOW",
        description="names, addresses and networks, with commas, each with a port or without, that "
        "tools may call besides public addresses",
    )
    egress_proxy: EgressProxy | None = Field(
        None,
        alias="PENSTOCK_EGRESS_PROXY",
        description="the proxy that tools call through, which then decides where; may hold a "
        "password",
    )
    drain_seconds: Seconds = Field(
        30,
        alias="PENSTOCK_DRAIN_SECONDS",
        description="how long a stopping service may finish what it holds",
    )
    linger_seconds: Annotated[int, Field(ge=10)] = Field(
        3600,
        alias="PENSTOCK_LINGER_SECONDS",
        description="how long a finished run stays in the log; in service at least 600",
    )
    max_log_bytes: StoreBytes = Field(
        8 << 30, alias="PENSTOCK_MAX_LOG_BYTES", description="size limit of the log, bytes"
    )
    max_blob_bytes: StoreBytes = Field(
        16 << 30,
        alias="PENSTOCK_MAX_BLOB_BYTES",
        description="size limit of all texts over 64 KiB together, bytes",
    )
    max_flow_bytes: StoreBytes = Field(
        4 << 30,
        alias="PENSTOCK_MAX_FLOW_BYTES",
        description="size limit of all flow versions together, bytes",
    )
    max_key_bytes: StoreBytes = Field(
        2 << 30,
        alias="PENSTOCK_MAX_KEY_BYTES",
        description="size limit of a day's Idempotency-Keys, about 300 bytes each",
    )
    max_timer_bytes: StoreBytes = Field(
        1 << 30,
        alias="PENSTOCK_MAX_TIMER_BYTES",
        description="size limit of all timers that stand, about 600 bytes each",
    )
    max_run_bytes: StoreBytes = Field(
        256 << 20,
        alias="PENSTOCK_MAX_RUN_BYTES",
        description="how much one run may write, its input and the outputs of its steps, bytes; "
        "more ends it as `run_too_large`",
    )
    max_workspace_bytes: StoreBytes = Field(
        4 << 30,
        alias="PENSTOCK_MAX_WORKSPACE_BYTES",
        description="how much the runs of a workspace may keep in the log, large texts only, "
        "bytes; with more it is refused new runs (`workspace_full`)",
    )
    wait_seconds: Seconds = Field(
        60,
        alias="PENSTOCK_WAIT_SECONDS",
        description="how long to wait at start for NATS, Postgres and `penstock migrate`",
    )
    monitor_host: str = Field(
        "127.0.0.1",
        alias="PENSTOCK_MONITOR_HOST",
        description="address that answers /health, /health/ready and /metrics",
    )
    monitor_port: Port = Field(
        0, alias="PENSTOCK_MONITOR_PORT", description="port of the same; 0 picks one"
    )
    monitor_file: str | None = Field(
        None,
        alias="PENSTOCK_MONITOR_FILE",
        description="file that is given the monitor's URL once it answers",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", alias="PENSTOCK_LOG_LEVEL", description="least severe level that is logged"
    )
    log_format: Literal["json", "console"] = Field(
        "json", alias="PENSTOCK_LOG_FORMAT", description="JSON lines, or text for people"
    )
    instance: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,63}$")] = Field(
        default_factory=_instance,
        alias="PENSTOCK_INSTANCE",
        description="name of this process in facts, logs and metrics; default: host and pid",
    )

    @property
    def secret_keys(self) -> tuple[bytes, ...]:
        """The secret keys in force, the newest first."""
        return secret_keys_of(self.secret_key)


def load(service: str, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of one service, from `environ` (default: the process's own).

    Raises: SettingsInvalid, with one line for every problem.
    """
    filled, problems = read_files(os.environ if environ is None else environ)
    given = dict(_ours(filled))
    problems += [
        f"{name} is required by {service}: {_declared()[name].description}."
        for name in sorted(REQUIRED.get(service, frozenset()) - given.keys())
    ]
    problems += incomplete(given) if service == "api" else ()
    try:
        settings = Settings.model_validate({**given, "service": service})
    except ValidationError as error:
        problems += [_problem(detail, given) for detail in error.errors(include_url=False)]
    if problems:
        raise SettingsInvalid(
            f"The settings of {service} are not valid:\n"
            + "\n".join(f"  - {problem}" for problem in problems)
        )
    return settings


def reference() -> str:
    """docs/reference/settings.md: one row for every setting."""
    rows = [
        f"| `{name}` | {_shown_default(field)} | {field.description} |"
        for name, field in _declared().items()
    ]
    required = [
        f"- {service}: {', '.join(f'`{name}`' for name in sorted(names))}"
        for service, names in sorted(REQUIRED.items())
    ]
    return "\n".join(
        [
            "# Settings",
            "",
            "Environment variables, the same for every service. An empty value counts as unset; an",
            "unknown `PENSTOCK_` variable stops the service. Generated from",
            "`shared/runtime/settings.py` by `python -m shared.runtime.settings`.",
            "",
            "| variable | default | meaning |",
            "|---|---|---|",
            *rows,
            "",
            NOTE,
            "Required, by service:",
            "",
            *required,
            "",
        ]
    )


def _ours(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    known = _declared()
    for name, value in environ.items():
        if value and (name in known or name.startswith(PREFIX)):
            yield name, value


def _declared() -> dict[str, FieldInfo]:
    return {field.alias: field for field in doors_last(Settings.model_fields) if field.alias}


def _problem(detail: ErrorDetails, given: Mapping[str, str]) -> str:
    name = str(detail["loc"][0])
    field = _declared().get(name)
    if field is None:
        near = get_close_matches(name, _declared(), n=1)
        hint = f"did you mean {near[0]}?" if near else "see docs/reference/settings.md."
        return f"{name} is not a setting: unset it, or {hint}"
    secret = "Secret" in str(field.annotation) or not field.repr
    found = "" if secret else f", found {given.get(name, '')[:80]!r}"
    return f"{name}{_within(detail)}: {detail['msg']}{found} ({field.description})."


def _within(detail: ErrorDetails) -> str:
    """Where in a value the problem is, of one that has parts."""
    return "".join(f"[{k}]" if isinstance(k, int) else f".{k}" for k in detail["loc"][1:])


def _shown_default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return ""
    default = field.get_default()
    return f"`{shown(default)}`" if default not in (None, "", ()) else ""


if __name__ == "__main__":
    sys.stdout.write(reference())
