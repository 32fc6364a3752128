"""Flow versions are kept with the facts that name them."""

from pathlib import Path

from services.projector.schema.script import run_script

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run_script(Path(__file__).with_suffix(".sql"))
