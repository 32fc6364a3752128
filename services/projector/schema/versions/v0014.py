"""People who sign in by a provider of OpenID Connect, and which of its answers were used."""

from pathlib import Path

from services.projector.schema.script import run_script

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    run_script(Path(__file__).with_suffix(".sql"))
