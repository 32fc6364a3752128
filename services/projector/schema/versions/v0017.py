"""Queues of workspaces whose steps in flight are limited."""

from pathlib import Path

from services.projector.schema.script import run_script

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    run_script(Path(__file__).with_suffix(".sql"))
