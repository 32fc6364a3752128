"""Jobs that tell what they left out and why; the forks of a run found by an index."""

from pathlib import Path

from services.projector.schema.index import make_index
from services.projector.schema.script import run_script

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    run_script(Path(__file__).with_suffix(".sql"))
    make_index("runs_by_parent", "runs", ["forked_from"], where="forked_from is not null")
    newest = ["workspace", "created_at desc", "id desc"]
    make_index("jobs_newest", "jobs", newest)
