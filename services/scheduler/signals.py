"""What the scheduler tells: its metrics and its logger."""

from __future__ import annotations

from shared.runtime.logging import logger
from shared.runtime.metrics import counter, gauge

log = logger()

APPENDED = counter("scheduler_facts_appended_total", "Facts this scheduler asked the log for.")
ENDED = counter("runs_ended_total", "Runs this scheduler ended, by how.", "status")
READ = counter("scheduler_runs_read_total", "Runs folded from their history.")
REDELIVERED = counter("scheduler_redelivered_total", "Deliveries that had been delivered before.")
PARKED = counter("scheduler_parked_total", "Deliveries left alone: a fact nobody here knows.")
PARKED_RUNS = gauge("scheduler_parked_runs", "Runs this scheduler has parked: act on any.")
PARTITIONS = gauge("scheduler_partitions", "Partitions this instance works.")
FIRED = counter("scheduler_timers_fired_total", "Timers that became facts.")
SWEPT = counter("scheduler_swept_facts_total", "Facts a sweep found owed; 0 is expected.")
