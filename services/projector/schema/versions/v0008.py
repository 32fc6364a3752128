"""Runs by what lists of a million are asked for: who, when it ended, tags, metadata, words."""

from pathlib import Path

from services.projector.schema.index import make_index
from services.projector.schema.script import run_script

revision = "0008"
down_revision = "0007"

_NEWEST = ["workspace", "created_at desc", "run_id desc"]
_WORDS = [
    "tags jsonb_path_ops",
    "metadata jsonb_path_ops",
    "run_words(pipeline_name, tags, metadata)",
]


def upgrade() -> None:
    run_script(Path(__file__).with_suffix(".sql"))
    make_index("runs_waiting", "runs", _NEWEST, where="waits")
    make_index("runs_at_work", "runs", _NEWEST, where="status = 'running' and not waits")
    make_index("runs_living", "runs", ["status", "waits"], where="finished_seq is null")
    by_caller = ["workspace", "requested_by", *_NEWEST[1:]]
    make_index("runs_by_caller", "runs", by_caller, where="requested_by is not null")
    by_end = ["workspace", "finished_at desc"]
    make_index("runs_by_end", "runs", by_end, where="finished_at is not null")
    make_index("runs_by_words", "runs", _WORDS, using="gin")
