"""The benchmark measures a stack of its own, checks what runs give, and leaves nothing behind."""

import json
from pathlib import Path

import psutil
import pytest

from bench.ground import Ground
from bench.report import write
from bench.rows import alone, catching_up, passage
from tests.eventually import PATIENCE_SECONDS


@pytest.mark.long
async def test_a_row_measures_a_stack_of_its_own_and_is_written_with_machine_and_versions(
    tmp_path: Path,
) -> None:
    before = set(psutil.Process().children(recursive=True))
    findings = await alone.measure(Ground(runs=3, repeats=1, workers=1))
    assert set(psutil.Process().children(recursive=True)) <= before
    assert findings.faults == []
    assert [(each.row, each.unit, len(each.values)) for each in findings.measured] == [
        (2, "ms", 1),
        (2, "ms", 1),
    ]
    assert all(each.median > 0 for each in findings.measured)
    told = json.loads(write(findings, {"rows": [2]}, tmp_path / "told.json").read_text())
    assert told["machine"]["cores"] >= 1
    assert told["versions"]["postgres"].startswith("postgres (PostgreSQL) 18")
    assert {each["verdict"] for each in told["measured"]} <= {"goal", "floor", "missed"}


@pytest.mark.long
async def test_readers_are_told_every_chunk_once_and_know_how_long_it_took() -> None:
    findings = await passage.measure(Ground(seconds=1, repeats=1, workers=1))
    assert findings.faults == []
    median, late = findings.measured
    assert (median.row, late.row, late.unit) == (7, 7, "ms")
    assert 0 < median.median <= late.median < 1000 * PATIENCE_SECONDS


@pytest.mark.long
async def test_a_projector_catches_up_and_a_rebuild_gives_what_the_facts_say() -> None:
    findings = await catching_up.measure(Ground(short_runs=20, repeats=1, workers=1))
    assert findings.faults == []
    caught, rebuilt = findings.measured
    assert (caught.row, rebuilt.row, caught.unit) == (13, 13, "facts/s")
    assert min(caught.median, rebuilt.median) > 0
