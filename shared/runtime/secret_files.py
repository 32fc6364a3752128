"""Secrets that stand in files: `{variable}_FILE` names the file that holds the value."""

from collections.abc import Mapping
from pathlib import Path

SUFFIX = "_FILE"
SECRETS = (
    *("NATS_URL", "DATABASE_URL", "ANTHROPIC_API_KEY"),
    *("PENSTOCK_TOKEN", "PENSTOCK_SECRET_KEY"),
    *("POSTGRES_API_PASSWORD", "POSTGRES_SCHEDULER_PASSWORD", "POSTGRES_PROJECTOR_PASSWORD"),
)
"""Variables whose values may stand in a file."""

NOTE = (
    "What holds a secret may stand in a file instead, which a variable names: "
    + ", ".join(f"`{name}{SUFFIX}`" for name in SECRETS)
    + ". White space around it is taken off.\n"
)


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
