"""Starting one part of Penstock in this process, from the environment."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from cli.printing import unguard

SERVICES = {
    "api": "services.api.__main__",
    "scheduler": "services.scheduler.__main__",
    "agent-worker": "services.agent_worker.__main__",
    "projector": "services.projector.__main__",
    "provisioner": "services.provisioner.__main__",
}


def start_service(name: str) -> None:
    """Runs the service until it is told to stop; only its own code is loaded.

    Raises: SystemExit, with its exit code.
    """
    unguard()  # its log is made by the runtime, colours and all
    main: Callable[[], None] = import_module(SERVICES[name]).main
    main()


def start_migrate() -> None:
    """Brings schema, streams and buckets up to date."""
    migrate: Callable[[], None] = import_module("cli.migrate").migrate
    migrate()
