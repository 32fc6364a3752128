"""Tokens that people make, and who did what."""

from pathlib import Path

from services.projector.schema.script import run_script

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run_script(Path(__file__).with_suffix(".sql"))
