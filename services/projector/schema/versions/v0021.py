"""Tools as things of a workspace, with versions like agents."""

from pathlib import Path

from services.projector.schema.script import run_script

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    run_script(Path(__file__).with_suffix(".sql"))
