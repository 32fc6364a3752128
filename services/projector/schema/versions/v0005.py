"""Forks: from which steps of which run, and the forks of a run."""

from pathlib import Path

from services.projector.schema.index import make_index
from services.projector.schema.script import run_script

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run_script(Path(__file__).with_suffix(".sql"))
    make_index(
        "runs_by_parent",
        "runs",
        ["workspace", "forked_from", "created_at desc", "run_id desc"],
        where="forked_from is not null",
    )
