"""The audit by time: what was done to accounts, and what the facts say was done to runs."""

from pathlib import Path

from services.projector.schema.script import run_script

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    run_script(Path(__file__).with_suffix(".sql"))
