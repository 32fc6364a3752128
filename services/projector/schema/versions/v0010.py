"""Versions with numbers and notes, aliases of them, tags, and deleted definitions kept a while."""

from pathlib import Path

from services.projector.schema.script import run_script

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    run_script(Path(__file__).with_suffix(".sql"))
