"""People: who they are, where they work, their sessions, and links that let somebody in once."""

from pathlib import Path

from services.projector.schema.script import run_script

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    run_script(Path(__file__).with_suffix(".sql"))
