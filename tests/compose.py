"""compose.yaml as Docker Compose reads it, as far as ours goes: YAML, then variables filled in.

Source: the Compose specification, interpolation (`${NAME}`, `${NAME:-default}`, `${NAME:?words}`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\}")

Service = Mapping[str, Any]


def text(file: str = "compose.yaml") -> str:
    """The file as it stands."""
    return (ROOT / file).read_text()


def services(values: Mapping[str, str], file: str = "compose.yaml") -> Mapping[str, Service]:
    """The services by name, with these values. Raises: KeyError, naming a missing variable."""
    composed: Mapping[str, Mapping[str, Service]] = filled(yaml.safe_load(text(file)), values)
    return composed["services"]


def required() -> frozenset[str]:
    """The variables without which Compose refuses to start."""
    return frozenset(each["name"] for each in VARIABLE.finditer(text()) if each["kind"] == "?")


def filled(raw: Any, values: Mapping[str, str]) -> Any:
    """Parsed YAML, variables in their places. Raises: KeyError, naming a missing one."""
    if isinstance(raw, dict):
        return {key: filled(value, values) for key, value in raw.items()}
    if isinstance(raw, list):
        return [filled(value, values) for value in raw]
    return VARIABLE.sub(lambda each: _value(each, values), raw) if isinstance(raw, str) else raw


def _value(found: re.Match[str], values: Mapping[str, str]) -> str:
    given = values.get(found["name"], "")
    if found["kind"] == "?" and not given:
        raise KeyError(f"{found['name']}: {found['rest']}")
    return given or (found["rest"] if found["kind"] == "-" else "")


def environment(service: Service) -> dict[str, str]:
    """What the service's process finds in its environment."""
    return {name: str(value) for name, value in service.get("environment", {}).items()}


def seconds(duration: str) -> float:
    """A duration like `35s`."""
    assert duration.endswith("s")
    return float(duration[:-1])
