"""Whom runs wait for: who may decide the questions of each that nobody has decided yet."""

from pathlib import Path

from services.projector.schema.script import run_script

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    run_script(Path(__file__).with_suffix(".sql"))
