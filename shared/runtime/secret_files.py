"""Secrets in settings: keys, and values in files: `{variable}_FILE` names the file."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, SecretStr

SUFFIX = "_FILE"
SECRETS = (
    *("NATS_URL", "DATABASE_URL", "ANTHROPIC_API_KEY", "OPENAI_API_KEY", "PENSTOCK_PROVIDER_KEYS"),
    *("PENSTOCK_TOKEN", "PENSTOCK_SECRET_KEY", "PENSTOCK_OIDC_CLIENT_SECRET"),
    "PENSTOCK_EGRESS_PROXY",
    *("POSTGRES_API_PASSWORD", "POSTGRES_SCHEDULER_PASSWORD", "POSTGRES_PROJECTOR_PASSWORD"),
)
"""Variables whose values may stand in a file."""

NOTE = (
    "What holds a secret may stand in a file instead, which a variable names: "
    + ", ".join(f"`{name}{SUFFIX}`" for name in SECRETS)
    + ". White space around it is taken off.\n"
)


MOST_SECRET_KEYS = 8
_SECRET_KEY = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)


def _secret_keys(given: SecretStr) -> SecretStr:
    each = given.get_secret_value().split(",")
    if not all(_SECRET_KEY.fullmatch(key.strip()) for key in each):
        raise ValueError("expected 64 hex digits; make them with: openssl rand -hex 32")
    if len(each) > MOST_SECRET_KEYS:
        raise ValueError(f"expected at most {MOST_SECRET_KEYS} secret keys: drop the oldest")
    return given


SecretKeys = Annotated[SecretStr, AfterValidator(_secret_keys)]
"""Secret keys as one text, with commas, the newest first."""


def secret_keys_of(given: SecretStr | None) -> tuple[bytes, ...]:
    """The secret keys, the newest first; none, where none are given."""
    text = "" if given is None else given.get_secret_value()
    return tuple(bytes.fromhex(key.strip()) for key in text.split(",") if key)


def read_files(environ: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The environment with values in place of names of files, and what is wrong with these."""
    files = {name: environ.get(f"{name}{SUFFIX}") for name in SECRETS}
    named = {f"{name}{SUFFIX}" for name in SECRETS}
    filled = {name: value for name, value in environ.items() if name not in named}
    problems: list[str] = []
    for name, path in files.items():
        if not path:
            continue
        if environ.get(name):
            problems.append(f"expected {name} or {name}{SUFFIX}, got both: unset one.")
            continue
        try:
            filled[name] = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "no UTF-8"
            problems.append(f"{name}{SUFFIX}: expected a file with it, got {reason}.")
    return filled, problems
